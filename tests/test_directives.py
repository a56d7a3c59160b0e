"""Directives as users get them: phrases that the rules alone misread, and what holds for any input."""

import random
import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infer.directives import Directive, find_by_rules, find_directives
from infer.triggers import PHRASES
from tests.marked import LABELS, Span, parse, show

Finder = Callable[..., list[Directive]]


def read(marked: str) -> list[str]:
    text, mentions = parse(marked)
    return [show(d, text, mentions) for d in find_directives(text, mentions)]


# What the rules alone do not get right
LEARNED = {
    "speaker called by a pronoun": (
        (
            "{O Phó Chủ tịch UBND tỉnh Lò Văn Pó} kiểm tra công trường. Ông yêu cầu {A Sở Xây dựng} khảo sát nền đường "
            "{D ngay trong tuần này}."
        ),
        ["Phó Chủ tịch UBND tỉnh Lò Văn Pó > Sở Xây dựng | ! ngay trong tuần này"],
    ),
    "assignee behind a preposition": (
        (
            "{O Chủ tịch UBND huyện} giao {A Phòng Nội vụ} lập danh sách. Kinh phí do {A Phòng Tài chính} cân đối, "
            "báo cáo {A UBND huyện} {D trước ngày 5/6}."
        ),
        [
            "Chủ tịch UBND huyện > Phòng Nội vụ",
            "Chủ tịch UBND huyện > Phòng Tài chính | @ UBND huyện | ! trước ngày 5/6",
        ],
    ),
    "passive under a speaker": (
        (
            "{O Chủ tịch UBND tỉnh} chủ trì phiên họp. {A Ngân hàng Chính sách xã hội} được đề nghị giãn nợ, tăng "
            "{I dư nợ cho vay thêm 120 tỷ đồng} {D trong năm nay}."
        ),
        [
            "Chủ tịch UBND tỉnh > Ngân hàng Chính sách xã hội | # dư nợ cho vay thêm 120 tỷ đồng | ! trong năm nay",
        ],
    ),
}
KEPT = {
    "target of the work": (
        "{O Chủ tịch UBND xã} giao {A Trạm Y tế} tiêm chủng, phấn đấu {I tỷ lệ tiêm đạt 98%} {D vào cuối năm}.",
        ["Chủ tịch UBND xã > Trạm Y tế | # tỷ lệ tiêm đạt 98% | ! vào cuối năm"],
    ),
    "target of the issuer": (
        "{A UBND huyện} đặt mục tiêu {D đến năm 2025} đưa {I tỷ lệ che phủ rừng đạt 62%}.",
        ["UBND huyện > - | # tỷ lệ che phủ rừng đạt 62% | ! đến năm 2025"],
    ),
    "chain": (
        "{O Thủ tướng} giao {A Bộ Y tế} hướng dẫn {A các địa phương} lập khu cách ly {D trong tháng 8}.",
        ["Thủ tướng > Bộ Y tế", "Bộ Y tế > các địa phương | ! trong tháng 8"],
    ),
    "bullets": (
        (
            "{O Chủ tịch UBND huyện} yêu cầu:\n- {A Phòng Nông nghiệp} cấp giống {D trước ngày 10/5};\n"
            "- {A Hạt Kiểm lâm} canh rừng, báo cáo {A UBND huyện} {D trước ngày 25 hằng tháng}."
        ),
        [
            "Chủ tịch UBND huyện > Phòng Nông nghiệp | ! trước ngày 10/5",
            "Chủ tịch UBND huyện > Hạt Kiểm lâm | @ UBND huyện | ! trước ngày 25 hằng tháng",
        ],
    ),
    "speaker behind the quotation": (
        "“{A Sở Giao thông vận tải} phải thông xe {D trước ngày 2/9}, không lùi nữa”, ông {O Bình} nói.",
        ["Bình > Sở Giao thông vận tải | ! trước ngày 2/9"],
    ),
    "shared work": (
        (
            "{O Bí thư Huyện ủy} đề nghị {A Phòng Y tế}, {A Phòng Giáo dục} và {A Hội Phụ nữ huyện} phối hợp với "
            "{A Đoàn Thanh niên} khám mắt cho học sinh."
        ),
        ["Bí thư Huyện ủy > Phòng Y tế, Phòng Giáo dục, Hội Phụ nữ huyện | + Đoàn Thanh niên"],
    ),
    "promise": ("{O Chủ tịch UBND huyện} cam kết bàn giao mặt bằng {D trước ngày 30/6}.", []),
    "result": ("{A Sở Tài chính} đã hoàn thành việc thẩm định, trình {A UBND tỉnh} từ đầu tháng.", []),
}


@pytest.mark.parametrize(("marked", "expected"), LEARNED.values(), ids=LEARNED.keys())
def test_the_linker_reads_what_the_rules_misread(marked: str, expected: list[str]) -> None:
    text, mentions = parse(marked)
    assert [show(d, text, mentions) for d in find_by_rules(text, mentions)] != expected
    assert read(marked) == expected


@pytest.mark.parametrize(("marked", "expected"), KEPT.values(), ids=KEPT.keys())
def test_the_linker_keeps_what_the_rules_read(marked: str, expected: list[str]) -> None:
    assert read(marked) == expected


