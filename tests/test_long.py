"""Long texts: every stage but the model costs time in proportion to the text. Articles and persons are invented."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import islice, product

import numpy as np
import pytest

from data.schema import Entity
from data.segment import load_segmenter, segment
from data.windows import make_windows
from infer.extractor import link, with_values
from infer.keys import body_key
from infer.localities import find_home
from infer.people import COMMON_SURNAMES, MIDDLE_NAMES

TIMES = 4  # as much text
MOST = 9  # times the time, which would be 16 times where it grows with the square
RDR = load_segmenter("rdr")
Stage = Callable[[int], Callable[[], object]]


def mentions(phrases: list[tuple[str, str]], joint: str) -> tuple[str, list[Entity]]:
    """Phrases with their labels, "" for text between the mentions, as one line."""
    text, found = "", []
    for label, phrase in phrases:
        if label:
            end = len(text) + len(phrase)
            found.append(Entity(id=f"e{len(found)}", label=label, start=len(text), end=end, text=phrase))
        text += phrase + joint
    return text, found


def people(count: int) -> Callable[[], object]:
    """Persons with an office each, who are called by their last name too, and provinces between them; one line."""
    syllables = [first + rest for first, rest in product("bdghklmnst", ("an", "inh", "ung", "oa", "iem", "uong"))]
    names = product(sorted(COMMON_SURNAMES), sorted(MIDDLE_NAMES), syllables)
    rows: list[tuple[str, str]] = []
    for n, name in enumerate(islice(names, count)):
        called = " ".join(name).title()
        rows += [("OFFICIAL", f"Chủ tịch UBND xã Số {n} {called}"), ("", "ở Lai Châu"), ("OFFICIAL", f"ông {called}")]
    text, found = mentions(rows, ", ")
    return lambda: with_values(text, None, None, found)


def records(count: int) -> Callable[[], object]:
    """One order to very many bodies, to be carried out with as many others."""
    told = [("AGENCY", f"Sở {n}") for n in range(count)]
    joined = [("AGENCY", f"Ban {n}") for n in range(count)]
    rows = [("AGENCY", "UBND tỉnh"), ("", "yêu cầu"), *told, ("", "phối hợp với"), *joined]
    text, found = mentions(rows, ", ")
    text = text.replace("yêu cầu, ", "yêu cầu  ").replace("với, ", "với  ").replace("UBND tỉnh, ", "UBND tỉnh  ")
    return lambda: link(text, found, [(0, len(text))])


def table(count: int) -> Callable[[], object]:
    """A body, and behind it quantities without an end in the same sentence."""
    rows = [("", "UBND tỉnh yêu cầu"), ("AGENCY", "Sở Y tế"), ("", "đạt")]
    text, found = mentions(rows + [("INDICATOR", f"{n}% số xã") for n in range(count)], " ")
    return lambda: link(text, found, [(0, len(text))])


def words(piece: str) -> Stage:
    def stage(count: int) -> Callable[[], object]:
        text = piece * count
        return lambda: segment(text, RDR)

    return stage


def windows(count: int) -> Callable[[], object]:
    firsts, sentences = np.arange(20 * count, dtype=np.int32), np.arange(0, 20 * count + 1, 5)
    return lambda: make_windows(firsts, 20 * count, sentences, 64, 16)


def cost(work: Callable[[], object]) -> float:
    """Seconds of processor time, the best of three."""
    best = 99.0
    for _ in range(3):
        since = time.process_time()
        work()
        best = min(best, time.process_time() - since)
    return best


@pytest.mark.parametrize(
    ("stage", "count"),
    [
        pytest.param(people, 300, id="persons"),
        pytest.param(records, 120, id="one order to many"),
        pytest.param(table, 200, id="quantities of one sentence"),
        pytest.param(words("a."), 3000, id="full stops without spaces"),
        pytest.param(words("TP. "), 6000, id="abbreviations"),
        pytest.param(words("Số 1. "), 4000, id="short sentences"),
        pytest.param(windows, 2000, id="windows"),
    ],
)
def test_time_grows_with_the_length_and_no_faster(stage: Stage, count: int) -> None:
    short, long = stage(count), stage(TIMES * count)
    assert cost(long) < MOST * cost(short) + 0.05


def test_a_phrase_too_long_for_a_name_has_no_key() -> None:
    home = find_home("Lai Châu họp", None, None, [])
    assert body_key("Sở " + "Y tế " * 20, home) is not None
    assert body_key("Sở " + "Y tế " * 200, home) is None


def test_what_stands_far_before_a_province_does_not_hide_it() -> None:
    assert find_home("xã " + "Tân " * 30 + "Lai Châu họp", None, None, []).provinces == {"tỉnh": "lai-chau"}


def test_a_sentence_ends_behind_a_word_of_any_length() -> None:
    for length in (1, 31, 32, 33, 70):
        found = segment(f"Họp {'x' * length}. Sau đó (TP. Lai Châu). 1. Mục", RDR)
        assert len(found.sentence_spans()) == 3
