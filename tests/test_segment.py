"""Segmentation: whatever the text and however careless the segmenter, words cover it, in order and within lines."""

from __future__ import annotations

import itertools
import os
import random
import re
import sys
import time
import types
import unicodedata
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from data.errors import InputError
from data.segment import MAX_RUN, MAX_SENTENCE, Segmentation, Segmenter, TokenSegmenter, load_segmenter, segment

PROPERTY = settings(derandomize=True, deadline=None, max_examples=300)
NONE, PYVI, RDR = (load_segmenter(name) for name in ("none", "pyvi", "rdr"))

_INVISIBLE_RANGES = [(0xAD, 0xAD), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x2064), (0x2066, 0x206F)]
INVISIBLE = {chr(code) for a, b in [*_INVISIBLE_RANGES, (0xFEFF, 0xFEFF)] for code in range(a, b + 1)}

LINE_BREAK = re.compile(f"[{''.join(chr(code) for code in range(0x3000) if len(f'a{chr(code)}b'.splitlines()) > 1)}]")

# ------------------------------------------------------------------ texts

FAMILY, FLAG = "👩‍👩‍👧‍👦", "🇻🇳"
PIECES = [
    *[
        "UBND tỉnh",
        "Ủy ban nhân dân",
        "TP. Hà Nội",
        "1. ",
        "Nguyễn Văn A. ",
        "báo cáo. Về ",
        "30/11/2020",
        "(IOC)",
        "“Máy ”",
    ],
    *[" ", "  ", "\u00a0", "\u202f", "\t", "\u3000", "\x1f"],
    *["\n", "\r\n", "\r", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029"],
    *["\u200b", "\u200d", "\u200e", "\u00ad", "\u2060", "\ufeff", "a\u200bb", "\u200b\u0301"],
    *["\u0301", "\u0323", "\u0302", "o\u031b\u0301", "x\u0323", " \u0301"],
    *["_", "__", "a_b", "_a", "b_", "UBND_tỉnh"],
    *["\x00", "\x07", "\x7f", FAMILY, FLAG, "👍🏽", "☃\ufe0f"],
    *["…", "...", "!?", ".)", "’", "»", "-", "a-" * 60, "x" * (MAX_RUN + 1), "từ " * 40],
]
FORMS = st.sampled_from([None, "NFC", "NFD", "NFKD"])


def _texts(characters: st.SearchStrategy[str] | None = None) -> st.SearchStrategy[str]:
    loose = st.text(max_size=5) if characters is None else st.text(characters, max_size=5)
    joined = st.lists(st.one_of(st.sampled_from(PIECES), loose), max_size=20).map("".join)
    return st.builds(lambda text, form: unicodedata.normalize(form, text) if form else text, joined, FORMS)


ANY_TEXT = _texts()
# scripts whose marks are those that Latin letters take
ALPHABETIC = st.one_of(
    st.characters(max_codepoint=0x482),
    st.characters(min_codepoint=0x1E00, max_codepoint=0x206F),
    st.sampled_from("ขอบคุณ中文ភាសា😀" + "".join(sorted(INVISIBLE))),
)
ALPHABETIC_TEXT = _texts(ALPHABETIC)

# ------------------------------------------------------------------ segmenters that cannot be trusted


class Careless(TokenSegmenter):
    """Answers with anything; the same each time for the same sentence."""

    name = "careless"

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def tokens(self, sentence: str) -> list[str]:
        chance = random.Random(f"{self.seed} {sentence}")
        right = self._cut(sentence, chance)
        kind = chance.randrange(8)
        if kind == 0:
            return []
        if kind == 1:
            return [sentence]
        if kind == 2:
            return list(sentence)
        if kind == 3:
            return chance.sample(right, len(right))
        if kind == 4:
            return [token for token in right if chance.random() < 0.7]
        if kind == 5:
            return [*right[: len(right) // 2], *self._noise(chance)]
        if kind == 6:
            return [chance.choice(["", "_"]) + token + chance.choice(["", "_", " ", "\n"]) for token in right]
        return right + right + self._noise(chance)

    @staticmethod
    def _cut(sentence: str, chance: random.Random) -> list[str]:
        """Tokens that do spell the sentence, cut and joined anywhere."""
        cuts = sorted({0, len(sentence), *(chance.randint(0, len(sentence)) for _ in range(6))})
        pieces = [sentence[a:b] for a, b in itertools.pairwise(cuts)]
        return [piece.replace(" ", "_") if chance.random() < 0.5 else piece for piece in pieces]

    @staticmethod
    def _noise(chance: random.Random) -> list[str]:
        return [chance.choice(["", "_", "__", " ", "\n", "\u200b", "x", "Hà_Nội"]) for _ in range(4)]


class Recorder(TokenSegmenter):
    """Segments at spaces and keeps what it was asked."""

    name = "recorder"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def tokens(self, sentence: str) -> list[str]:
        self.asked.append(sentence)
        return sentence.split()


SEGMENTERS: st.SearchStrategy[Segmenter] = st.one_of(
    st.just(NONE), st.just(PYVI), st.just(RDR), st.integers(0, 2**32).map(Careless), st.integers(0, 2**32).map(Careless)
)

# ------------------------------------------------------------------ what must always hold


def check(text: str, words: Segmentation) -> None:
    count = len(words)
    assert len(words.forms) == len(words.starts) == len(words.ends) == count
    for array in (words.starts, words.ends, words.sentences, words.lines):
        assert array.dtype == np.int32

    position = 0
    for start, end in zip(words.starts.tolist(), words.ends.tolist(), strict=True):
        assert position <= start < end <= len(text)
        assert not text[position:start].strip(), "a character between words belongs to none"
        word = text[start:end]
        assert not LINE_BREAK.search(word)
        assert word == word.strip()
        position = end
    assert not text[position:].strip()

    for form in words.forms:
        assert form
        assert not re.search(r"\s", form)

    line_of = [len(LINE_BREAK.findall(text, 0, start)) for start in words.starts.tolist()]
    changes = [index for index in range(1, count) if line_of[index] != line_of[index - 1]]
    assert words.lines.tolist() == ([0, *changes, count] if count else [0])
    bounds = words.sentences.tolist()
    assert bounds[0] == 0
    assert bounds[-1] == count
    assert all(a < b for a, b in itertools.pairwise(bounds))
    assert set(words.lines.tolist()) <= set(bounds)


@settings(PROPERTY, max_examples=600)
@given(text=ANY_TEXT, segmenter=SEGMENTERS)
@example(text="", segmenter=NONE)
@example(text=" \r\n\u00a0\u2028", segmenter=PYVI)
@example(text="\u0958\u0958 \u200b\n\u0301", segmenter=Careless(2))
def test_words_cover_any_text_whatever_the_segmenter(text: str, segmenter: Segmenter) -> None:
    check(text, segment(text, segmenter))


@pytest.mark.parametrize("text", ["Sở Y tế\nhọp", "Họp xong. Về sau", "Sở\u2029họp"])
@pytest.mark.parametrize("joint", ["_", " ", None])
def test_a_token_that_goes_on_beyond_its_sentence_does_not_count(text: str, joint: str | None) -> None:
    class Overreaching(TokenSegmenter):
        name = "overreaching"

        def tokens(self, sentence: str) -> list[str]:
            rest = text[text.index(sentence) :]
            return [rest if joint is None else joint.join(rest.split())]

    words = segment(text, Overreaching())
    check(text, words)
    assert words.sentence_spans() == segment(text, NONE).sentence_spans()


@PROPERTY
@given(text=ANY_TEXT, seed=st.integers(0, 2**32))
def test_sentences_do_not_depend_on_the_segmenter(text: str, seed: int) -> None:
    expected = segment(text, NONE).sentence_spans()
    assert segment(text, Careless(seed)).sentence_spans() == expected
    assert segment(text, PYVI).sentence_spans() == expected
    assert segment(text, RDR).sentence_spans() == expected


@PROPERTY
@given(text=ANY_TEXT)
def test_segmenter_none_cuts_at_spaces_alone(text: str) -> None:
    words = segment(text, NONE)
    spans = list(zip(words.starts.tolist(), words.ends.tolist(), strict=True))
    assert spans == [run.span() for run in re.finditer(r"\S+", text)]


@PROPERTY
@given(text=ALPHABETIC_TEXT)
def test_a_form_is_its_word_composed_and_without_the_invisible(text: str) -> None:
    for run, form in zip(text.split(), segment(text, NONE).forms, strict=True):
        visible = "".join(char for char in run if char not in INVISIBLE)
        assert form == (unicodedata.normalize("NFC", visible) or run[0])


@PROPERTY
@given(text=ALPHABETIC_TEXT, segmenter=st.sampled_from([NONE, PYVI, RDR]))
def test_composed_and_decomposed_text_have_the_same_words(text: str, segmenter: Segmenter) -> None:
    composed, decomposed = unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text)
    a, b = segment(composed, segmenter), segment(decomposed, segmenter)
    assert a.forms == b.forms
    assert a.sentences.tolist() == b.sentences.tolist()
    assert a.lines.tolist() == b.lines.tolist()
    for index in range(len(a)):
        raw = decomposed[b.starts[index] : b.ends[index]]
        assert unicodedata.normalize("NFD", composed[a.starts[index] : a.ends[index]]) == raw


@pytest.mark.parametrize("name", ["삼성전자", "ホンダ"])
def test_composed_and_decomposed_foreign_names_have_the_same_forms(name: str) -> None:
    text = f"Công ty {name} báo cáo."
    decomposed = unicodedata.normalize("NFD", text)
    assert decomposed != text
    assert segment(decomposed, NONE).forms == segment(text, NONE).forms


@PROPERTY
@given(text=ANY_TEXT)
def test_a_segmenter_is_asked_for_one_sentence_of_bearable_length(text: str) -> None:
    recorder = Recorder()
    segment(text, recorder)
    for sentence in recorder.asked:
        assert not LINE_BREAK.search(sentence)
        assert max(map(len, sentence.split()), default=0) <= MAX_RUN
        assert len(sentence.strip()) <= MAX_SENTENCE


def test_a_sentence_of_any_length_reaches_the_segmenter_in_parts() -> None:
    recorder = Recorder()
    text = "tỉnh Lai Châu, " * 1000 + "b" * 500 + " hết"
    check(text, segment(text, recorder))
    assert len(recorder.asked) > 5
    assert max(map(len, recorder.asked)) <= MAX_SENTENCE + 1
    assert "".join(" ".join(recorder.asked).split()) == "".join(text.replace("b" * 500, "").split())


# ------------------------------------------------------------------ known examples


def _sentences(text: str, segmenter: Segmenter = PYVI) -> list[str]:
    return [text[start:end] for start, end in segment(text, segmenter).sentence_spans()]


def test_syllables_of_a_word_are_joined() -> None:
    text = "UBND tỉnh yêu cầu các sở, ngành báo cáo."
    words = segment(text, PYVI)
    assert words.forms == ["UBND", "tỉnh", "yêu_cầu", "các", "sở", ",", "ngành", "báo_cáo", "."]
    assert [text[a:b] for a, b in zip(words.starts, words.ends, strict=True)][2] == "yêu cầu"


@pytest.mark.parametrize(
    "sentence",
    [
        "Chủ tịch UBND TP. Hà Nội yêu cầu báo cáo.",
        "Bí thư Thành ủy (TP. Huế) dự họp.",
        "PGS. TS. Trần Văn B. Phát biểu tại hội nghị.",
        "Ông Nguyễn Văn A. Trần phát biểu.",
        "Chỉ số đạt 98.74 điểm.",
    ],
)
def test_an_abbreviation_ends_no_sentence(sentence: str) -> None:
    text = f"Cuộc họp diễn ra sáng nay. {sentence} Kết luận được gửi các sở."
    assert _sentences(text) == ["Cuộc họp diễn ra sáng nay.", sentence, "Kết luận được gửi các sở."]


@pytest.mark.parametrize("space", [" ", "\u00a0", "\u202f", "\t"])
def test_an_abbreviation_after_any_space_ends_no_sentence(space: str) -> None:
    text = f"Lãnh đạo{space}TP.{space}Hà Nội dự họp."
    assert _sentences(text) == [text]


def test_a_number_that_opens_a_line_ends_no_sentence() -> None:
    text = "1. Về công tác dân vận. Tiếp tục.\n2. Về ngân sách."
    assert _sentences(text) == ["1. Về công tác dân vận.", "Tiếp tục.", "2. Về ngân sách."]


def test_quotes_and_brackets_belong_to_the_sentence_that_they_close() -> None:
    assert _sentences("Ông nói: “Làm ngay!” Sau đó (hôm qua.) “Xong…” Hết.") == [
        "Ông nói: “Làm ngay!”",
        "Sau đó (hôm qua.)",
        "“Xong…”",
        "Hết.",
    ]


_MARKS = "\u0300\u0301\u0303\u0309\u0323"
_BASES = "aăâbcdđeêghiklmnoôơpqrstuưvxy"
VIETNAMESE = sorted(
    {
        unicodedata.normalize("NFC", base + mark)
        for base in _BASES
        for mark in (*_MARKS, "")
        if not mark or base in "aăâeêioôơuưy"
    }
)


def test_a_sentence_may_begin_with_any_capital() -> None:
    capitals = [letter.upper() for letter in VIETNAMESE]
    texts = {letter: ["Cuộc họp kết thúc.", f"{letter}n tiếp."] for letter in capitals}
    assert [letter for letter, parts in texts.items() if _sentences(" ".join(parts), NONE) != parts] == []


def test_no_sentence_begins_with_a_small_letter() -> None:
    for letter in VIETNAMESE:
        text = f"Đạt khoảng 3,5 tr. {letter}n tiếp... {letter}n."
        assert len(_sentences(text, NONE)) == 1, letter


def test_decomposed_text_is_read_composed_and_keeps_its_own_offsets() -> None:
    plain = "Ủy ban nhân dân tỉnh họp."
    text = unicodedata.normalize("NFD", plain)
    words = segment(text, PYVI)
    assert words.forms == segment(plain, PYVI).forms
    assert words.forms[0].startswith("Ủy_ban")
    assert text[words.starts[0] : words.ends[0]].startswith(unicodedata.normalize("NFD", "Ủy ban"))
    assert words.ends[-1] == len(text) > len(plain)


def test_a_carriage_return_is_a_line_break() -> None:
    text = "UBND tỉnh\r\nSở Tài chính\rHết"
    words = segment(text, NONE)
    assert words.forms == ["UBND", "tỉnh", "Sở", "Tài", "chính", "Hết"]
    assert words.lines.tolist() == words.sentences.tolist() == [0, 2, 5, 6]
    assert _sentences(text) == ["UBND tỉnh", "Sở Tài chính", "Hết"]


def test_an_emoji_with_joiners_is_one_span() -> None:
    text = f"Tốt {FAMILY} lắm"
    words = segment(text, NONE)
    assert text[words.starts[1] : words.ends[1]] == FAMILY
    assert words.forms[1] == FAMILY.replace("\u200d", "")


def test_segmenter_none_keeps_underscores() -> None:
    text = "UBND_tỉnh yêu_cầu _ a__b _đầu cuối_"
    words = segment(text, NONE)
    assert words.forms == text.split()


@pytest.mark.parametrize("segmenter", [NONE, PYVI], ids=lambda segmenter: segmenter.name)
@pytest.mark.parametrize(
    "run",
    [
        "a-" * 5_000,
        "http://a.vn/" + "%20x" * 2_500,
        "." * 20_000 + "x",
        ".)" * 5_000,
        "\u200b" * 10_000,
        "a" + "\u0301" * 10_000,
    ],
    ids=["dashes", "url", "dots", "brackets", "invisible", "marks"],
)
def test_a_run_without_spaces_costs_no_time_and_is_covered(segmenter: Segmenter, run: str) -> None:
    text = f"Về sau {run} hết."
    begun = time.perf_counter()
    words = segment(text, segmenter)
    assert time.perf_counter() - begun < 0.5
    check(text, words)
    start = text.index(run)
    assert (start, start + len(run)) in zip(words.starts.tolist(), words.ends.tolist(), strict=True)


# ------------------------------------------------------------------ loading


def test_an_unknown_segmenter_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError) as caught:
        load_segmenter("pyvy")
    message = str(caught.value)
    assert "'pyvy'" in message
    assert "did you mean 'pyvi'?" in message
    for name in ("rdr", "pyvi", "underthesea", "none", "vncorenlp:FOLDER"):
        assert name in message


def test_segmenters_keep_their_names() -> None:
    assert [load_segmenter(name).name for name in ("rdr", "pyvi", "none")] == ["rdr", "pyvi", "none"]


def test_vncorenlp_needs_a_folder() -> None:
    with pytest.raises(InputError, match="no folder") as caught:
        load_segmenter("vncorenlp")
    assert "vncorenlp:FOLDER" in str(caught.value)
    assert caught.value.path is None


def test_vncorenlp_needs_its_models(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="models/wordsegmenter") as caught:
        load_segmenter(f"vncorenlp:{tmp_path}")
    assert caught.value.path == str(tmp_path)
    assert "download_model" in caught.value.mend


def _fake_module(name: str, **members: Callable[..., object]) -> types.ModuleType:
    module = types.ModuleType(name)
    vars(module).update(members)
    return module


def test_vncorenlp_is_given_an_absolute_folder_and_leaves_the_current_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[dict[str, object]] = []

    class Model:
        def __init__(self, **options: object) -> None:
            made.append(options)
            os.chdir(tmp_path / "models")  # as the real one does

        def word_segment(self, sentence: str) -> list[str]:
            return [sentence.replace("Hà Nội", "Hà_Nội")]

    (tmp_path / "models" / "wordsegmenter").mkdir(parents=True)
    monkeypatch.setitem(sys.modules, "py_vncorenlp", _fake_module("py_vncorenlp", VnCoreNLP=Model))
    monkeypatch.chdir(tmp_path)
    segmenter = load_segmenter("vncorenlp:.")
    assert Path.cwd() == tmp_path.resolve()
    assert segmenter.name == "vncorenlp"
    assert made == [{"annotators": ["wseg"], "save_dir": str(tmp_path.resolve())}]
    assert segment("Tại Hà Nội .", segmenter).forms == ["Tại", "Hà_Nội", "."]


def test_underthesea_tokens_are_joined(monkeypatch: pytest.MonkeyPatch) -> None:
    def word_tokenize(sentence: str) -> list[str]:
        assert sentence == "Tại Hà Nội."
        return ["Tại", "Hà Nội", "."]

    monkeypatch.setitem(sys.modules, "underthesea", _fake_module("underthesea", word_tokenize=word_tokenize))
    words = segment("Tại Hà Nội.", load_segmenter("underthesea"))
    assert words.forms == ["Tại", "Hà_Nội", "."]
    assert words.ends.tolist() == [3, 10, 11]


@pytest.mark.parametrize(("name", "module"), [("underthesea", "underthesea"), ("vncorenlp", "py_vncorenlp")])
def test_a_missing_package_is_named_with_its_extra(
    name: str, module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "models" / "wordsegmenter").mkdir(parents=True)
    monkeypatch.setitem(sys.modules, module, None)  # makes the import fail
    with pytest.raises(InputError, match=f"no package {module}") as caught:
        load_segmenter(f"{name}:{tmp_path}" if name == "vncorenlp" else name)
    assert f"pip install 'giaoban[{name}]'" in str(caught.value)