def test_span_covers_the_mentions_of_a_record() -> None:
    text, mentions = parse("Hôm nay, {A UBND tỉnh} giao {A Sở Y tế} báo cáo {D trước ngày 5/6/2023} nhé.")
    [found] = find_directives(text, mentions)
    assert text[found.start : found.end] == "UBND tỉnh giao Sở Y tế báo cáo trước ngày 5/6/2023"


# What holds for any input

PIECES = st.one_of(
    st.sampled_from([p.strip() for row in PHRASES.values() for p in row.split("|")]),
    st.sampled_from(["{O Thủ tướng}", "{A Sở Y tế}", "{A Bộ Y tế}", "{I 5% vốn}", "{I tỷ lệ}", "{D trước ngày 5/6}"]),
    st.sampled_from([",", ";", ":", ".", "\n", "“", "”", '"', "(", ")", "-", "…", "Ông Nam", "rà soát", "5"]),
)
STORIES = st.lists(PIECES, max_size=40).map(" ".join)
SPANS = st.lists(
    st.builds(
        Span,
        st.sampled_from(["a", "b", "c", "d", "e"]),
        st.sampled_from([*LABELS.values(), "PERSON", ""]),
        st.integers(-3, 60),
        st.integers(-3, 60),
    ),
    max_size=12,
)
CUTS = st.none() | st.lists(st.tuples(st.integers(-5, 70), st.integers(-5, 70)), max_size=6)


def check(find: Finder, text: str, mentions: list[Span], sentences: list[tuple[int, int]] | None) -> list[Directive]:
    given_ids, before = {m.id for m in mentions}, (list(mentions), list(sentences or []))
    found = find(text, mentions, sentences)
    assert found == find(text, mentions, sentences)
    assert before == (mentions, sentences or [])
    for d in found:
        lists = [d.assignees, d.coordinators, d.recipients, d.indicators, d.deadlines]
        assert {i for ids in lists for i in ids} | ({d.issuer} if d.issuer else set()) <= given_ids
        assert all(len(ids) == len(set(ids)) for ids in lists)
        assert 0 <= d.start < d.end <= len(text)
        assert d.issuer not in d.assignees
        assert d.assignees or (d.issuer and (d.indicators or d.deadlines))
    return found


@pytest.mark.parametrize("find", [find_by_rules, find_directives])
@settings(derandomize=True, deadline=None, max_examples=100)
@given(text=st.text(max_size=60), mentions=SPANS, sentences=CUTS)
def test_any_text_and_spans(
    find: Finder, text: str, mentions: list[Span], sentences: list[tuple[int, int]] | None
) -> None:
    check(find, text, mentions, sentences)


@pytest.mark.parametrize("find", [find_by_rules, find_directives])
@settings(derandomize=True, deadline=None, max_examples=200)
@given(marked=STORIES, sentences=CUTS)
def test_any_row_of_triggers(find: Finder, marked: str, sentences: list[tuple[int, int]] | None) -> None:
    text, mentions = parse(marked)
    found = check(find, text, mentions, sentences)
    assert found == check(find, text, mentions[::-1], sentences)  # the order of the mentions does not matter


@pytest.mark.parametrize("find", [find_by_rules, find_directives])
def test_overlapping_foreign_and_outside_mentions_are_ignored(find: Finder) -> None:
    text, mentions = parse("{A UBND tỉnh} giao {A Sở Y tế} rà soát {D trước ngày 5/6}.")
    odd = [Span("x", "AGENCY", 2, 12), Span("y", "PERSON", 10, 14), Span("m0", "AGENCY", 15, 21)]
    odd += [Span("z", "DEADLINE", -4, 2), Span("w", "AGENCY", 40, 999)]
    assert find(text, [*odd, *mentions]) == find(text, mentions) != []


def test_ids_tell_nothing() -> None:
    """Annotators give ids to what a record names: a linker that reads them would only look good."""
    text, mentions = parse("{A UBND tỉnh} giao {A Sở Y tế} chủ trì, báo cáo {A Tỉnh ủy} {D trước ngày 5/6/2023}.")
    renamed = [mention._replace(id=f"z{9 - n}") for n, mention in enumerate(mentions)]
    shown = [[show(d, text, spans) for d in find_directives(text, spans)] for spans in (mentions, renamed)]
    assert shown[0] == shown[1] != []


@pytest.mark.parametrize("find", [find_by_rules, find_directives])
def test_time_grows_with_the_length(find: Finder) -> None:
    """Only that eight times the text costs no more than about eight times: some of it is looked at from afar."""
    phrases = [phrase.strip() for row in PHRASES.values() for phrase in row.split("|")]
    pieces = [f"{phrase} {{A Sở {n}}}," for n, phrase in enumerate(phrases[:60])]
    random.Random(3).shuffle(pieces)
    short, long = (parse(" ".join(pieces * k)) for k in (1, 8))

    def cost(case: tuple[str, list[Span]]) -> float:
        best = 9.0
        for _ in range(3):
            since = time.process_time()
            find(*case)
            best = min(best, time.process_time() - since)
        return best

    assert cost(long) < 25 * cost(short)
