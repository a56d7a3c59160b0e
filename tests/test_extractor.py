"""The whole inference path on a trained checkpoint: order, offsets, batches, odd texts."""

from __future__ import annotations

import datetime as dt
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import infer.runtime
from data.errors import InputError
from data.formats import read_articles
from data.schema import Article, check_article
from infer import Extractor
from infer.runtime import batches, pad, word_scores
from tests.conftest import FEW, ROOT


@pytest.fixture(scope="module")
def extractor(trained: Path) -> Extractor:
    return Extractor.load(trained, device="cpu")


def plain(article: Article) -> dict[str, object]:
    return article.to_json()


def test_articles_come_back_in_order_valid_and_alike(extractor: Extractor) -> None:
    gold = read_articles(FEW / "dev") + read_articles(FEW / "test")
    before = [article.to_line() for article in gold]
    together = list(extractor.extract_many(gold * 4))  # more than one chunk
    assert [article.id for article in together] == [article.id for article in gold * 4]
    assert [article.to_line() for article in gold] == before  # the input is untouched
    for one, article in zip(gold, together, strict=False):
        assert article.text == one.text
        check_article(article, extractor.labels)
        alone = extractor.extract(one.text, id=one.id, date=one.date)
        found = [(e.label, e.start, e.end) for e in alone.entities]
        assert found == [(e.label, e.start, e.end) for e in article.entities]
        assert [e.score for e in alone.entities] == pytest.approx([e.score for e in article.entities], abs=2e-4)
    assert sum(len(article.entities) for article in together) > 100
    assert any(article.directives for article in together)


def test_stream_is_read_as_it_is_used(extractor: Extractor) -> None:
    taken = []

    def articles():  # type: ignore[no-untyped-def]
        for number in range(200):
            taken.append(number)
            yield Article(id=str(number), text=f"Sở Y tế họp lần {number}.")

    stream = extractor.extract_many(articles())
    next(stream)
    assert len(taken) <= infer.extractor.CHUNK


@pytest.mark.parametrize("change", [lambda t: unicodedata.normalize("NFD", t), lambda t: t.replace("\n", "\r\n")])
def test_other_spellings_of_a_text_give_the_same_mentions(extractor: Extractor, change) -> None:  # type: ignore[no-untyped-def]
    text = (ROOT / "data" / "samples" / "thanh-hoa-phien-hop-thang-9-2023.txt").read_text(encoding="utf-8")
    plain_article, changed = extractor.extract(text), extractor.extract(change(text))
    assert len(plain_article.entities) > 10
    folded = [unicodedata.normalize("NFC", e.text) for e in changed.entities]
    assert folded == [e.text for e in plain_article.entities]
    assert [e.normalized for e in changed.entities] == [e.normalized for e in plain_article.entities]
    check_article(changed)


@settings(max_examples=60)
@given(st.text(min_size=1, max_size=300))
def test_any_text_gives_a_valid_article(extractor: Extractor, text: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return
    if not text.strip():
        with pytest.raises(InputError, match="an empty text"):
            extractor.extract(text)
        return
    article = extractor.extract(text)
    assert article.text == text
    check_article(article, extractor.labels)


def test_batch_size_and_window_do_not_change_scores(extractor: Extractor, monkeypatch: pytest.MonkeyPatch) -> None:
    encoded = [extractor.prepare(article.text) for article in read_articles(FEW / "dev")]
    wanted = extractor.run(encoded)
    tags = len(extractor.labels) * 2 + 1
    monkeypatch.setattr(infer.runtime, "batches", lambda lengths: batches(lengths, 1))
    for one, other in zip(word_scores(encoded, extractor.encoder, extractor.forward, tags), wanted, strict=True):
        np.testing.assert_allclose(one, other, atol=2e-5)


@given(st.lists(st.integers(1, 300), max_size=60), st.integers(1, 2000))
def test_batches_hold_every_window_once_within_the_budget(lengths: list[int], budget: int) -> None:
    made = list(batches(lengths, budget))
    assert sorted(index for batch in made for index in batch) == list(range(len(lengths)))
    for batch in made:
        assert len(batch) == 1 or max(lengths[index] for index in batch) * len(batch) <= budget


def test_date_comes_from_the_argument_else_from_the_dateline(extractor: Extractor) -> None:
    text = "Giao ban tháng 10\nThứ Năm, 15/10/2020\nUBND tỉnh yêu cầu Sở Y tế báo cáo trước ngày 30/11."
    assert extractor.extract(text).date == dt.date(2020, 10, 15)
    assert extractor.extract(text, date=dt.date(2019, 1, 2)).date == dt.date(2019, 1, 2)
    assert extractor.extract("UBND tỉnh họp ngày 15/10/2020.").date is None


def test_another_segmenter_is_warned_of(trained: Path, caplog: pytest.LogCaptureFixture) -> None:
    Extractor.load(trained, device="cpu")
    assert not [record for record in caplog.records if record.levelname == "WARNING"]
    Extractor.load(trained, segmenter="none", device="cpu")
    assert "trained on words of the segmenter 'rdr'" in caplog.text


@pytest.mark.parametrize(("multiple", "longest"), [(1, 5), (4, 8), (5, 5)])
def test_rows_are_padded_to_a_multiple(multiple: int, longest: int) -> None:
    ids, mask = pad([np.array([5, 6]), np.array([7, 8, 9, 10, 11])], 1, multiple)
    assert ids.tolist() == [[5, 6, *[1] * (longest - 2)], [7, 8, 9, 10, 11, *[1] * (longest - 5)]]
    assert mask.sum(axis=1).tolist() == [2, 5]
