"""Keys of bodies and persons: the same for one, never the same for two. Articles and persons are invented."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.schema import Entity
from infer.bodies import body_of
from infer.extractor import with_values
from infer.keys import add_keys, body_key
from infer.localities import Home, find_home, place_of, slug, write_out
from infer.officials import parse_officials

STABLE = settings(derandomize=True, deadline=None, max_examples=60)
LAI_CHAU = find_home("Lai Châu họp phiên thường kỳ", dt.date(2020, 11, 5), None, [])
HA_NOI = find_home("Họp giao ban", dt.date(2020, 11, 5), "Hà Nội", [])
NOWHERE = find_home("Họp giao ban", None, None, [])


def keys(text: str, agencies: list[str], officials: list[str], date: dt.date | None = None) -> list[str | None]:
    bodies, persons = add_keys(text, date, None, agencies, parse_officials(officials))
    return [body["body"] for body in bodies] + [person["person"] for person in persons]


@pytest.mark.parametrize(
    ("position", "body"),
    [
        ("Phó Chủ tịch Thường trực UBND tỉnh", "UBND tỉnh"),
        ("Giám đốc Sở Nội vụ", "Sở Nội vụ"),
        ("tân Giám đốc Sở Nội vụ", "Sở Nội vụ"),
        ("Bí thư Huyện ủy", "Huyện ủy"),
        ("Tỉnh ủy viên", "Tỉnh ủy"),
        ("Ủy viên Ban Thường vụ Tỉnh ủy", "Ban Thường vụ Tỉnh ủy"),
        ("Chánh Văn phòng UBND tỉnh", "Văn phòng UBND tỉnh"),
        ("Phó Chánh Thanh tra tỉnh", "Thanh tra tỉnh"),
        ("Trưởng phòng Nội vụ", "phòng Nội vụ"),
        ("Trưởng Công an xã", "Công an xã"),
        ("Phó Chi cục trưởng Chi cục Thủy lợi", "Chi cục Thủy lợi"),
        ("Hạt trưởng Hạt Kiểm lâm huyện", "Hạt Kiểm lâm huyện"),
        ("Phó Trưởng Ban Thường trực Ban An toàn giao thông tỉnh", "Ban An toàn giao thông tỉnh"),
        ("Bộ trưởng Bộ Y tế", "Bộ Y tế"),
        ("Thứ trưởng Y tế", "Y tế"),
        ("Thủ tướng Chính phủ", "Chính phủ"),
        ("Chủ tịch UBND các huyện, thành phố", "UBND các huyện, thành phố"),
        ("lãnh đạo các sở, ngành", "các sở, ngành"),
        ("đại diện Ban Dân tộc", "Ban Dân tộc"),
        ("Trưởng đoàn", None),
        ("Thượng tá", None),
        ("Bộ trưởng", None),
        ("chủ tịch", None),
    ],
)
def test_a_position_names_its_body(position: str, body: str | None) -> None:
    assert body_of(position) == body


@pytest.mark.parametrize(
    ("phrase", "home", "key"),
    [
        ("UBND tỉnh", LAI_CHAU, "uy-ban-nhan-dan-tinh-lai-chau"),
        ("Ủy ban nhân dân tỉnh Lai Châu", NOWHERE, "uy-ban-nhan-dan-tinh-lai-chau"),
        ("Uỷ ban nhân dân tỉnh", LAI_CHAU, "uy-ban-nhan-dan-tinh-lai-chau"),
        ("UBND Lai Châu", NOWHERE, "uy-ban-nhan-dan-tinh-lai-chau"),
        ("UBND tỉnh Sơn La", LAI_CHAU, "uy-ban-nhan-dan-tinh-son-la"),
        ("Tỉnh ủy", LAI_CHAU, "tinh-uy-lai-chau"),
        ("Ban Thường vụ Tỉnh ủy Sơn La", LAI_CHAU, "ban-thuong-vu-tinh-uy-son-la"),
        ("Sở TN&MT", LAI_CHAU, "so-tai-nguyen-moi-truong-tinh-lai-chau"),
        ("Sở Tài nguyên và Môi trường (TN&MT)", LAI_CHAU, "so-tai-nguyen-moi-truong-tinh-lai-chau"),
        ("Sở Tài nguyên - Môi trường Lai Châu", NOWHERE, "so-tai-nguyen-moi-truong-tinh-lai-chau"),
        ("Công an TP", HA_NOI, "cong-an-thanh-pho-ha-noi"),
        ("UBND TP. Hà Nội", LAI_CHAU, "uy-ban-nhan-dan-thanh-pho-ha-noi"),
        ("UBND TP.HCM", LAI_CHAU, "uy-ban-nhan-dan-thanh-pho-ho-chi-minh"),
        ("UBND huyện Tân Uyên", LAI_CHAU, "uy-ban-nhan-dan-huyen-tan-uyen-lai-chau"),
        ("huyện Tân Uyên", LAI_CHAU, "huyen-tan-uyen-lai-chau"),
        ("tỉnh", LAI_CHAU, "tinh-lai-chau"),
        ("Lai Châu", NOWHERE, "tinh-lai-chau"),
        ("Bộ NN&PTNT", LAI_CHAU, "bo-nong-nghiep-phat-trien-nong-thon"),
        ("Chính phủ", LAI_CHAU, "chinh-phu"),
        ("Ngân hàng Nhà nước Việt Nam", LAI_CHAU, "ngan-hang-nha-nuoc-viet-nam"),
        # groups, and words that any body goes by
        ("các sở, ngành", LAI_CHAU, None),
        ("UBND các huyện, thành phố", LAI_CHAU, None),
        ("UBND 12 xã", LAI_CHAU, None),
        ("UBND cấp huyện", LAI_CHAU, None),
        ("UBND phường, xã, thị trấn", LAI_CHAU, None),
        ("hai huyện", LAI_CHAU, None),
        ("Sở", LAI_CHAU, None),
        ("Bộ", LAI_CHAU, None),
        ("", LAI_CHAU, None),
    ],
)
def test_a_body_has_one_key(phrase: str, home: Home, key: str | None) -> None:
    assert body_key(phrase, home) == key


@pytest.mark.parametrize(
    "phrase", ["UBND tỉnh", "Sở Tài chính", "UBND huyện Tân Uyên", "UBND thành phố", "Chi cục Thủy lợi", "Huyện ủy"]
)
def test_what_the_article_leaves_open_is_the_same_in_it_and_in_no_other(phrase: str) -> None:
    here, there = (find_home(text, None, None, []) for text in ("Họp giao ban", "Họp đột xuất"))
    assert body_key(phrase, here) == body_key(phrase, here)
    assert body_key(phrase, here) != body_key(phrase, there)


def test_two_districts_of_a_name_in_two_provinces_are_two() -> None:
    son_la = find_home("Tỉnh Sơn La họp", None, None, [])
    assert body_key("UBND huyện Châu Thành", LAI_CHAU) != body_key("UBND huyện Châu Thành", son_la)


def test_two_provinces_leave_the_province_open_but_for_the_headline() -> None:
    open_ = find_home("Họp giao ban\nĐoàn của Sơn La và Lai Châu cùng dự.", None, None, [])
    headed = find_home("Lai Châu họp giao ban\nĐoàn của Sơn La cùng dự.", None, None, [])
    assert open_.provinces == {}
    assert headed.provinces == {"tỉnh": "lai-chau"}


def test_the_place_that_came_with_the_article_goes_before_the_text() -> None:
    assert find_home("Sơn La sang học", None, "Lai Châu", []).provinces == {"tỉnh": "lai-chau"}
    assert find_home("Họp", None, "TP.HCM", []).provinces == {"thành phố": "ho-chi-minh"}


@pytest.mark.parametrize("text", ["Ông Nguyễn Thái Bình dự họp", "Huyện Quảng Ninh họp", "giữ hòa bình"])
def test_a_person_or_district_of_the_name_is_no_province(text: str) -> None:
    assert find_home(text, None, None, []).provinces == {}


def test_hue_is_run_centrally_since_2025() -> None:
    before, since = (find_home("Họp", dt.date(year, 6, 1), None, []) for year in (2024, 2026))
    assert body_key("UBND thành phố Huế", since) == "uy-ban-nhan-dan-thanh-pho-hue"
    assert body_key("UBND thành phố Huế", before) != body_key("UBND thành phố Huế", since)


def test_the_district_is_the_only_one_named() -> None:
    text = "Lai Châu kiểm tra huyện Tân Uyên"
    one = ["UBND huyện Tân Uyên", "UBND huyện"]
    assert keys(text, one, []) == ["uy-ban-nhan-dan-huyen-tan-uyen-lai-chau"] * 2
    named, open_, _ = keys(text, [*one, "UBND huyện Mường Tè"], [])
    assert named != open_
    assert open_ is not None and "~" in open_


def test_a_commune_carries_its_district_while_there_are_districts() -> None:
    text, agencies = "Lai Châu: Thân Thuộc, Tân Uyên", ["UBND xã Thân Thuộc", "UBND huyện Tân Uyên"]
    assert keys(text, agencies, [], dt.date(2020, 1, 1))[0] == "uy-ban-nhan-dan-xa-than-thuoc-tan-uyen-lai-chau"
    assert keys(text, agencies[:1], [], dt.date(2025, 9, 1))[0] == "uy-ban-nhan-dan-xa-than-thuoc-lai-chau"
    alone = keys(text, agencies[:1], [], dt.date(2020, 1, 1))[0]
    assert alone is not None and "~" in alone


CHAIR = "nguyen-van-binh@uy-ban-nhan-dan-tinh-lai-chau"


def test_full_name_given_name_and_position_are_one_person() -> None:
    mentions = ["Chủ tịch UBND tỉnh Nguyễn Văn Bình", "Bình", "Nguyễn Văn Bình", "Chủ tịch UBND tỉnh Lai Châu"]
    assert keys("Lai Châu họp", [], mentions) == [CHAIR] * 4


def test_the_body_of_a_person_does_not_hang_on_which_position_is_named_first() -> None:
    mentions = ["Phó Bí thư Tỉnh ủy, Chủ tịch UBND tỉnh Nguyễn Văn Bình"]
    assert keys("Lai Châu họp", [], mentions) == [CHAIR]


def test_a_name_alone_carries_the_body_of_its_person() -> None:
    officials = parse_officials(["Giám đốc Sở Tài chính Lê Thị Mai", "Mai"])
    _, persons = add_keys("Lai Châu họp", None, None, [], officials)
    assert [person["body"] for person in persons] == ["so-tai-chinh-tinh-lai-chau"] * 2


@pytest.mark.parametrize(
    ("mentions", "which"),
    [
        (["Giám đốc Sở Y tế Lê Văn Bình", "Chủ tịch UBND tỉnh Nguyễn Văn Bình", "Bình"], "a given name that two bear"),
        (["Phó Chủ tịch UBND tỉnh Lê An", "Phó Chủ tịch UBND tỉnh Vũ Hà", "Phó Chủ tịch UBND tỉnh"], "one of two"),
        (["Chủ tịch UBND tỉnh Lê Văn An", "Chủ tịch UBND tỉnh Sơn La"], "another province's"),
        (["Phó Chủ tịch UBND tỉnh Lê Văn An", "Chủ tịch UBND tỉnh"], "another office"),
        (["Chủ tịch UBND huyện Tân Uyên Lê Văn An", "Chủ tịch UBND các huyện"], "a group"),
        (["Chủ tịch UBND tỉnh Lê Văn An", "nguyên Chủ tịch UBND tỉnh"], "a former one"),
        (["Giám đốc Sở Y tế Lê Văn An", "lãnh đạo Sở Y tế"], "whoever leads"),
        (["Giám đốc Sở Y tế"], "nobody's name"),
    ],
)
def test_a_mention_that_may_be_another_person_has_no_key(mentions: list[str], which: str) -> None:
    assert keys("Lai Châu họp", [], mentions)[-1] is None, which


def test_two_people_of_one_name_in_two_offices_are_two() -> None:
    chair = keys("Lai Châu họp", [], ["Chủ tịch UBND tỉnh Nguyễn Văn Bình"])
    director = keys("Lai Châu họp thêm", [], ["Giám đốc Sở Y tế Nguyễn Văn Bình"])
    assert chair != director


def test_a_person_without_an_office_is_not_counted_over_articles() -> None:
    here, there = (keys(text, [], ["Nguyễn Văn Bình"]) for text in ("Lai Châu họp", "Lai Châu họp thêm"))
    assert here != there


def test_a_name_elsewhere_in_the_article_settles_where_a_position_ends() -> None:
    alone = parse_officials(["Chủ tịch UBND xã Tô Na Xê"])[0]
    beside = parse_officials(["Chủ tịch UBND xã Y Hlơi", "Y Hlơi"])[0]
    assert alone["positions"] == ["Chủ tịch UBND xã"]
    assert (beside["name"], beside["positions"]) == ("Y Hlơi", ["Chủ tịch UBND xã"])
    assert parse_officials(["Chủ tịch UBND xã Y Hlơi"])[0]["name"] is None


def test_abbreviated_levels_are_written_out() -> None:
    assert write_out("UBND TP. Lào Cai") == "UBND thành phố Lào Cai"
    assert place_of("Công an thị xã Sa Pa") == ("công an", "thị xã", "sa-pa")
    assert place_of("Công an thị xã vùng cao") is None


@given(st.text())
@STABLE
def test_a_slug_is_ascii(text: str) -> None:
    assert set(slug(text)) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")


WORDS = st.sampled_from(
    "UBND tỉnh Lai Châu Sở TP. HCM huyện ủy các , và ( ) Hà Nội Bình Chủ tịch ông xã Phó 1 Bộ".split()
)
PHRASE = st.text(max_size=30) | st.lists(WORDS, max_size=8).map(" ".join)


@given(PHRASE, st.lists(PHRASE, max_size=4), st.lists(PHRASE, max_size=4), st.none() | st.dates(), st.none() | PHRASE)
@STABLE
def test_arbitrary_mentions_never_raise(
    text: str, agencies: list[str], officials: list[str], date: dt.date | None, place: str | None
) -> None:
    bodies, persons = add_keys(text, date, place, agencies, parse_officials(officials))
    assert (len(bodies), len(persons)) == (len(agencies), len(officials))
    for key in [*(b["body"] for b in bodies), *(p["person"] for p in persons), *(p["body"] for p in persons)]:
        assert key is None or (key and key.isascii() and key == key.lower() and not key.startswith("-"))


def test_the_values_of_an_article_hold_its_keys() -> None:
    text = "Lai Châu: Chủ tịch UBND tỉnh Nguyễn Văn Bình giao Sở Y tế tiêm 95% số trẻ trước ngày 30/11."
    spans = [("OFFICIAL", "Chủ tịch UBND tỉnh Nguyễn Văn Bình"), ("AGENCY", "Sở Y tế"), ("INDICATOR", "95% số trẻ")]
    entities = [
        Entity(id=f"e{i}", label=label, start=text.index(span), end=text.index(span) + len(span), text=span)
        for i, (label, span) in enumerate(spans)
    ]
    official, agency, indicator = (e.normalized for e in with_values(text, None, None, entities))
    assert official == {
        "name": "Nguyễn Văn Bình",
        "positions": ["Chủ tịch UBND tỉnh"],
        "bodies": ["UBND tỉnh"],
        "person": CHAIR,
        "body": "uy-ban-nhan-dan-tinh-lai-chau",
    }
    assert agency == {"body": "so-y-te-tinh-lai-chau"}
    assert indicator == {"name": "số trẻ", "value": 95, "unit": "%", "comparison": None}
    assert all(entity.normalized is None for entity in entities)
