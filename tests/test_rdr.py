"""The segmenter `rdr`: tokens as VnCoreNLP cuts them, decisions that are learned, weights that are checked."""

from __future__ import annotations

import gzip
import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import InputError
from data.rdr import BREAK, FEATURES, Rdr, gap_features, joinable_gaps, token_code
from data.segment import load_segmenter, segment
from train.segmenter import HELD_OUT, Gold, agreement, held_out_lines, learn, main, read_gold, sure_pairs, whole_lines

RDR = load_segmenter("rdr")
PROPERTY = settings(derandomize=True, deadline=None, max_examples=200)


@pytest.mark.parametrize(
    ("text", "forms"),
    [
        ("Đạt 1.500 tỷ đồng, tăng 7,5% so với năm 2019.", "1.500 tỷ đồng , tăng 7,5 % so với năm 2019 ."),
        ("trước ngày 30/11/2020, từ 2-3 giờ", "trước ngày 30/11/2020 , từ 2-3 giờ"),
        ("Nghị định 46/2016/NĐ-CP", "Nghị_định 46/2016/NĐ-CP"),
        ("lúc 9h30 tại TP.HCM", "lúc 9h30 tại TP. HCM"),
        ("xem Chinhphu.vn, http://a.vn/b?c=1 hoặc a.b@c.vn", "xem Chinhphu.vn , http://a.vn/b?c=1 hoặc a.b@c.vn"),
        ("ông Nguyễn Văn A. nói", "ông Nguyễn_Văn_A. nói"),
        ("gió 60km/h… rồi tan...", "gió 60km / h … rồi tan ..."),
        ("PGS.TS và GD-ĐT", "PGS.TS và GD-ĐT"),
        ('"Máy bay SU-35"', '" Máy_bay SU -35 "'),
        ("(đạt 11/29 tiêu chí)", "( đạt 11/29 tiêu_chí )"),
    ],
)
def test_tokens_are_cut_as_the_text_that_phobert_read(text: str, forms: str) -> None:
    assert " ".join(segment(text, RDR).forms).endswith(forms)


def test_words_are_joined() -> None:
    text = "UBND tỉnh Lai Châu yêu cầu Sở Tài chính báo cáo tiến độ giải ngân."
    joined = "UBND tỉnh Lai_Châu yêu_cầu Sở Tài_chính báo_cáo tiến_độ giải_ngân ."
    assert " ".join(segment(text, RDR).forms) == joined


@PROPERTY
@given(words=st.lists(st.sampled_from("Hà Nội UBND tỉnh yêu cầu 30/11 , . ( báo cáo".split()), min_size=1, max_size=60))
def test_all_gaps_at_once_are_the_gaps_one_by_one(words: list[str]) -> None:
    codes = np.array([token_code(word) for word in words], dtype=np.int64)
    together = gap_features(codes, 22)
    assert together.shape == (FEATURES, len(words) - 1)
    for gap in range(len(words) - 1):
        # three tokens to the left and to the right are all that a gap sees
        first, last = max(0, gap - 2), min(len(words), gap + 5)
        part = np.concatenate(([0] * (first == 0), codes[first:last], [0] * (last == len(words)))).astype(np.int64)
        alone = gap_features(part, 22)[:, gap - first + (first == 0)]
        assert alone.tolist() == together[:, gap].tolist()


def test_only_tokens_with_letters_are_joined() -> None:
    codes = np.array([token_code(token) for token in ["Hà", "Nội", ",", "30/11", "Nội", "\n", "Hà"]])
    assert joinable_gaps(codes).tolist() == [True, False, False, False, False, False]
    assert codes[5] == BREAK


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04 nothing"])
def test_weights_that_cannot_be_read_are_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "rdr.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=r"rdr\.npz") as caught:
        Rdr(path)
    assert "python -m train.segmenter" in str(caught.value)


# ------------------------------------------------------------------ learning

NAMES = ["Hà_Nội", "Lai_Châu", "yêu_cầu", "báo_cáo", "Sở Y_tế", "và", "các", "2020", ","]


def _documents(count: int) -> Iterator[str]:
    random = np.random.default_rng(5)
    for _ in range(count):
        for _ in range(3):
            yield " ".join(random.choice(NAMES, 12)) + " ."
        yield ""


@pytest.fixture(scope="module")
def segmented(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("segmented") / "text.txt.gz"
    path.write_bytes(gzip.compress("\n".join(_documents(400)).encode()))
    return path


def test_decisions_are_learned_from_segmented_text(segmented: Path) -> None:
    train, held_out = read_gold([segmented])
    weights = learn(train, bits=12)
    assert weights.dtype == np.int8
    assert agreement(weights, held_out) == 1.0
    assert agreement(np.zeros(1 << 12, dtype=np.int8), held_out) < 0.8


def test_every_hundredth_document_is_held_out(segmented: Path) -> None:
    lines = gzip.decompress(segmented.read_bytes()).decode().split("\n")
    documents = [list(group) for filled, group in itertools.groupby(lines, bool) if filled]
    expected = [line for number, document in enumerate(documents) for line in document if number % HELD_OUT == 99]
    assert held_out_lines([segmented]) == expected


def test_a_line_that_was_left_unsegmented_teaches_nothing(segmented: Path) -> None:
    train, _ = read_gold([segmented])
    sure = sure_pairs(train)
    words = ["Hà", "Nội", "yêu", "cầu", "báo", "cáo", "\n"]
    codes = np.array([token_code(word) for word in words] * 2)
    joined = np.array([True, False] * 3 + [False] + [False] * 7)
    assert whole_lines(Gold(codes, joined), sure).tolist() == [True] * 7 + [False] * 7


def test_the_command_writes_weights_that_segment(
    segmented: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "made.npz"
    assert main([str(segmented), "-o", str(output)]) == 0
    assert "F1 on these: 1.0000" in capsys.readouterr().out
    assert segment("Lai Châu báo cáo Hà Nội.", Rdr(output)).forms == ["Lai_Châu", "báo_cáo", "Hà_Nội", "."]


def test_text_that_is_not_segmented_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "raw.txt"
    path.write_text("UBND tỉnh yêu cầu.\n\n" * 200, encoding="utf-8")
    assert main([str(path), "-o", str(tmp_path / "made.npz")]) == 1
    assert "syllables are joined to words with _" in capsys.readouterr().err
    assert not (tmp_path / "made.npz").exists()
