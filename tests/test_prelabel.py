"""`python -m infer.prelabel`: a model's tags as a start for annotators, the least sure first."""

from __future__ import annotations

import json
import logging
import runpy
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import data.__main__
import infer.prelabel
from data.bpe import PhobertBPE
from data.convert import Options, convert
from data.encode import Encoder
from data.errors import InputError
from data.formats import read_articles
from data.schema import LABELS, Article, parse_article
from data.segment import load_segmenter
from infer.decode import legal_chain
from infer.extractor import Extractor
from infer.inputs import find_sources
from infer.prelabel import doubt, main, run
from tests.conftest import ROOT, VOCABULARY

TEXT = "🌾 Chủ tịch giao UBND xã báo cáo ."


def put(path: Path, content: str) -> Path:
    path.write_text(content, encoding="utf-8")
    return path


def news(folder: Path, *texts: str) -> Path:
    """JSON lines of articles called 1, 2, …"""
    lines = [json.dumps({"id": str(number), "text": text}) for number, text in enumerate(texts, 1)]
    return put(folder / "news.jsonl", "\n".join(lines))


class Unsure:
    """What `run` needs of an Extractor; tags each word that is a number, with that number as its score."""

    def extract_chunks(self, chunks: Iterable[Sequence[Article]]) -> Iterator[list[Article | InputError]]:
        return ([self.extract(article) for article in chunk] for chunk in chunks)

    def extract(self, article: Article) -> Article:
        entities: list[dict[str, Any]] = []
        for word in article.text.split():
            if word.startswith("0"):
                start = article.text.index(word)
                entity = {"id": f"e{len(entities)}", "label": "AGENCY", "start": start, "end": start + len(word)}
                entities.append(entity | {"text": word, "score": float(word)})
        directives = [{"assignees": ["e0"], "issuer": "e1", "start": 0, "end": 1}] if len(entities) > 1 else []
        return parse_article(article.to_json() | {"entities": entities, "directives": directives})


