"""`python -m train.curve CONFIG --fractions 0.1,0.25,0.5,1`: what more articles would bring; and cross-validation.

In: a configuration of `python -m train`. Out, in a folder: `curve.json`, `curve.md`, `curve.png`, and a checkpoint for
each run with its `metrics.json`. Every run is one of `python -m train` on other articles:

- `--fractions`: on growing subsets of the training articles, whole articles drawn by the seed, each subset within the
  next; 1 is the run that `python -m train` makes. Scored on dev, and on `--test ARTICLES`.
- `--folds K`: K times on all training articles but a K-th part, drawn by the seed, and scored on that part. dev stays
  what the epoch is chosen on, so that no fold chooses by the articles it is scored on.

What is done is not done again: the same command goes on where it was stopped.

    python -m train.curve configs/mini.yaml --fractions 0.1,0.25,0.5,1 --test data/articles/test
    python -m train.curve configs/mini.yaml --folds 5 -o runs/folds training.epochs=2
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from data.command import make_parser
from data.errors import InputError
from data.files import atomic_file, read_text
from data.formats import read_articles
from data.schema import Article
from infer.checkpoint import SETTINGS_FILE, read_settings
from train.__main__ import CHECKPOINTS, CONFIG, RUN, fine_tune, read_splits
from train.config import Config, read_config
from train.launch import processes_wanted

METRICS_FILE = "metrics.json"
CURVE_FILES = ("curve.json", "curve.md", "curve.png")


@dataclass(frozen=True, slots=True)
class Plan:
    """One run: the articles it learns from, and those it is scored on by the name of their split."""

    name: str
    train: Sequence[Article]
    scored: Mapping[str, Sequence[Article]]


def nested(articles: Sequence[Article], fraction: float, seed: int) -> list[Article]:
    """A share of the articles, at least one, in their order; a smaller share's are among a greater one's."""
    order = np.random.default_rng(seed).permutation(len(articles))
    return [articles[index] for index in sorted(order[: max(1, round(fraction * len(articles)))])]


def folds(articles: Sequence[Article], number: int, seed: int) -> list[tuple[list[Article], list[Article]]]:
    """(articles to train on, articles to score on), `number` times; each article is scored on once."""
    parts = np.array_split(np.random.default_rng(seed).permutation(len(articles)), number)
    return [
        (
            [article for index, article in enumerate(articles) if index not in held],
            [articles[index] for index in sorted(held)],
        )
        for held in (set(part.tolist()) for part in parts)
    ]


def plan_fractions(
    splits: Mapping[str, Sequence[Article]], fractions: Sequence[float], seed: int, test: Sequence[Article]
) -> list[Plan]:
    """A run for each fraction. Raises InputError where two of them come to the same articles."""
    scored = {"dev": splits["dev"]} | ({"test": test} if test else {})
    plans = [Plan(f"fraction-{fraction:g}", nested(splits["train"], fraction, seed), scored) for fraction in fractions]
    sizes = [len(plan.train) for plan in plans]
    if len(set(sizes)) < len(sizes):
        raise InputError(
            f"fractions that come to {', '.join(map(str, sizes))} articles",
            expected="another number of articles for each",
            mend="leave some out, or bring more articles",
        )
    return plans


def plan_folds(splits: Mapping[str, Sequence[Article]], number: int, seed: int) -> list[Plan]:
    """A run for each fold. Raises InputError for more folds than articles."""
    if not 2 <= number <= len(splits["train"]):
        raise InputError(
            f"{number} folds of {len(splits['train'])} training articles",
            expected="2 folds or more, and an article for each",
            mend="correct --folds",
        )
    made = folds(splits["train"], number, seed)
    return [Plan(f"fold-{n}-of-{number}", train, {"held out": held}) for n, (train, held) in enumerate(made, 1)]


# ------------------------------------------------------------------ a run


def perform(plan: Plan, config: Config, config_file: str, output: Path, dev: Sequence[Article], overwrite: bool) -> Any:
    """Train and score as planned, or read what an earlier call of the same kind found; gives the figures.

    Raises: InputError where an earlier run was of another configuration or on other articles.
    """
    from train.checkpoint import fingerprint

    folder, articles = output / plan.name, output / "articles" / f"{plan.name}.jsonl"
    own = config.model_copy(
        update={
            "data": config.data.model_copy(update={"train": str(articles)}),
            "training": config.training.model_copy(update={"output": str(folder)}),
        }
    )
    learned = {"train": fingerprint(plan.train), "dev": fingerprint(dev)}
    if overwrite:
        for name in (SETTINGS_FILE, METRICS_FILE):  # or what is left of the old run would pass for the new one's
            (folder / name).unlink(missing_ok=True)
    if not _is_trained(folder, own, learned):
        begun = (folder / RUN / CONFIG).is_file() and not overwrite
        _write_articles(plan.train, articles, begun=begun)
        fine_tune(own, config_file, resume=begun, overwrite=overwrite)
        shutil.rmtree(folder / RUN / CHECKPOINTS)  # several times the size of what was learned, and no more needed
    else:
        print(f"{folder}: trained already")
    scored = learned | {name: fingerprint(group) for name, group in plan.scored.items()}
    file = folder / METRICS_FILE
    if file.is_file() and (known := json.loads(read_text(file)))["fingerprints"] == scored:
        return known
    figures = {
        "fingerprints": scored,
        "articles": len(plan.train),
        "mentions": sum(len(article.entities) for article in plan.train),
        "scores": _score(folder, plan, own),
    }
    with atomic_file(file) as out:
        out.write(json.dumps(figures, indent=1) + "\n")
    return figures


def _is_trained(folder: Path, config: Config, learned: Mapping[str, str]) -> bool:
    kept = folder / RUN / CONFIG
    if not (folder / SETTINGS_FILE).is_file() or not kept.is_file() or read_config(kept) != config:
        return False
    if read_settings(folder).fingerprints != learned:
        raise _other_articles(folder)
    return True


def _write_articles(articles: Sequence[Article], file: Path, *, begun: bool) -> None:
    text = "".join(article.to_line() + "\n" for article in articles)
    if begun and not (file.is_file() and read_text(file) == text):
        raise _other_articles(file)
    with atomic_file(file) as out:
        out.write(text)


def _other_articles(place: Path) -> InputError:
    return InputError(
        "a run on other articles",
        expected="the same articles, to go on with it",
        mend="--overwrite does it again, --output FOLDER writes elsewhere",
        path=place,
    )


def _score(folder: Path, plan: Plan, config: Config) -> dict[str, Any]:
    """Split → `articles` and the strict scores of `evaluate`, `micro` and by label."""
    from infer import Extractor
    from train.metrics import evaluate

    extractor = Extractor.load(folder, device=config.training.device)
    return {
        name: {
            "articles": len(gold),
            **evaluate(gold, list(extractor.extract_many(gold)), config.labels)["entities"],
        }
        for name, gold in plan.scored.items()
    }


# ------------------------------------------------------------------ the command


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; gives the exit status."""
    parser = make_parser("python -m train.curve", __doc__)
    parser.add_argument("config", help="a YAML file, for instance configs/mini.yaml")
    parser.add_argument("overrides", nargs="*", metavar="KEY=VALUE", help="for instance training.epochs=5")
    parser.add_argument("--fractions", type=_fractions, default=[], metavar="F,F…", help="shares of the articles")
    parser.add_argument("--folds", type=int, metavar="K", help="cross-validate in K parts")
    parser.add_argument(
        "--test", action="append", default=[], metavar="ARTICLES", help="score the fractions there, too"
    )
    parser.add_argument("-o", "--output", metavar="FOLDER", help="the configuration's training.output and `-curve`")
    parser.add_argument("--overwrite", action="store_true", help="do again what is done")
    args = parser.parse_intermixed_args(argv)
    if not args.fractions and args.folds is None:
        parser.error("give --fractions, --folds, or both")
    if args.test and not args.fractions:
        parser.error("--test goes with --fractions: folds are scored on the part they leave out")
    try:
        config = read_config(args.config, args.overrides)
        if processes_wanted() > 1 or int(os.environ.get("WORLD_SIZE", "1")) > 1:
            raise InputError("several processes", expected="one", mend="run it without `accelerate launch`")
        output = Path(args.output or f"{config.training.output}-curve")
        figures = compute(config, args.config, output, args.fractions, args.folds, args.test, args.overwrite)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    from train.curve_report import lines, markdown, picture

    written = (json.dumps(figures, indent=1, ensure_ascii=False) + "\n").encode(), markdown(figures).encode()
    for name, content in zip(CURVE_FILES, (*written, picture(figures)), strict=True):
        with atomic_file(output / name, "wb") as out:
            out.write(content)
    print("\n".join(lines(figures)))
    print(f"written: {', '.join(str(output / name) for name in CURVE_FILES)}")
    return 0


