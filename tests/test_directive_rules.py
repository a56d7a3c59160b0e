"""The directive rules: one phrase for each, all written for this file (see `tests.marked` for how they are marked)."""

import re
import unicodedata
from collections.abc import Callable, Sequence

import pytest

from infer.directives import find_by_rules
from infer.triggers import PHRASES, Role, phrase_table, split_sentences, word_key
from tests.marked import Span, parse, show


def read(marked: str, sentences: Sequence[tuple[int, int]] | None = None) -> list[str]:
    text, mentions = parse(marked)
    return [show(d, text, mentions) for d in find_by_rules(text, mentions, sentences)]


RULES = {
    # Who orders, who acts
    "object of an order verb": (
        "{O Chủ tịch UBND tỉnh} giao {A Sở Y tế} mua thêm máy thở.",
        ["Chủ tịch UBND tỉnh > Sở Y tế"],
    ),
    "several assignees": (
        "{A UBND tỉnh} yêu cầu {A Sở Nội vụ}, {A Sở Tư pháp} và {A các huyện, thành phố} sắp xếp lại bộ máy.",
        ["UBND tỉnh > Sở Nội vụ, Sở Tư pháp, các huyện, thành phố"],
    ),
    "order noun with a preposition": (
        "{A UBND huyện} giao nhiệm vụ cụ thể cho {A các xã} trồng rừng.",
        ["UBND huyện > các xã"],
    ),
    "request upwards": (
        "{A UBND tỉnh} kiến nghị {A Chính phủ} sớm bố trí vốn.",
        ["UBND tỉnh > Chính phủ"],
    ),
    "deadline between verb and object": (
        "{A Tỉnh ủy} yêu cầu {D trong tháng 9} {A Sở Công Thương} trình đề án.",
        ["Tỉnh ủy > Sở Công Thương | ! trong tháng 9"],
    ),
    "assignee with its own duty verb": (
        "{O Bí thư Tỉnh ủy} yêu cầu {D trong tháng 6}, vì lợi ích chung, {A các ban} phải làm việc cả ngày nghỉ.",
        ["Bí thư Tỉnh ủy > các ban | ! trong tháng 6"],
    ),
    "passive": (
        "{A UBND tỉnh} họp sáng nay. {A Sở Xây dựng} được giao lập quy hoạch.",
        ["? > Sở Xây dựng"],
    ),
    "past order is still an order": (
        "{A UBND xã} đã đề nghị {A UBND huyện} sửa con đường.",
        ["UBND xã > UBND huyện"],
    ),
    "duty of the subject": (
        "{O Chủ tịch UBND huyện} nhấn mạnh việc chống hạn. {A Phòng Nông nghiệp} chịu trách nhiệm về giống lúa.",
        ["Chủ tịch UBND huyện > Phòng Nông nghiệp"],
    ),
    "order to nobody keeps its deadline": (
        "{A Bộ Giao thông vận tải} yêu cầu thông xe cây cầu {D trước ngày 2/9}.",
        ["Bộ Giao thông vận tải > - | ! trước ngày 2/9"],
    ),
    "must without a subject after a speaker": (
        "{O Thứ trưởng Bộ Y tế} cho biết phải tiêm xong {D trong quý II}.",
        ["Thứ trưởng Bộ Y tế > - | ! trong quý II"],
    ),
    "target": (
        "{A UBND tỉnh} đặt mục tiêu {D đến năm 2030} trồng mới {I 5.000 ha rừng}.",
        ["UBND tỉnh > - | # 5.000 ha rừng | ! đến năm 2030"],
    ),
    "official quoted through an office": (
        "{A Văn phòng Chính phủ} truyền đạt ý kiến của {O Thủ tướng} giao {A Bộ Công an} điều tra.",
        ["Thủ tướng > Bộ Công an"],
    ),
    "body that only qualifies a noun gives no order": (
        "Thực hiện chỉ đạo của {O Thủ tướng}, {A UBND tỉnh} giao {A Công an tỉnh} điều tra.",
        ["UBND tỉnh > Công an tỉnh"],
    ),
    "body behind a preposition stays out": (
        "{A UBND tỉnh} xem xét đề án của {A Sở A}, giao {A Sở B} thẩm định.",
        ["UBND tỉnh > Sở B"],
    ),
    "body behind a preposition ends at the comma": (
        "{O Chủ tịch UBND tỉnh} kết luận. Sau phóng sự của {A Đài Truyền hình}, {A Sở A} phải kiểm tra.",
        ["Chủ tịch UBND tỉnh > Sở A"],
    ),
    "ordered by": (
        "{A Sở Y tế} sẽ kiểm tra các chợ theo chỉ đạo của {A UBND tỉnh}.",
        ["UBND tỉnh > Sở Y tế"],
    ),
    "apposition in brackets": (
        "{A Cục Thuế} ({A Bộ Tài chính}) đề nghị {A các chi cục} rà soát nợ.",
        ["Cục Thuế > các chi cục"],
    ),
    # The issuer carries on
    "carried to the next sentence": (
        "{A UBND tỉnh} giao {A Sở Y tế} phun thuốc.\nĐồng thời giao {A Sở Tài chính} cấp kinh phí.",
        ["UBND tỉnh > Sở Y tế", "UBND tỉnh > Sở Tài chính"],
    ),
    "until another takes over": (
        "{A UBND tỉnh} giao {A Sở Y tế} phun thuốc. {O Bộ trưởng} nói dịch còn dài. Đề nghị {A các tỉnh} giúp đỡ.",
        ["UBND tỉnh > Sở Y tế", "Bộ trưởng > các tỉnh"],
    ),
    "speaker of a quotation": (
        "“{A Sở Nội vụ} phải công khai danh sách”, ông {O Hùng} nói.",
        ["Hùng > Sở Nội vụ"],
    ),
    "order verb behind a quotation": (
        '"Đề nghị {A các xã} trực đêm" - ông {O Hùng} yêu cầu.',
        ["Hùng > các xã"],
    ),
    "colon and quotation": (
        "{O Chủ tịch UBND tỉnh} gay gắt: “{A Sở Xây dựng} phải phá dỡ ngay”.",
        ["Chủ tịch UBND tỉnh > Sở Xây dựng"],
    ),
    "colon without quotation marks": (
        "Ông {O Hùng}: Rừng ở xã, {A các xã} phải giữ.",
        ["Hùng > các xã"],
    ),
    "according to": (
        "Theo {O Bộ trưởng Bộ Nội vụ}, {A các địa phương} cần giảm cấp phòng.",
        ["Bộ trưởng Bộ Nội vụ > các địa phương"],
    ),
    "signing makes an issuer": (
        "{O Chủ tịch UBND tỉnh} vừa phê duyệt kế hoạch. Giao {A Sở Du lịch} quảng bá.",
        ["Chủ tịch UBND tỉnh > Sở Du lịch"],
    ),
    # New records
    "second order by the same issuer": (
        "{A UBND tỉnh} giao {A Sở A} rà soát và giao {A Sở B} thẩm định; đề nghị {A Sở C} cho ý kiến.",
        ["UBND tỉnh > Sở A", "UBND tỉnh > Sở B", "UBND tỉnh > Sở C"],
    ),
    "at the same time is no chain": (
        "{A UBND tỉnh} giao {A Sở A} rà soát, đồng thời chỉ đạo {A Sở B} thẩm định.",
        ["UBND tỉnh > Sở A", "UBND tỉnh > Sở B"],
    ),
    "chain": (
        "{A UBND tỉnh} chỉ đạo {A Sở Y tế} hướng dẫn {A các bệnh viện} lập khu cách ly.",
        ["UBND tỉnh > Sở Y tế", "Sở Y tế > các bệnh viện"],
    ),
    "the same verb again is no chain": (
        "{A UBND tỉnh} đề nghị {A Bộ A} cấp thuốc, đề nghị {A Bộ B} cấp gạo.",
        ["UBND tỉnh > Bộ A", "UBND tỉnh > Bộ B"],
    ),
    "bodies of one paragraph": (
        "{A UBND tỉnh} yêu cầu {A Sở A} rà soát. Trên bờ, {A Sở B} dọn cây. {A Sở C} đã đi.\n{A Sở D} nghỉ.",
        ["UBND tỉnh > Sở A", "UBND tỉnh > Sở B"],
    ),
    "one more action is no new record": (
        "{A UBND tỉnh} giao {A Sở Y tế} thanh tra, đề nghị xử lý vi phạm {D trong tháng 5}.",
        ["UBND tỉnh > Sở Y tế | ! trong tháng 5"],
    ),
    "bodies one after the other": (
        "{A UBND tỉnh} yêu cầu {A Sở A} rà soát.\n{A Sở B} thẩm định, báo cáo {A HĐND tỉnh} {D trước ngày 3/4}.",
        ["UBND tỉnh > Sở A", "UBND tỉnh > Sở B | @ HĐND tỉnh | ! trước ngày 3/4"],
    ),
    "body after a comma and “và”": (
        "{A UBND tỉnh} giao {A Sở A} cấp thuốc, và {A Sở B} cấp gạo {D trước ngày 1/2}.",
        ["UBND tỉnh > Sở A", "UBND tỉnh > Sở B | ! trước ngày 1/2"],
    ),
    "an official on his own business has no order": (
        "{A UBND tỉnh} yêu cầu {A Sở A} rà soát. {O Giám đốc Sở B} tiếp dân.",
        ["UBND tỉnh > Sở A"],
    ),
    "the issuer's own body has no order": (
        "{O Chủ tịch UBND tỉnh} yêu cầu {A Sở A} rà soát. {A UBND tỉnh} dành 5 tỷ đồng.",
        ["Chủ tịch UBND tỉnh > Sở A"],
    ),
    "a body that only does something has no order": (
        "{A UBND tỉnh} yêu cầu {A Sở A} rà soát.\n{A Sở B} khai trương trụ sở.",
        ["UBND tỉnh > Sở A"],
    ),
    "points of a list": (
        "{A UBND tỉnh} giao nhiệm vụ như sau:\n- {A Sở A} trồng cây;\n- {A Sở B}: sửa cống;\n2. {A Sở C} làm đường.",
        ["UBND tỉnh > Sở A", "UBND tỉnh > Sở B", "UBND tỉnh > Sở C"],
    ),
    "point that passes its work on": (
        "{A Tỉnh ủy} kết luận:\n1. {A Sở A} chỉ đạo {A các trạm} trực đêm.\n2. {A Sở B}, {A Sở C} đo mưa.",
        ["Tỉnh ủy > Sở A", "Sở A > các trạm", "Tỉnh ủy > Sở B, Sở C"],
    ),
    "point for officials, with its topic": (
        "{A Tỉnh ủy} yêu cầu:\n1. Về rừng: {O Chủ tịch UBND các xã} đi tuần.\nHôm qua {A Sở B} nghỉ.\n{A Sở C} nghỉ.",
        ["Tỉnh ủy > Chủ tịch UBND các xã"],
    ),
    "work handed out": (
        "{O Chủ tịch UBND tỉnh} giao việc ngay tại chỗ. {A Sở A} đo mưa; {A Sở B} vá đê.",
        ["Chủ tịch UBND tỉnh > Sở A", "Chủ tịch UBND tỉnh > Sở B"],
    ),
    "points without a body": (
        "{A UBND tỉnh} yêu cầu {A các xã}:\n- Dọn kênh;\n- Xong việc {D trước ngày 9/9}.",
        ["UBND tỉnh > các xã | ! trước ngày 9/9"],
    ),
    # Coordinators and recipients
    "coordinators": (
        "{A UBND tỉnh} giao {A Sở A} chủ trì, phối hợp với {A Sở B} và {A các hội} mở lớp.",
        ["UBND tỉnh > Sở A | + Sở B, các hội"],
    ),
    "together with": (
        "{O Thủ tướng} giao {A Bộ A} cùng {A Bộ B} soạn nghị định.",
        ["Thủ tướng > Bộ A | + Bộ B"],
    ),
    "outsider in a list": (
        "{A UBND tỉnh} giao {A Sở A} phối hợp với Công ty Cấp nước, {A Sở B} và nhà thầu sửa ống.",
        ["UBND tỉnh > Sở A | + Sở B"],
    ),
    "noun that looks like a report": (
        "{A UBND tỉnh} giao {A Sở A} theo dõi quá trình {A Sở B} xây trụ sở.",
        ["UBND tỉnh > Sở A"],
    ),
    "recipient": (
        "{A UBND tỉnh} giao {A Sở A} thẩm định, trình {A HĐND tỉnh} và gửi kết quả về {A Sở B}.",
        ["UBND tỉnh > Sở A | @ HĐND tỉnh, Sở B"],
    ),
    "report and propose": (
        "{A UBND tỉnh} giao {A Sở A} rà soát, báo cáo, đề xuất {A Tỉnh ủy} hướng xử lý.",
        ["UBND tỉnh > Sở A | @ Tỉnh ủy"],
    ),
    "advise": (
        "{A UBND tỉnh} giao {A Sở A} tham mưu cho {O Chủ tịch UBND tỉnh} lập tổ công tác.",
        ["UBND tỉnh > Sở A | @ Chủ tịch UBND tỉnh"],
    ),
    "letter to the one who is ordered": (
        "{A UBND tỉnh} gửi công văn tới {A UBND huyện A} yêu cầu báo cáo.",
        ["UBND tỉnh > UBND huyện A"],
    ),
    "letter told of first": (
        "Trong văn bản gửi {A các sở}, {A UBND tỉnh} yêu cầu tiết kiệm điện.",
        ["UBND tỉnh > các sở"],
    ),
    "body that the order is about": (
        "Đối với {A UBND xã A}, {A UBND huyện} yêu cầu kiểm điểm. Với {A UBND xã B}, {A UBND huyện} yêu cầu xin lỗi.",
        ["UBND huyện > UBND xã A", "UBND huyện > UBND xã B"],
    ),
    "letter with a capital and a number": (
        "{O Thủ tướng} ký Công điện số 5 gửi {A các bộ} yêu cầu trực bão.",
        ["Thủ tướng > các bộ"],
    ),
    "letter as part of the work": (
        "{A UBND tỉnh} yêu cầu {A Sở A} sớm có văn bản gửi {A Bộ B} về dự án.",
        ["UBND tỉnh > Sở A | @ Bộ B"],
    ),
    "submitted on the way": (
        "{A Cục A} trình {A Bộ B} kiến nghị {O Thủ tướng} cho phép thí điểm.",
        ["Cục A > Thủ tướng | @ Bộ B"],
    ),
    # Deadlines and indicators
    "several deadlines, one before the order": (
        "{D Trong năm 2024}, {A UBND tỉnh} đề nghị {A các huyện} khởi công {D trước ngày 1/5}.",
        ["UBND tỉnh > các huyện | ! Trong năm 2024, trước ngày 1/5"],
    ),
    "next sentence adds recipient and deadline": (
        "{A UBND tỉnh} giao {A Sở A} kiểm kê. Hoàn thành và báo cáo {A UBND tỉnh} {D trước ngày 7/7}.",
        ["UBND tỉnh > Sở A | @ UBND tỉnh | ! trước ngày 7/7"],
    ),
    "numbered sentence adds a deadline": (
        "{A UBND tỉnh} giao {A Sở A} kiểm kê.\n2. Hoàn thành {D trước ngày 7/7}.",
        ["UBND tỉnh > Sở A | ! trước ngày 7/7"],
    ),
    "order without object goes on to those before": (
        "{A UBND tỉnh} giao {A Sở A} kiểm kê. Nếu thiếu, đề nghị bổ sung {D trước ngày 8/8}.",
        ["UBND tỉnh > Sở A", "UBND tỉnh > Sở A | ! trước ngày 8/8"],
    ),
    "indicator to be reached": (
        "{A UBND tỉnh} yêu cầu {A các huyện} giảm {I tỷ lệ hộ nghèo}, {I tỷ lệ thất nghiệp}.",
        ["UBND tỉnh > các huyện | # tỷ lệ hộ nghèo, tỷ lệ thất nghiệp"],
    ),
    "indicator as background": (
        "{A UBND tỉnh} giao {A Ban Quản lý} làm cây cầu với {I tổng vốn 90 tỷ đồng}, dài hơn {I chiều dài cũ}.",
        ["UBND tỉnh > Ban Quản lý"],
    ),
}