def tagger() -> Extractor:
    """An Extractor whose model is sure of AGENCY for `UBND`, and not quite of OFFICIAL for `Chủ`."""
    bpe = PhobertBPE.load(VOCABULARY)
    (agency,), _ = bpe.encode(["UBND"])
    official = int(bpe.encode(["Chủ"])[0][0])

    def forward(ids: np.ndarray, mask: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        logits = np.zeros((*ids.shape, 1 + 2 * len(LABELS)), dtype=np.float32)
        logits[..., 0] = 20
        logits[ids == agency, 1 + 2 * LABELS.index("AGENCY")] = 40
        logits[ids == official, 1 + 2 * LABELS.index("OFFICIAL")] = 21
        return logits[wanted]

    return Extractor(Encoder(load_segmenter("none"), bpe, 64, 16), forward, legal_chain(9), LABELS)


@pytest.fixture
def unsure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets `main` run without a checkpoint."""
    monkeypatch.setattr(infer.prelabel.Extractor, "load", lambda *args, **rest: Unsure())
    monkeypatch.setattr(logging, "basicConfig", lambda **rest: None)


@pytest.mark.usefixtures("unsure")
@pytest.mark.parametrize(("tool", "name"), [("labelstudio", "out.json"), ("doccano", "out.jsonl")])
def test_the_least_sure_come_first(tmp_path: Path, tool: str, name: str) -> None:
    source = news(tmp_path, "0.9", "none", "0.2 0.8", "0.7 0.71", "0.5", "nor here")
    out = tmp_path / name
    assert main([str(source), "--to", tool, "-o", str(out), "--model", "runs/mini"]) == 0
    if tool == "doccano":
        assert [article.id for article in read_articles(out)] == ["3", "5", "4", "1", "2", "6"]
        return
    tasks = json.loads(out.read_text(encoding="utf-8"))
    assert [task["data"]["article_id"] for task in tasks] == ["3", "5", "4", "1", "2", "6"]
    assert [task["predictions"][0]["score"] for task in tasks] == [0.5, 0.5, 0.705, 0.9, 1.0, 1.0]
    assert {task["predictions"][0]["model_version"] for task in tasks} == {"mini"}
    assert not any(task["annotations"] for task in tasks)


def test_doubt_is_the_mean_over_mentions() -> None:
    def made(*scores: float) -> Article:
        entities = [
            {"id": str(n), "label": "X", "start": 2 * n, "end": 2 * n + 1, "text": "a", "score": score}
            for n, score in enumerate(scores)
        ]
        return parse_article({"id": "x", "text": "a a a", "entities": entities})

    assert doubt(made(0.5, 1.0, 0.75)) == pytest.approx(0.25)
    assert doubt(made()) < doubt(made(1.0)) == 0


def test_what_label_studio_is_given(tmp_path: Path) -> None:
    out = tmp_path / "tasks.json"
    sources = find_sources([str(put(tmp_path / "a.txt", TEXT))])
    assert run(tagger(), sources, "labelstudio", str(out), "mini") == 0
    (task,) = json.loads(out.read_text(encoding="utf-8"))
    assert task["data"] == {"text": TEXT, "article_id": "a", "date": None, "meta": {}, "records": []}
    (prediction,) = task["predictions"]
    regions = [result for result in prediction["result"] if result["type"] == "labels"]
    assert [(region["value"]["text"], region["value"]["labels"]) for region in regions] == [
        ("Chủ", ["OFFICIAL"]),
        ("UBND", ["AGENCY"]),
    ]
    assert [(region["value"]["start"], region["value"]["end"]) for region in regions] == [(2, 5), (16, 20)]
    assert regions[1]["score"] == 1.0
    assert regions[0]["score"] == pytest.approx(np.e / (1 + np.e), abs=1e-3)
    assert prediction["score"] == pytest.approx((regions[0]["score"] + 1) / 2, abs=1e-3)
    assert '<Label value="OFFICIAL"/>' in (tmp_path / "tasks.xml").read_text(encoding="utf-8")


@pytest.mark.usefixtures("unsure")
def test_what_annotators_accept_comes_back(tmp_path: Path) -> None:
    source, out = news(tmp_path, "🌾 0.5 0.75"), tmp_path / "tasks.json"
    assert main([str(source), "--to", "labelstudio", "-o", str(out), "--model", "m"]) == 0
    said: list[str] = []
    (error,) = convert(out, tmp_path / "none.jsonl", "jsonl", None, Options(), said.append)
    assert error.found == "no article"  # nobody has looked at a prediction: it is no annotation
    assert said == [f"{out}: 1 tasks without an annotation left out"]
    (task,) = json.loads(out.read_text(encoding="utf-8"))
    task["annotations"] = [{"id": 1, "result": task["predictions"][0]["result"]}]
    accepted = put(tmp_path / "accepted.json", json.dumps([task]))
    assert convert(accepted, tmp_path / "gold.jsonl", "jsonl", None, Options(), said.append) == []
    (article,) = read_articles(tmp_path / "gold.jsonl", LABELS)
    assert [(entity.text, entity.score) for entity in article.entities] == [("0.5", 0.5), ("0.75", 0.75)]
    (directive,) = article.directives
    assert (directive.assignees, directive.issuer) == (["e0"], "e1")
    assert (directive.start, directive.end) == (None, None)  # the model's own passage is not shown to anybody


@pytest.mark.usefixtures("unsure")
def test_a_bad_article_costs_itself_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = put(tmp_path / "news.jsonl", '{"text": "0.5"}\n{"text": 5}\n{"text": "0.25"}\n')
    out = tmp_path / "lines.jsonl"
    assert main([str(source), "--to", "doccano", "-o", str(out), "--model", "m"]) == 1
    assert [article.text for article in read_articles(out)] == ["0.25", "0.5"]
    first, count = capsys.readouterr().err.splitlines()
    assert first.startswith(f"error: {source}:2: found text = '5'")
    assert count == "2 articles done, 1 failed"
    (log,) = (tmp_path / "lines.jsonl.errors.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(log)["line"] == 2


@pytest.mark.parametrize(
    ("tool", "out", "found"),
    [
        ("labelstudio", "a.jsonl", "'{out}'; expected a file of the kind .json for labelstudio"),
        ("doccano", "a.json", "'{out}'; expected a file of the kind .jsonl for doccano"),
        ("doccano", "folder.jsonl", "'{out}'; expected a file of the kind .jsonl"),
        ("doccano", "b.jsonl", "no such folder; expected a checkpoint folder"),
    ],
)
def test_outputs_and_models_that_do_not_do(
    tmp_path: Path, tool: str, out: str, found: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging, "basicConfig", lambda **rest: None)
    (tmp_path / "folder.jsonl").mkdir()
    source = news(tmp_path, "0.5")
    before = sorted(tmp_path.rglob("*"))
    place = str(tmp_path / out)
    assert main([str(source), "--to", tool, "-o", place, "--model", str(tmp_path / "none")]) == 1
    assert found.format(out=place) in capsys.readouterr().err
    assert sorted(tmp_path.rglob("*")) == before


def test_data_prelabel_is_the_same_command(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []

    def run_module(name: str, run_name: str) -> None:
        seen.append((name, run_name, sys.argv[1:]))
        raise SystemExit(1)

    monkeypatch.setattr(runpy, "run_module", run_module)
    before = sys.argv
    assert data.__main__.main(["prelabel", "a.txt", "--to", "doccano"]) == 1
    assert seen == [("infer.prelabel", "__main__", ["a.txt", "--to", "doccano"])]
    assert sys.argv is before


def test_data_reaches_infer_by_its_name_alone() -> None:
    code = "import sys, data.__main__; sys.exit('infer' in sys.modules or data.__main__.main(['prelabel', '--help']))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "usage: python -m infer.prelabel" in done.stdout
