"""Fine-tuning on transformers' `Trainer`: windows in, the best epoch's weights out.

In: encoded training windows, dev articles, a model. Out: the model with the weights of its best look at dev. What is
ours here: batches of like length in an order that depends on seed and epoch alone (so that a resumed run sees the same
ones), dev scores from the inference path itself, every dev article scored by exactly one process, and checkpoints that
count only once they are whole.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate.utils import gather_object
from torch.utils.data import Dataset, Sampler
from transformers import EarlyStoppingCallback, Trainer, TrainerCallback, TrainingArguments
from transformers.trainer_callback import PrinterCallback, ProgressCallback

from data.bpe import PhobertBPE
from data.encode import IGNORED, Encoded, Encoder, tag_words, window_begins, window_labels
from data.progress import Meter
from data.schema import Article
from infer.decode import Chain
from infer.runtime import pad, word_scores
from infer.torch_backend import torch_forward
from train.config import TrainingConfig
from train.pace import Pace
from train.scores import decode_tags, seqeval_scores

WHOLE = "whole"  # the file that a checkpoint gets last
# few different lengths of batches: CPU kernels are compiled, and kept, for each one that they meet
_ROUND = 16
# 81 transition scores begin at zero and see every word: at the encoder's rate they would end where they began
_CHAIN_RATE = 20.0


@dataclass(frozen=True, slots=True)
class Example:
    """An article ready for training: its encoding and its gold tag numbers, int64 [words]."""

    encoded: Encoded
    tags: np.ndarray


def be_deterministic() -> None:
    """From here on the same seed gives the same weights."""
    torch.use_deterministic_algorithms(True, warn_only=True)
    # it would fill all new memory with NaN, which finds bugs in kernels and takes a tenth of a step
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]


def make_examples(articles: Sequence[Article], encoder: Encoder, labels: Sequence[str]) -> list[Example]:
    """Encode and tag articles, in their order."""
    encoded = [encoder.encode(article.text) for article in articles]
    pairs = zip(articles, encoded, strict=True)
    return [Example(one, tag_words(one.words, article.entities, labels).tags) for article, one in pairs]


class Windows(Dataset[dict[str, np.ndarray]]):
    """All windows of the examples: `input_ids` int32 [n], `labels` int64 [n], `begins` bool [n] (see ChainLoss)."""

    def __init__(self, examples: Sequence[Example], encoder: Encoder) -> None:
        self.rows = [
            {"input_ids": ids, "labels": labels, "begins": begins}
            for example in examples
            for ids, labels, begins in zip(
                encoder.model_inputs(example.encoded),
                window_labels(example.encoded, example.tags),
                window_begins(example.encoded),
                strict=True,
            )
            if (labels != IGNORED).any()
        ]

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> dict[str, np.ndarray]:
        return self.rows[index]


class Collator:
    """Rows of `Windows` to a batch, padded to its longest, rounded up: int64 tensors [batch, longest]."""

    def __init__(self, pad_id: int) -> None:
        self._pad_id = pad_id

    def __call__(self, rows: Sequence[dict[str, np.ndarray]]) -> dict[str, torch.Tensor]:
        ids, mask = pad([row["input_ids"] for row in rows], self._pad_id, _ROUND)
        labels, _ = pad([row["labels"] for row in rows], IGNORED, _ROUND)
        begins, _ = pad([row["begins"] for row in rows], 0, _ROUND)
        batch = {"input_ids": ids, "attention_mask": mask, "labels": labels, "begins": begins}
        return {name: torch.from_numpy(values) for name, values in batch.items()}


class LengthGrouped(Sampler[int]):
    """Indices in batches of like length, the batches in random order; both depend on seed and epoch alone.

    Windows are shuffled, cut into groups of 16 batches, and sorted by length within a group, so that the batches an
    epoch is made of differ from those of the next.
    """

    def __init__(self, lengths: Sequence[int], batch_size: int, seed: int, trainer: Trainer) -> None:
        self._lengths, self._batch, self._seed, self._trainer = np.array(lengths), batch_size, seed, trainer

    def __len__(self) -> int:
        return len(self._lengths)

    def __iter__(self) -> Iterator[int]:
        state, epochs = self._trainer.state, int(self._trainer.args.num_train_epochs)
        epoch = state.global_step * epochs // max(1, state.max_steps)
        random = np.random.default_rng((self._seed, epoch))
        order = random.permutation(len(self._lengths))
        group = self._batch * 16
        groups = [order[start : start + group] for start in range(0, len(order), group)]
        ordered = np.concatenate([part[np.argsort(-self._lengths[part], kind="stable")] for part in groups])
        batches = [ordered[start : start + self._batch] for start in range(0, len(ordered), self._batch)]
        # a shorter batch stays last, or it would shift the borders of those behind it
        tail = [batches.pop()] if len(batches[-1]) < self._batch else []
        shuffled = [batches[index] for index in random.permutation(len(batches))]
        yield from np.concatenate(shuffled + tail).tolist()


def hide(ids: torch.Tensor, share: float, bpe: PhobertBPE) -> torch.Tensor:
    """`ids` with a share of them, drawn anew each time, behind `<mask>`; special tokens stay.

    A tagger that cannot rely on any one word learns what the words around it say. int64 [batch, n].
    """
    drawn = torch.rand(ids.shape, device=ids.device) < share
    for special in (bpe.bos, bpe.pad, bpe.eos):
        drawn &= ids != special
    return ids.masked_fill(drawn, bpe.mask)


class TaggerTrainer(Trainer):
    """A Trainer whose dev scores come from the inference path, and that tells how fast it goes."""

    def __init__(
        self, *, dev: Sequence[Example], encoder: Encoder, labels: Sequence[str], config: TrainingConfig, **rest: Any
    ) -> None:
        super().__init__(**rest)
        self._dev, self._encoder, self._labels = dev, encoder, labels
        self._seed, self._hidden = config.seed, config.hidden
        self._pace = Pace()
        self.add_callback(self._pace)
        # the model's loss is a mean over its batch; told otherwise, Trainer would add up what it has to average over
        # accumulated batches and processes
        self.model_accepts_loss_kwargs = False

    def _get_train_sampler(self, train_dataset: Any = None) -> Sampler[int]:
        rows = self.train_dataset.rows
        batch = self.args.train_batch_size * self.args.gradient_accumulation_steps * self.args.world_size
        return LengthGrouped([len(row["input_ids"]) for row in rows], batch, self._seed, self)

    def training_step(self, model: Any, inputs: dict[str, torch.Tensor], num_items_in_batch: Any = None) -> Any:
        """Trainer's own, its words counted and some of them hidden."""
        self._pace.count(inputs["labels"])
        if self._hidden:
            inputs["input_ids"] = hide(inputs["input_ids"], self._hidden, self._encoder.bpe)
        return super().training_step(model, inputs, num_items_in_batch)

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Trainer's own; a loss comes with the pace of the steps it is the mean of."""
        if "loss" in logs:
            logs |= self._pace.take(self.accelerator, self.state.log_history)
        super().log(logs, start_time)

    def create_optimizer(self, *_: Any) -> torch.optim.Optimizer:
        """AdamW; the chain learns at a rate of its own, and neither it, biases nor layer norms decay."""
        made: Any = self.__dict__.get("optimizer")
        if made is None:
            named = [(name, weight) for name, weight in self.model.named_parameters() if weight.requires_grad]
            rate, decay = self.args.learning_rate, self.args.weight_decay
            parts = {
                "decays": {"lr": rate, "weight_decay": decay},
                "stays": {"lr": rate, "weight_decay": 0.0},
                "chain": {"lr": rate * _CHAIN_RATE, "weight_decay": 0.0},
            }
            groups = [
                {"params": [weight for name, weight in named if _part(name, weight) == part], **values}
                for part, values in parts.items()
            ]
            made = self.optimizer = torch.optim.AdamW(groups, eps=1e-8, fused=True)
        return made  # type: ignore[no-any-return]

    def evaluate(
        self, eval_dataset: Any = None, ignore_keys: Any = None, metric_key_prefix: str = "eval"
    ) -> dict[str, float]:
        """Strict F1 on dev: each process scores its share of the articles, all of them then know all tags."""
        model = self.accelerator.unwrap_model(self.model)
        model.eval()
        mine = range(self.args.process_index, len(self._dev), self.args.world_size)
        encoded = [self._dev[index].encoded for index in mine]
        scores = word_scores(encoded, self._encoder, torch_forward(model), 1 + 2 * len(self._labels))
        chain = learned_chain(model)
        tags = [decode_tags(one, article.words.lines, chain) for one, article in zip(scores, encoded, strict=True)]
        gathered = dict(gather_object(list(zip(mine, tags, strict=True))))
        if sorted(gathered) != list(range(len(self._dev))):
            raise RuntimeError(f"{len(gathered)} of {len(self._dev)} dev articles scored")
        gold = [example.tags for example in self._dev]
        found = seqeval_scores(gold, [gathered[index] for index in range(len(self._dev))], self._labels)
        metrics = {f"{metric_key_prefix}_{name}": value for name, value in found.items()}
        self.log(dict(metrics))  # log adds the epoch to what it is given
        self.control: Any = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics


