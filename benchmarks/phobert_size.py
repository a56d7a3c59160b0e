"""Does a checkpoint of PhoBERT-base's size, in its original layout, fine-tune and infer here, and at what cost?

    python -m benchmarks.phobert_size FOLDER

In: nothing but a folder to work in (3 GB). Out: a random-weight model with PhoBERT-base's shape and files
(`config.json`, `vocab.txt`, `bpe.codes`, `pytorch_model.bin`) fine-tuned for one epoch with configs/phobert-base.yaml,
the records path run with it, and seconds and memory of each.
"""

from __future__ import annotations

import datetime as dt
import platform
import resource
import sys
import time
from pathlib import Path

import torch
from transformers import RobertaConfig, RobertaForMaskedLM

from infer import Extractor
from train.__main__ import main as train

ROOT = Path(__file__).parent.parent
SUBWORDS = 64_000  # lines of PhoBERT's vocab.txt


def make(folder: Path) -> None:
    """Random weights in PhoBERT-base's shape; its vocabulary is the shipped one, filled up to 64,000 lines."""
    source = ROOT / "models" / "mini-encoder"
    lines = (source / "vocab.txt").read_text(encoding="utf-8").splitlines()
    lines += [f"filler{number} 1" for number in range(SUBWORDS - len(lines))]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "bpe.codes").write_bytes((source / "bpe.codes").read_bytes())
    config = RobertaConfig(
        vocab_size=SUBWORDS + 5,  # <s> <pad> </s> <unk> before, <mask> after
        max_position_embeddings=258,
        type_vocab_size=1,
        layer_norm_eps=1e-5,
        tokenizer_class="PhobertTokenizer",
    )
    config.save_pretrained(folder)
    torch.manual_seed(0)
    torch.save(RobertaForMaskedLM(config).state_dict(), folder / "pytorch_model.bin")


def main() -> int:
    """Make, fine-tune, infer; exit status 1 if fine-tuning failed."""
    folder = Path(sys.argv[1])
    model, run = folder / "phobert-base-random", folder / "run"
    make(model)
    size = (model / "pytorch_model.bin").stat().st_size
    print(
        f"{dt.date.today().isoformat()}, {platform.machine()}, Python {platform.python_version()}, {size / 1e6:.0f} MB"
    )
    started = time.perf_counter()
    articles = [f"data.train={ROOT / 'data/articles/dev'}", f"data.dev={ROOT / 'data/articles/test'}"]
    status = train(
        [
            str(ROOT / "configs" / "phobert-base.yaml"),
            f"model.name={model}",
            f"training.output={run}",
            "training.epochs=1",
            "training.batch_size=4",
            *articles,
            "--overwrite",
        ]
    )
    print(f"fine-tuned one epoch of 5 articles in {time.perf_counter() - started:.0f} s")
    if status:
        return status
    text = next((ROOT / "data" / "samples").glob("*.txt")).read_text(encoding="utf-8")
    extractor = Extractor.load(run)
    started = time.perf_counter()
    article = extractor.extract(text)
    print(f"one article of {len(text.split())} syllables in {time.perf_counter() - started:.1f} s")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{len(article.entities)} mentions; most memory {memory:.1f} GB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
