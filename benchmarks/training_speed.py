"""Words a second of training: ours beside transformers' examples, on the same articles.

In: annotated articles, an encoder. Out: words a second of each side, and lines that say what was done.

Fine-tuning: `train.trainer` as `python -m train configs/mini.yaml` runs it (windows of whole articles, batches of like
length, bfloat16 where the CPU or GPU has it, a CRF) against run_ner (a sentence an example, batches of 16, float32,
every one padded to 256 subwords, or to as many as the encoder has positions). `stock, longest` pads to the longest of
each batch, which is what the example does unless told otherwise. Only steps are timed, from the first batch fetched to
the last step done; a word counts when its tag is learned from.

Pre-training: `train.pretrain` against run_mlm (text set end to end, cut into windows of the same length; float32).
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import (
    AutoConfig,
    AutoModelForMaskedLM,
    AutoModelForTokenClassification,
    AutoTokenizer,
    DataCollatorForLanguageModeling,
    DataCollatorForTokenClassification,
    Trainer,
    TrainerCallback,
    TrainingArguments,
)
from transformers.trainer_callback import PrinterCallback
from transformers.trainer_utils import IntervalStrategy, SaveStrategy
from transformers.utils import logging

from benchmarks.sides import ROOT, Settings, best, in_turn, seconds
from data.bpe import PhobertBPE
from data.encode import IGNORED, Encoder, bio_tags, tag_words
from data.schema import LABELS, Article
from data.segment import DEFAULT, load_segmenter, segment
from data.windows import SPECIALS
from train.config import read_config, read_pretrain_config
from train.corpus import encode_corpus
from train.model import load_for_pretraining, load_model
from train.pretrain import Loop
from train.stream import batch, make_plans
from train.trainer import Report, WholeCheckpoints, be_deterministic, make_examples, make_trainer

STOCK_LENGTH, STOCK_BATCH = 256, 16
STEPS = 8  # of pre-training, a round
_FINE_TUNING, _PRE_TRAINING = ROOT / "configs" / "mini.yaml", ROOT / "configs" / "pretrain-mini.yaml"

Told = list[str]


class Clock(TrainerCallback):
    """Seconds from the beginning of an epoch to the end of its last step: neither set-up nor looks at dev."""

    def __init__(self) -> None:
        self.began = self.ended = 0.0

    def on_epoch_begin(self, *_: Any, **__: Any) -> None:
        self.began = time.perf_counter()

    def on_step_end(self, *_: Any, **__: Any) -> None:
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        self.ended = time.perf_counter()


def an_epoch(trainer: Any, deterministic: bool) -> Callable[[], float]:
    """A side: one epoch of a trainer."""
    clock = Clock()
    trainer.add_callback(clock)

    def run() -> float:
        if deterministic:
            be_deterministic()
        trainer.train()
        torch.use_deterministic_algorithms(False)
        return clock.ended - clock.began

    return run


# ------------------------------------------------------------------ fine-tuning


def fine_tuning_rates(settings: Settings, articles: Sequence[Article]) -> tuple[dict[str, float], Told]:
    """Words a second of all sides, the stock recipe last."""
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    with tempfile.TemporaryDirectory(prefix="giaoban-") as folder:
        ours, windows, words = our_fine_tuning(settings, articles, Path(folder))
        sides, counts = {"giaoban": an_epoch(ours, deterministic=True)}, {"giaoban": words}
        lengths = {"giaoban": f"{windows} windows"}
        for name, padding in (("stock, longest", "longest"), ("stock", "max_length")):
            trainer, examples, longest, counts[name] = stock_fine_tuning(settings, articles, Path(folder), padding)
            sides[name] = an_epoch(trainer, deterministic=False)
            lengths[name] = f"{examples} sentences of at most {longest} subwords"
        for run in sides.values():
            run()  # CPU kernels are compiled for the shapes they meet
        times = best(in_turn("fine-tuning", sides, settings.rounds))
    told = [f"{len(articles)} articles, an epoch a round, on {ours.args.device}"]
    told += [f"{name}: {lengths[name]}, {counts[name]:,} words to learn from" for name in sides]
    return {name: counts[name] / times[name] for name in sides}, told


def our_fine_tuning(settings: Settings, articles: Sequence[Article], folder: Path) -> tuple[Any, int, int]:
    """The trainer of `python -m train`, how many windows it has, and how many words with tags."""
    overrides = [
        f"model.name={settings.encoder}",
        f"training.output={folder}",
        f"training.device={settings.device}",
        "training.epochs=1",
    ]
    config = read_config(_FINE_TUNING, overrides)
    model, bpe = load_model(config, str(_FINE_TUNING))
    encoder = Encoder(load_segmenter(config.segmenter), bpe, config.window.max_length, config.window.stride)
    examples = make_examples(articles, encoder, config.labels)
    trainer = make_trainer(model, encoder, config.labels, config.training, folder, examples, examples[:1])
    trainer.args.save_strategy, trainer.args.eval_strategy = SaveStrategy.NO, IntervalStrategy.NO
    trainer.remove_callback(Report)
    trainer.remove_callback(WholeCheckpoints)
    rows: Any = trainer.train_dataset
    return trainer, len(rows), sum(int((row["labels"] != IGNORED).sum()) for row in rows.rows)


def stock_fine_tuning(
    settings: Settings, articles: Sequence[Article], folder: Path, padding: str
) -> tuple[Any, int, int, int]:
    """The trainer of run_ner, its sentences, the length they are cut off at, and the words with tags left in them."""
    config = read_config(_FINE_TUNING)
    tags = len(bio_tags(config.labels))
    model = AutoModelForTokenClassification.from_pretrained(settings.encoder, num_labels=tags, dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(settings.encoder)
    longest = min(STOCK_LENGTH, model.config.max_position_embeddings - SPECIALS)
    rows = stock_rows(articles, settings.encoder, config.segmenter, longest)
    trainer = Trainer(
        model=model,
        args=stock_arguments(settings, folder, STOCK_BATCH),
        train_dataset=rows,
        data_collator=DataCollatorForTokenClassification(tokenizer, padding=padding, max_length=longest),
    )
    silence(trainer)
    return trainer, len(rows), longest, sum(label != IGNORED for row in rows for label in row["labels"])


def stock_rows(
    articles: Sequence[Article], encoder_folder: str, segmenter_name: str, longest: int
) -> list[dict[str, list[int]]]:
    """Sentences as run_ner encodes them: labels on first subwords, cut off."""
    bpe, segmenter = PhobertBPE.load(encoder_folder), load_segmenter(segmenter_name)
    rows = []
    for article in articles:
        words = segment(article.text, segmenter)
        tags = tag_words(words, article.entities, LABELS).tags
        for a, b in pairwise(words.sentences.tolist()):
            ids, lengths = bpe.encode(words.forms[a:b])
            labels = np.full(len(ids), IGNORED)
            labels[np.cumsum(lengths) - lengths] = tags[a:b]
            framed = [bpe.bos, *ids[: longest - SPECIALS].tolist(), bpe.eos]
            kept = [IGNORED, *labels[: longest - SPECIALS].tolist(), IGNORED]
            rows.append({"input_ids": framed, "attention_mask": [1] * len(framed), "labels": kept})
    return rows


def stock_arguments(settings: Settings, folder: Path, size: int) -> TrainingArguments:
    """What the examples run with by default, one epoch of it."""
    return TrainingArguments(
        output_dir=str(folder / "stock"),
        per_device_train_batch_size=size,
        num_train_epochs=1,
        learning_rate=5e-5,
        save_strategy="no",
        report_to=[],
        disable_tqdm=True,
        use_cpu=settings.device == "cpu",
    )


def silence(trainer: Any) -> None:
    """No table of losses on standard output."""
    trainer.remove_callback(PrinterCallback)


# ------------------------------------------------------------------ pre-training


def pre_training_rates(settings: Settings, articles: Sequence[Article]) -> tuple[dict[str, float], Told]:
    """Words a second of both sides, the stock one last."""
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    with tempfile.TemporaryDirectory(prefix="giaoban-") as folder:
        loop = our_pre_training(settings, articles, Path(folder))
        steps, length = min(STEPS, loop.plan.steps), int(loop.plan.lengths[0])
        size = loop.config.tokens_per_step // length

        def ours() -> None:
            for step in range(steps):
                loop.train_step(*batch(loop.tokens, loop.plan, step, loop.bpe, loop.config))

        stock = stock_pre_training(settings, loop, Path(folder), steps * size)
        sides = {"giaoban": lambda: seconds(ours), "stock": an_epoch(stock, deterministic=False)}
        for run in sides.values():
            run()  # CPU kernels are compiled for the shapes they meet
        times = best(in_turn("pre-training", sides, settings.rounds))
    words = float(loop.tokens.firsts.mean())  # in a subword
    rows: Any = stock.train_dataset
    counts = {"giaoban": steps * size * (length - SPECIALS) * words, "stock": len(rows) * length * words}
    told = [f"{steps} steps of {size} windows of {length} subwords a round, on {stock.args.device}"]
    return {name: counts[name] / times[name] for name in sides}, told


def our_pre_training(settings: Settings, articles: Sequence[Article], folder: Path) -> Loop:
    """The loop of `python -m train.pretrain`, on the articles' raw text, in windows of one length."""
    text = folder / "articles.txt"
    # a paragraph a line, a blank line after each article
    documents = ("\n".join(line for line in article.text.splitlines() if line.strip()) for article in articles)
    text.write_text("\n\n".join(documents) + "\n", encoding="utf-8")
    positions = AutoConfig.from_pretrained(settings.encoder).max_position_embeddings
    overrides = [
        f"text=[{text}]",
        f"segmenter={DEFAULT}",
        f"model={{name: {settings.encoder}}}",
        f"pretraining.windows={{{min(STOCK_LENGTH, positions - SPECIALS)}: 1.0}}",
        f"pretraining.device={settings.device}",
        "pretraining.domain=null",
    ]
    config = read_pretrain_config(_PRE_TRAINING, overrides)
    model, bpe = load_for_pretraining(config, str(_PRE_TRAINING))
    tokens = encode_corpus(config.text, load_segmenter(config.segmenter), bpe)
    loop = Loop(config, model, bpe, tokens, *make_plans(config.pretraining, tokens, None))
    loop.model.train()
    return loop


def stock_pre_training(settings: Settings, loop: Loop, folder: Path, windows: int) -> Any:
    """The trainer of run_mlm, on the same text set end to end, in as many windows of the same length."""
    length = int(loop.plan.lengths[0])
    ids = loop.tokens.ids[: windows * length]
    trainer = Trainer(
        model=AutoModelForMaskedLM.from_pretrained(settings.encoder, dtype=torch.float32),
        args=stock_arguments(settings, folder, loop.config.tokens_per_step // length),
        train_dataset=[{"input_ids": row.tolist()} for row in ids[: len(ids) // length * length].reshape(-1, length)],
        data_collator=DataCollatorForLanguageModeling(AutoTokenizer.from_pretrained(settings.encoder)),
    )
    silence(trainer)
    return trainer