def _part(name: str, weight: torch.Tensor) -> str:
    if "crf." in name:
        return "chain"
    return "decays" if weight.ndim > 1 and "LayerNorm" not in name else "stays"


def learned_chain(model: Any) -> Chain:
    """What the model has learned of tags that follow each other."""
    transitions, start = (scores.detach().double().cpu().numpy() for scores in model.crf.scores())
    return Chain(transitions, start)


class WholeCheckpoints(TrainerCallback):
    """Marks a checkpoint when all of it is written, then deletes the ones that are no longer needed."""

    def on_save(self, args: TrainingArguments, state: Any, control: Any, **_: Any) -> None:
        if not state.is_world_process_zero:
            return
        root = Path(str(args.output_dir))
        newest = root / f"checkpoint-{state.global_step}"
        (newest / WHOLE).touch()
        kept = {newest, root / f"checkpoint-{state.best_global_step}"}
        for folder in set(checkpoints(root)) - kept:
            shutil.rmtree(folder)


def checkpoints(root: Path) -> list[Path]:
    """Checkpoint folders by rising step, whole or not."""
    return sorted(root.glob("checkpoint-*"), key=lambda path: int(path.name.rpartition("-")[2]))


def last_whole(root: Path) -> Path | None:
    """The newest whole checkpoint; unfinished ones are deleted."""
    whole = None
    for folder in checkpoints(root):
        if (folder / WHOLE).exists():
            whole = folder
        else:
            shutil.rmtree(folder)
    return whole