@pytest.mark.parametrize(("marked", "expected"), RULES.values(), ids=RULES.keys())
def test_rule(marked: str, expected: list[str]) -> None:
    assert read(marked) == expected


NO_RECORD = {
    "report of results": "{A Sở Y tế} đã hoàn thành kế hoạch, đạt {I 98% dự toán}.",
    "past duty": "{O Chủ tịch UBND tỉnh} phát biểu. {A Sở Y tế} đã tập trung chữa bệnh.",
    "future without an issuer": "{A Sở Y tế} sẽ báo cáo {A UBND tỉnh} {D trong tháng 6}.",
    "duty long after the speaker": "{O Bộ trưởng Bộ A} phát biểu.\nTrời mưa.\nChợ đông.\n{A Sở Y tế} phải nghỉ.",
    "duty without an issuer": "{A Sở Y tế} phải trả 5 tỷ đồng.",
    "headline without assignee": "{O Thủ tướng} yêu cầu làm rõ vụ việc",
    "phrase that obliges nobody": "{O Bộ trưởng Bộ Y tế} phát biểu. {A Sở Y tế} không phải nộp phạt.",
    "order named as a noun": "{O Bộ trưởng} nói. Trước yêu cầu của {A Bộ A}, {A các tỉnh} xin lùi {D đến tháng 6}.",
    "said by an outsider": "“{A Sở Y tế} phải trả nợ”, luật sư nói.",
    "request by citizens": "Người dân nhiều lần đề nghị {A UBND xã} trả lời.",
    "request by an untagged person": "Ông Phạm Nọ yêu cầu {A UBND xã} xin lỗi.",
    "hand over to a company": "{A UBND tỉnh} giao công ty 5 ha đất, rộng {I 5 ha}.",
    "idea without addressee": "{A Sở Y tế} đề xuất {I chi 9 tỷ đồng} mua máy.",
    "subordinate clause": "{O Bộ trưởng Bộ Y tế} nói lũ lớn nên {A các tỉnh} phải mua thuốc.",
    "place whose name begins like a duty": "{O Bộ trưởng Bộ Y tế} phát biểu. {A Sở Y tế} thành phố Cần Thơ có mặt.",
    "chairing a meeting": "{O Thủ tướng} phát biểu. {A Bộ Y tế} chủ trì hội nghị.",
}


