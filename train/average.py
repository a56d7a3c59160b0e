"""`python -m train.average CHECKPOINT CHECKPOINT… -o FOLDER`: one tagger with the mean of several taggers' weights.

    python -m train configs/mini.yaml training.seed=14 training.output=runs/mini-14
    python -m train.average runs/mini runs/mini-14 -o runs/mean --dev data/articles/dev

In: checkpoints that were fine-tuned from one encoder in the same way with different seeds. Out: a checkpoint with the
mean of their weights and chains, which errs less than each of them and is as fast as one (Wortsman et al., "Model
soups", 2022), and its own scores on the dev articles.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

from data.bpe import CODES_FILE, JSON_FILE, VOCAB_FILE
from data.command import make_parser
from data.encode import tag_words
from data.errors import InputError
from data.files import atomic_file, atomic_folder
from data.formats import read_articles
from infer.checkpoint import CHAIN_FILE, SETTINGS_FILE, WEIGHTS_FILE, Settings, read_settings
from infer.extractor import Extractor
from train.scores import decode_tags, seqeval_scores

# what has to be the same byte for byte where it is there
_SAME = ("config.json", VOCAB_FILE, CODES_FILE, JSON_FILE)


def average(checkpoints: Sequence[Path], output: Path, dev: Path) -> dict[str, float]:
    """Write the mean of checkpoints; gives its scores on the annotated articles at `dev`.

    Raises: InputError where two checkpoints differ in more than their weights.
    """
    settings = [read_settings(folder) for folder in checkpoints]
    for folder, one in zip(checkpoints[1:], settings[1:], strict=True):
        _check_same(checkpoints[0], settings[0], folder, one)
    with atomic_folder(output) as made:
        shutil.copytree(checkpoints[0], made, dirs_exist_ok=True, ignore=shutil.ignore_patterns("run"))
        for name in (WEIGHTS_FILE, CHAIN_FILE):
            _write_mean([folder / name for folder in checkpoints], made / name)
        scores = _scores(made, dev)
        with atomic_file(made / SETTINGS_FILE) as out:
            out.write(settings[0].model_copy(update={"dev": dict(scores)}).model_dump_json(indent=2) + "\n")
    return scores


def _check_same(first: Path, settings: Settings, folder: Path, other: Settings) -> None:
    fields = ("labels", "segmenter", "max_length", "stride")
    different = [name for name in fields if getattr(settings, name) != getattr(other, name)]
    different += [name for name in _SAME if _bytes(first / name) != _bytes(folder / name)]
    if different:
        raise InputError(
            f"another {', '.join(different)} than in {first}",
            expected="checkpoints of one encoder, trained in the same way but for the seed",
            mend="leave it out",
            path=folder,
        )


def _bytes(file: Path) -> bytes:
    return file.read_bytes() if file.is_file() else b""


def _write_mean(files: Sequence[Path], output: Path) -> None:
    loaded = [load_file(file) for file in files]
    mean = {
        name: np.mean([weights[name].astype(np.float32) for weights in loaded], axis=0).astype(first.dtype)
        for name, first in loaded[0].items()
    }
    save_file(mean, output, metadata={"format": "pt"})


def _scores(model: Path, dev: Path) -> dict[str, float]:
    extractor = Extractor.load(model, device="cpu")
    articles = list(read_articles(dev))
    encoded = [extractor.prepare(article.text) for article in articles]
    scores = zip(extractor.run(encoded), encoded, strict=True)
    predicted = [decode_tags(one, article.words.lines, extractor.chain) for one, article in scores]
    pairs = zip(articles, encoded, strict=True)
    gold = [tag_words(one.words, article.entities, extractor.labels).tags for article, one in pairs]
    return seqeval_scores(gold, predicted, extractor.labels)


def main(argv: list[str] | None = None) -> int:
    """The command; gives the exit status."""
    parser = make_parser("python -m train.average", __doc__)
    parser.add_argument("checkpoints", nargs="+", metavar="CHECKPOINT", help="folders that `python -m train` wrote")
    parser.add_argument("-o", "--output", required=True, metavar="FOLDER")
    parser.add_argument("--dev", required=True, metavar="ARTICLES", help="annotated articles to score the mean on")
    args = parser.parse_args(argv)
    try:
        scores = average([Path(folder) for folder in args.checkpoints], Path(args.output), Path(args.dev))
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{args.output}: dev F1 {scores['f1']:.4f} (strict), mean of {len(args.checkpoints)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