class Report(TrainerCallback):
    """A progress bar on a terminal; in a log a line for each look at dev."""

    def __init__(self) -> None:
        self._meter: Meter | None = None
        self._loss: float | None = None
        self._started = time.monotonic()

    def on_train_begin(self, args: TrainingArguments, state: Any, control: Any, **_: Any) -> None:
        if state.is_world_process_zero:
            self._meter = Meter("training", state.max_steps)
            self._meter.__enter__()

    def on_step_end(self, args: TrainingArguments, state: Any, control: Any, **_: Any) -> None:
        if self._meter:
            scores = {"loss": self._loss, "best dev F1": state.best_metric}
            known = "".join(f", {name} {value:.3f}" for name, value in scores.items() if value is not None)
            self._meter.update(state.global_step, f"epoch {state.epoch:.1f}{known}")

    def on_log(self, args: TrainingArguments, state: Any, control: Any, logs: dict[str, float], **_: Any) -> None:
        self._loss = logs.get("loss", self._loss)
        if self._meter and "eval_f1" in logs:
            self._meter.say(
                f"epoch {state.epoch:.1f} of {args.num_train_epochs:.0f}, step {state.global_step}: "
                f"loss {self._loss or 0.0:.4f}, dev F1 {logs['eval_f1']:.4f}, {time.monotonic() - self._started:.0f} s"
            )

    def on_train_end(self, args: TrainingArguments, state: Any, control: Any, **_: Any) -> None:
        if self._meter:
            self._meter.__exit__(None, None, None)
            self._meter = None


def training_arguments(config: TrainingConfig, folder: Path) -> TrainingArguments:
    """Our configuration as transformers' TrainingArguments."""
    gpu = config.device == "auto" and torch.cuda.is_available()
    strategy = "epoch" if config.evaluate_every is None else "steps"
    return TrainingArguments(
        output_dir=str(folder),
        num_train_epochs=config.epochs,
        per_device_train_batch_size=config.batch_size,
        gradient_accumulation_steps=config.accumulate,
        learning_rate=config.learning_rate,
        warmup_steps=config.warmup,
        lr_scheduler_type=config.schedule,
        weight_decay=config.weight_decay,
        eval_strategy=strategy,
        save_strategy=strategy,
        logging_strategy=strategy,
        eval_steps=config.evaluate_every,
        save_steps=config.evaluate_every or 500,
        logging_steps=config.evaluate_every or 500,
        load_best_model_at_end=True,
        metric_for_best_model="eval_f1",
        greater_is_better=True,
        restore_callback_states_from_checkpoint=True,
        bf16=bool(gpu and torch.cuda.is_bf16_supported()),  # on CPUs see Tagger.forward
        use_cpu=not gpu,
        ddp_find_unused_parameters=False,
        seed=config.seed,
        data_seed=config.seed,
        report_to=["tensorboard"],
        remove_unused_columns=False,
        dataloader_pin_memory=gpu,
        disable_tqdm=True,
        save_total_limit=None,  # WholeCheckpoints deletes what is old, after the new one is whole
    )


def make_trainer(
    model: Any,
    encoder: Encoder,
    labels: Sequence[str],
    config: TrainingConfig,
    folder: Path,
    train: Sequence[Example],
    dev: Sequence[Example],
) -> TaggerTrainer:
    """A trainer ready for `.train(resume_from_checkpoint=…)`; checkpoints go to `folder`."""
    arguments = training_arguments(config, folder)
    if arguments.use_cpu:
        # scaled_dot_product_attention's backward pass on CPUs takes twice the time of plain matrix products
        model.set_attn_implementation("eager")
    callbacks: list[TrainerCallback] = [WholeCheckpoints(), Report()]
    if config.patience:
        callbacks.append(EarlyStoppingCallback(config.patience))
    trainer = TaggerTrainer(
        dev=dev,
        encoder=encoder,
        labels=labels,
        config=config,
        model=model,
        args=arguments,
        train_dataset=Windows(train, encoder),
        eval_dataset=Windows(dev, encoder),
        data_collator=Collator(encoder.bpe.pad),
        callbacks=callbacks,
    )
    for callback in (PrinterCallback, ProgressCallback):
        trainer.remove_callback(callback)
    return trainer