@pytest.mark.parametrize("marked", NO_RECORD.values(), ids=NO_RECORD.keys())
def test_no_record(marked: str) -> None:
    assert read(marked) == []


# Robust matching

PLAIN = "{A UBND tỉnh} ủy quyền cho {A Sở Y tế} phối hợp với {A Sở Nội vụ} khẩn trương rà soát {D trước ngày 5/6}."
EXPECTED = ["UBND tỉnh > Sở Y tế | + Sở Nội vụ | ! trước ngày 5/6"]


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s,
        lambda s: s.replace("ủy quyền", "uỷ quyền"),
        lambda s: s.replace("ủy quyền", "ỦY QUYỀN"),
        lambda s: re.sub(r" (?=[^{}]*(?:\{|$))", "  ", s),
        lambda s: re.sub(r"(\}[^{}]*)", lambda m: unicodedata.normalize("NFD", m[0]), s),
        lambda s: s.replace("quyền cho", "quyền\u200b cho"),
    ],
    ids=["plain", "tone spelling", "case", "double spaces", "NFD", "invisible"],
)
def test_matching_ignores_spelling(change: Callable[[str], str]) -> None:
    assert read(change(PLAIN)) == EXPECTED


def test_word_key_joins_spellings_but_not_words() -> None:
    assert word_key("Thủy") == word_key("thuỷ") == word_key(unicodedata.normalize("NFD", "THỦY"))
    assert len({word_key(word) for word in ("giao", "giáo", "giạo", "gião")}) == 4


