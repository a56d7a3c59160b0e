"""`python -m train.export MODEL`: put a graph for onnxruntime into a checkpoint, once it tags as torch does.

    python -m train.export runs/mini
    python -m train.export runs/phobert --articles my-articles/test

In: a checkpoint folder, and articles to compare on. Out: `model.onnx` in the folder, which `python -m infer` then runs
without torch, and `model.onnx.json`, the comparison with torch in float32. Where fewer than 99.5% of the mentions are
equal (label, start and end) nothing is written, and the exit status is 1.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from data.command import make_parser
from data.errors import InputError
from data.files import atomic_file, read_text
from data.formats import read_articles
from data.progress import Meter
from data.schema import Article
from infer.backends import EXACT, default_threads
from infer.checkpoint import WEIGHTS_FILE, read_settings
from infer.extractor import Extractor
from infer.onnx_backend import DIGEST, ONNX_FILE, load_onnx, weights_digest
from train.graph import FLOAT32, INT8, PRECISIONS, build

ARTICLES = "data/articles/test"
EQUAL = 0.995  # the least share of equal mentions
REPORT_FILE = f"{ONNX_FILE}.json"


def export(folder: Path, articles: Sequence[Article], precision: str) -> dict[str, Any]:
    """Write `model.onnx` and its report into a checkpoint; gives the report.

    Raises: InputError for a model that cannot be exported, or whose graph does not tag as torch does.
    """
    settings = read_settings(folder)
    config = json.loads(read_text(folder / "config.json"))
    model = build(folder / WEIGHTS_FILE, config, precision)
    model.metadata_props.add(key=DIGEST, value=weights_digest(folder))
    raw = model.SerializeToString()
    reference = Extractor.load(folder, backend=EXACT, device="cpu")
    with tempfile.TemporaryDirectory(prefix=".export-", dir=folder) as scratch:
        # beside a link to the weights, for the graph names their file and not its folder
        os.link(folder / WEIGHTS_FILE, Path(scratch, WEIGHTS_FILE))
        Path(scratch, ONNX_FILE).write_bytes(raw)
        started = time.perf_counter()
        forward = load_onnx(scratch, default_threads())
        seconds = time.perf_counter() - started
    ours = Extractor(reference.encoder, forward, reference.chain, settings.labels)
    report = {"precision": precision, "session_seconds": round(seconds, 3), **parity(reference, ours, articles)}
    if report["equal"] < EQUAL * report["mentions"]:
        raise InputError(
            f"{report['equal']} of {report['mentions']} mentions equal to those of torch in float32 "
            f"(largest difference of a score {report['largest_difference']})",
            expected=f"at least {EQUAL:.1%}",
            mend=f"take --precision {FLOAT32}" if precision == INT8 else "run the checkpoint with --backend torch",
            path=folder,
        )
    with atomic_file(folder / REPORT_FILE) as out, atomic_file(folder / ONNX_FILE, "wb") as graph:
        out.write(json.dumps(report, ensure_ascii=False, indent=2) + "\n")
        graph.write(raw)
    return report


def parity(reference: Extractor, other: Extractor, articles: Sequence[Article]) -> dict[str, Any]:
    """How alike two extractors of one checkpoint tag: mentions of either, those equal, differences of tag scores.

    `mentions` counts what either of the two finds, `equal` what both find (label, start and end).
    """
    mentions = equal = words = 0
    largest = total = 0.0
    with Meter("comparing", len(articles)) as meter:
        for number, article in enumerate(articles, 1):
            encoded = reference.prepare(article.text)
            (wanted,), (found,) = reference.run([encoded]), other.run([encoded])
            differences = np.abs(wanted - found)
            largest = max(largest, float(differences.max(initial=0.0)))
            total += float(differences.sum())
            words += differences.size
            spans = [
                {
                    (entity.label, entity.start, entity.end)
                    for entity in extractor.mentions(article.text, encoded, scores, article.date, None)
                }
                for extractor, scores in ((reference, wanted), (other, found))
            ]
            mentions += len(spans[0] | spans[1])
            equal += len(spans[0] & spans[1])
            meter.update(number, f"{number} articles")
    return {
        "articles": len(articles),
        "mentions": mentions,
        "equal": equal,
        "largest_difference": round(largest, 5),
        "mean_difference": round(total / max(words, 1), 6),
    }


def main(argv: list[str] | None = None) -> int:
    """Run the command; gives the exit status."""
    parser = make_parser("python -m train.export", __doc__)
    parser.add_argument("model", metavar="MODEL", help="a checkpoint folder")
    parser.add_argument("--articles", default=ARTICLES, help="files or a folder to compare on (%(default)s)")
    parser.add_argument("--precision", choices=PRECISIONS, default=INT8, help="of matrix products (%(default)s)")
    args = parser.parse_args(argv)
    folder = Path(args.model)
    try:
        settings = read_settings(folder)
        articles = read_articles(args.articles, settings.labels, segmented=settings.segmenter == "none")
        report = export(folder, articles, args.precision)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    share = report["equal"] / max(report["mentions"], 1)
    print(
        f"{report['equal']} of {report['mentions']} mentions in {report['articles']} articles are torch's in float32 "
        f"({share:.2%}); tag scores differ by {report['largest_difference']} at most, "
        f"{report['mean_difference']} on average; {dt.date.today().isoformat()}, {platform.machine()}"
    )
    size = (folder / ONNX_FILE).stat().st_size
    print(f"written: {folder / ONNX_FILE} ({size / 1e3:.0f} KB), ready in {report['session_seconds']} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