def _fractions(text: str) -> list[float]:
    values = sorted(float(part) for part in text.split(","))
    if not all(0 < value <= 1 for value in values) or len(set(values)) < len(values):
        raise argparse.ArgumentTypeError(f"{text}: expected different shares above 0 and up to 1, such as 0.1,0.5,1")
    return values


def compute(
    config: Config,
    config_file: str,
    output: Path,
    fractions: Sequence[float],
    number_of_folds: int | None,
    test: Sequence[str],
    overwrite: bool,
) -> dict[str, Any]:
    """All runs; gives the content of `curve.json`.

    Raises: InputError for what is wrong with the articles, or with what an earlier call left in `output`.
    """
    from train.curve_report import cross_validated, extrapolated

    splits = read_splits(config)
    segmented = config.segmenter == "none"
    tested = [a for place in test for a in read_articles(place, config.labels, segmented=segmented)]
    _check_unseen(splits["train"], tested)
    seed = config.training.seed
    growing = plan_fractions(splits, fractions, seed, tested)
    left_out = plan_folds(splits, number_of_folds, seed) if number_of_folds is not None else []
    plans = growing + left_out
    done = []
    for number, plan in enumerate(plans, 1):
        print(f"run {number} of {len(plans)}: {plan.name}, {len(plan.train)} articles", file=sys.stderr, flush=True)
        done.append(perform(plan, config, config_file, output, splits["dev"], overwrite))
    runs = [{"name": plan.name} | figures for plan, figures in zip(plans, done, strict=True)]
    about = {
        "config": config_file,
        "labels": config.labels,
        "seed": seed,
        "date": dt.date.today().isoformat(),
        "machine": f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}",
    }
    curve = runs[: len(growing)]
    made: dict[str, Any] = {"about": about, "fractions": curve, "extrapolated": extrapolated(curve)}
    return made | ({"folds": cross_validated(runs[len(growing) :], config.labels)} if left_out else {})


def _check_unseen(train: Sequence[Article], test: Sequence[Article]) -> None:
    texts = {article.text for article in train}
    seen = next((article.id for article in test if article.text in texts), None)
    if seen is not None:
        raise InputError(
            f"the test article {seen!r} among the training articles",
            expected="articles that the model has never seen",
            mend="name others with --test",
        )


if __name__ == "__main__":
    sys.exit(main())
