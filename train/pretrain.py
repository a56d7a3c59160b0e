"""`python -m train.pretrain CONFIG [key=value …]`: pre-train an encoder on raw text.

    python -m train.pretrain configs/pretrain-mini.yaml text=[news.txt.xz]
    python -m train.pretrain configs/adapt-phobert.yaml text=[my-articles/] --resume

In: a configuration and text (files or folders, plain or compressed, a blank line between documents). Out: a folder in
PhoBERT's own layout, which `model.name` of a tagger's configuration can name. Words are masked whole; windows are cut
from documents set end to end, so that no position is padding; on a GPU, and on a CPU that multiplies in bfloat16, the
weights are bfloat16 with float32 copies behind them. `--resume` goes on from the last checkpoint.
"""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from data.bpe import PhobertBPE
from data.command import make_parser
from data.errors import InputError
from data.files import atomic_file, atomic_folder
from data.formats import read_articles
from data.progress import Meter
from data.segment import load_segmenter, segment
from train.config import PretrainConfig, read_pretrain_config
from train.corpus import Tokens, encode_corpus
from train.model import bfloat16_pays, load_for_pretraining
from train.stream import Plan, batch, likeness, make_plans

RUN, CORPUS, STATE, CONFIG = "run", "corpus", "state.safetensors", "config.yaml"
_SHOWN = 100  # steps that a shown loss is the mean of


def main(argv: list[str] | None = None) -> int:
    """Run the command; gives the exit status."""
    parser = make_parser("python -m train.pretrain", __doc__)
    parser.add_argument("config", help="a YAML file, for instance configs/pretrain-mini.yaml")
    parser.add_argument("overrides", nargs="*", metavar="KEY=VALUE", help="for instance text=[news.txt.xz]")
    start = parser.add_mutually_exclusive_group()
    start.add_argument("--resume", action="store_true", help="go on from the run's last checkpoint")
    start.add_argument("--overwrite", action="store_true", help="start anew where an earlier run wrote")
    args = parser.parse_intermixed_args(argv)
    try:
        config = read_pretrain_config(args.config, args.overrides)
        return pretrain(config, args.config, resume=args.resume, overwrite=args.overwrite)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def pretrain(config: PretrainConfig, config_file: str, *, resume: bool = False, overwrite: bool = False) -> int:
    """Pre-train as configured and write the encoder; gives the exit status.

    Raises: InputError for bad text, a bad model, or an output folder that holds another run.
    """
    run = Path(config.pretraining.output) / RUN
    kept = yaml.safe_dump(config.model_dump(), allow_unicode=True, sort_keys=False)
    _check_output(run, kept, resume=resume, overwrite=overwrite)

    import torch
    from transformers.utils import logging

    from train.checkpoint import write_encoder

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    torch.manual_seed(config.pretraining.seed)
    model, bpe = load_for_pretraining(config, config_file)
    tokens = _tokens(config, bpe, run)
    with atomic_file(run / CONFIG) as out:  # from here on there is something to go on from
        out.write(kept)
    plan, held_out = make_plans(config.pretraining, tokens, _likeness(config, tokens, bpe))
    loop = Loop(config, model, bpe, tokens, plan, held_out)
    if (run / STATE).is_file():
        loop.load(run / STATE)
    elif config.model.scratch:
        loop.begin_with_counts()
    loop.run(run / STATE)
    print(f"{config.pretraining.output}: held-out loss {loop.held_out():.4f} after {plan.steps} steps")
    write_encoder(Path(config.pretraining.output), loop.model, bpe)
    return 0


def _check_output(run: Path, kept: str, *, resume: bool, overwrite: bool) -> None:
    before = (run / CONFIG).read_text(encoding="utf-8") if (run / CONFIG).is_file() else None
    if before is not None and not (resume or overwrite):
        raise InputError(
            "a run", expected="an empty folder", mend="go on with --resume, or start anew with --overwrite", path=run
        )
    if resume and before != kept:
        raise InputError(
            "no run" if before is None else "a run of another configuration",
            expected="the run to go on from",
            mend="name the same configuration and overrides, or leave out --resume",
            path=run,
        )
    if not resume:
        shutil.rmtree(run, ignore_errors=True)