def test_each_phrase_has_one_role(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(phrase_table()) == sum(len(row.split("|")) for row in PHRASES.values())
    monkeypatch.setitem(PHRASES, Role.PAST, "đã | yêu cầu")
    with pytest.raises(ValueError, match="'yêu cầu' stands under ORDER and PAST: keep one"):
        phrase_table()


# Spans and sentences


def test_span_covers_mentions_and_trigger() -> None:
    text, mentions = parse("Hôm nay, {A UBND tỉnh} giao {A Sở Y tế} báo cáo {D trước ngày 5/6} nhé.")
    [found] = find_by_rules(text, mentions)
    assert text[found.start : found.end] == "UBND tỉnh giao Sở Y tế báo cáo trước ngày 5/6"


def test_given_sentences_decide() -> None:
    marked = "{A UBND tỉnh} họp bàn, giao {A Sở A} rà soát"
    text, mentions = parse(marked)
    assert read(marked) == read(marked, [(0, len(text))]) == ["UBND tỉnh > Sở A"]
    comma = text.index(",") + 1
    assert read(marked, [(0, comma), (comma, len(text))]) == ["? > Sở A"]
    # No mention is lost where spans cut through it, or leave it out.
    assert read(marked, [(0, mentions[1].start + 2), (mentions[1].end, len(text))]) == ["UBND tỉnh > Sở A"]
    assert read(marked, [(comma, len(text))]) == read(marked, []) == ["UBND tỉnh > Sở A"]


def test_split_sentences() -> None:
    text = "Họp tại TP. Vinh hôm qua. Kết luận: xong… Rồi!\n\nGiao 3.5 tỷ. (Hết)"
    assert [text[a:b] for a, b in split_sentences(text, [])] == [
        "Họp tại TP. Vinh hôm qua.", "Kết luận: xong…", "Rồi!", "Giao 3.5 tỷ.", "(Hết)",
    ]  # fmt: skip
    assert len(split_sentences("Sở A. Sở B", [Span("x", "AGENCY", 0, 10)])) == 1