def _tokens(config: PretrainConfig, bpe: PhobertBPE, run: Path) -> Tokens:
    """The encoded corpus, kept in the run's folder for `--resume`."""
    folder = run / CORPUS
    if not folder.is_dir():
        tokens = encode_corpus(config.text, load_segmenter(config.segmenter), bpe)
        with atomic_folder(folder) as made:
            tokens.save(made)
    return Tokens.load(folder)


def _likeness(config: PretrainConfig, tokens: Tokens, bpe: PhobertBPE) -> np.ndarray | None:
    domain = config.pretraining.domain
    if domain is None:
        return None
    segmenter = load_segmenter(config.segmenter if config.segmenter != "none" else domain.segmenter)
    words = [form for article in read_articles(domain.articles) for form in segment(article.text, segmenter).forms]
    return likeness(tokens, bpe.encode(words)[0], bpe.size)


class Loop:
    """The optimization: weights, their float32 copies where they are bfloat16, and AdamW's state."""

    def __init__(
        self, config: PretrainConfig, model: Any, bpe: PhobertBPE, tokens: Tokens, plan: Plan, held_out: Plan
    ) -> None:
        import torch

        self.config, self.bpe, self.tokens = config.pretraining, bpe, tokens
        self.plan, self._kept_out = plan, held_out
        gpu = self.config.device == "auto" and torch.cuda.is_available()
        self.device = torch.device("cuda" if gpu else "cpu")
        half = gpu or bfloat16_pays()
        # scaled_dot_product_attention's backward pass on CPUs takes twice the time of plain matrix products
        model.set_attn_implementation("sdpa" if gpu else "eager")
        self.model = model.to(self.device, torch.bfloat16 if half else torch.float32)
        named = dict(self.model.named_parameters())
        self._weights = list(named.values())
        # gradients that are too small to move a bfloat16 weight add up in its float32 copy
        self._masters = [weight.detach().float().clone() if half else weight for weight in self._weights]
        decays = {name: weight.ndim > 1 and "LayerNorm" not in name for name, weight in named.items()}
        groups = [
            {"params": [master for master, name in zip(self._masters, named, strict=True) if decays[name] is decay]}
            | {"weight_decay": self.config.weight_decay if decay else 0.0}
            for decay in (True, False)
        ]
        self._names = list(named)
        self._optimizer = torch.optim.AdamW(
            groups, lr=self.config.learning_rate, betas=(0.9, 0.98), eps=1e-6, fused=True
        )
        self._encode: Any = torch.compile(self.model.roberta) if gpu else self.model.roberta
        self._half = half
        self.step = 0

    # -------------------------------------------------------------- start, stop, go on

    def begin_with_counts(self) -> None:
        """Embeddings that know which words are alike, and a bias that knows how frequent each is."""
        import torch

        from train.embeddings import pmi_embeddings

        embeddings = self.model.get_input_embeddings().weight
        ids = np.asarray(self.tokens.ids)
        vectors = pmi_embeddings(ids, self.bpe.size, embeddings.shape[1], self.config.seed)
        counts = np.bincount(ids, minlength=self.bpe.size) + 1.0
        bias = np.log(counts / counts.sum())
        self._set(embeddings, torch.from_numpy(vectors * 0.04))
        self._set(self.model.lm_head.bias, torch.from_numpy(bias))

    def _set(self, weight: Any, values: Any) -> None:
        place = next(number for number, one in enumerate(self._weights) if one is weight)
        weight.data.copy_(values)
        self._masters[place].data.copy_(values)

    def save(self, file: Path) -> None:
        """Weights in full precision, the optimizer's state and the step, in one file that appears whole."""
        from safetensors.torch import save

        state = self._optimizer.state
        out: dict[str, Any] = {}
        for name, master in zip(self._names, self._masters, strict=True):
            moments = {key: value for key, value in state[master].items() if key != "step"}
            out |= {f"{name}/{key}": value.detach() for key, value in {"weight": master, **moments}.items()}
        with atomic_file(file, "wb") as handle:
            handle.write(save(out, metadata={"step": str(self.step)}))

    def load(self, file: Path) -> None:
        """Go on from what `save` wrote."""
        import torch
        from safetensors import safe_open

        with safe_open(file, framework="pt", device=str(self.device)) as saved:
            self.step = int(saved.metadata()["step"])
            for name, weight, master in zip(self._names, self._weights, self._masters, strict=True):
                master.data.copy_(saved.get_tensor(f"{name}/weight"))
                weight.data.copy_(master)
                moments = {key: saved.get_tensor(f"{name}/{key}") for key in ("exp_avg", "exp_avg_sq")}
                self._optimizer.state[master] = {"step": torch.tensor(float(self.step)), **moments}

    # -------------------------------------------------------------- steps

    def run(self, file: Path) -> None:
        """All steps that are left, with a checkpoint every `save_every`."""
        import torch

        self.model.train()
        torch.manual_seed(self.config.seed + self.step)
        losses: list[float] = []
        read, began = 0, time.monotonic()
        with Meter("pre-training", self.plan.steps) as meter:
            while self.step < self.plan.steps:
                rows = batch(self.tokens, self.plan, self.step, self.bpe, self.config)
                losses.append(self.train_step(*rows))
                read += rows[0].size
                self.step += 1
                rate = read / (time.monotonic() - began)
                left = (self.plan.steps - self.step) * self.config.tokens_per_step / rate / 60
                recent = sum(losses[-_SHOWN:]) / len(losses[-_SHOWN:])
                note = f"step {self.step} of {self.plan.steps}, loss {recent:.3f}, {rate:,.0f} tokens a second"
                meter.update(self.step, f"{note}, {left:.0f} min left")
                if self.step % self.config.save_every == 0 or self.step == self.plan.steps:
                    self.save(file)
                    meter.say(f"step {self.step}: loss {recent:.4f}, held-out loss {self.held_out():.4f}")

    def train_step(self, ids: np.ndarray, places: np.ndarray, gold: np.ndarray) -> float:
        """One step on what `train.stream.batch` gives; its loss."""
        import torch

        self._optimizer.zero_grad()
        for group in self._optimizer.param_groups:
            group["lr"] = self.config.learning_rate * self._rate()
        loss = self._loss(ids, places, gold)
        loss.backward()
        if self._half:
            for weight, master in zip(self._weights, self._masters, strict=True):
                master.grad = None if weight.grad is None else weight.grad.float()
                weight.grad = None
        torch.nn.utils.clip_grad_norm_(self._masters, 1.0)
        self._optimizer.step()
        if self._half:
            with torch.no_grad():
                for weight, master in zip(self._weights, self._masters, strict=True):
                    weight.copy_(master)
        return float(loss.detach())

    def _rate(self) -> float:
        """Share of the full learning rate: a linear rise, then a linear fall to a hundredth."""
        warm = max(1, int(self.config.warmup * self.plan.steps))
        if self.step < warm:
            return (self.step + 1) / warm
        return max(0.01, (self.plan.steps - self.step) / (self.plan.steps - warm))

    def _loss(self, ids: np.ndarray, places: np.ndarray, gold: np.ndarray) -> Any:
        import torch

        tensors = [torch.from_numpy(values.astype(np.int64)).to(self.device) for values in (ids, places, gold)]
        # only the masked places need the output layer, the widest one of all
        hidden = self._encode(tensors[0]).last_hidden_state
        scores = self.model.lm_head(hidden.flatten(0, 1)[tensors[1]])
        return torch.nn.functional.cross_entropy(scores.float(), tensors[2])

    def held_out(self) -> float:
        """The mean loss over documents that are never trained on, always with the same words masked."""
        import torch

        self.model.eval()
        with torch.no_grad():
            losses = [
                float(self._loss(*batch(self.tokens, self._kept_out, step, self.bpe, self.config)))
                for step in range(self._kept_out.steps)
            ]
        self.model.train()
        return float(np.mean(losses))


if __name__ == "__main__":
    sys.exit(main())
