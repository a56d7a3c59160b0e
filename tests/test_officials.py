"""Persons and positions; places stay in positions. The persons are invented, or public office holders by name only."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infer.officials import parse_official
from infer.people import COMMON_SURNAMES, PROVINCES

CASES: list[tuple[str, str | None, list[str]]] = [
    # position and name
    ("Chủ tịch UBND tỉnh Lý Thái Hải", "Lý Thái Hải", ["Chủ tịch UBND tỉnh"]),
    ("Thứ trưởng Y tế Trương Quốc Cường", "Trương Quốc Cường", ["Thứ trưởng Y tế"]),
    ("Chủ tịch UBND TP Hà Nội Nguyễn Đức Chung", "Nguyễn Đức Chung", ["Chủ tịch UBND TP Hà Nội"]),
    ("Chủ tịch UBND TP Trần Văn Bình", "Trần Văn Bình", ["Chủ tịch UBND TP"]),
    ("Chủ tịch UBND tỉnh Hà Giang Cao Văn Lâm", "Cao Văn Lâm", ["Chủ tịch UBND tỉnh Hà Giang"]),
    ("Bí thư Thành ủy TP. HCM Lê Thị Mai", "Lê Thị Mai", ["Bí thư Thành ủy TP. HCM"]),
    ("Bộ trưởng Bộ Công Thương Phạm Minh Đức", "Phạm Minh Đức", ["Bộ trưởng Bộ Công Thương"]),
    ("Bộ trưởng Bộ Tài nguyên và Môi trường Đỗ Văn An", "Đỗ Văn An", ["Bộ trưởng Bộ Tài nguyên và Môi trường"]),
    ("Giám đốc Sở Xây dựng Hải Phòng Lê Vinh", "Lê Vinh", ["Giám đốc Sở Xây dựng Hải Phòng"]),
    ("Giám đốc Sở Văn hóa, Thể thao Tô Văn Khoa", "Tô Văn Khoa", ["Giám đốc Sở Văn hóa, Thể thao"]),
    ("Bộ trưởng Nội vụ Nguyễn Thái Bình", "Nguyễn Thái Bình", ["Bộ trưởng Nội vụ"]),  # also a province
    ("Phó Thủ tướng Trương Hòa Bình", "Trương Hòa Bình", ["Phó Thủ tướng"]),
    ("Bộ trưởng Hải", "Hải", ["Bộ trưởng"]),
    ("tướng Long", "Long", ["tướng"]),
    ("Đại tá Lê Văn Nam", "Lê Văn Nam", ["Đại tá"]),
    ("hai phó giám đốc Võ Thị Nga", "Võ Thị Nga", ["hai phó giám đốc"]),
    # name first
    ("Nguyễn Văn A, Tỉnh ủy viên, Phó Chủ tịch UBND tỉnh", "Nguyễn Văn A", ["Tỉnh ủy viên", "Phó Chủ tịch UBND tỉnh"]),
    ("Hoàng Thị Thu Trang – Phó Chủ tịch HĐND tỉnh", "Hoàng Thị Thu Trang", ["Phó Chủ tịch HĐND tỉnh"]),
    ("Lê Văn Bảy (nguyên Phó chủ tịch huyện)", "Lê Văn Bảy", ["nguyên Phó chủ tịch huyện"]),
    ("Lê Văn Bảy (65 tuổi) - đều nguyên hiệu phó", "Lê Văn Bảy", ["nguyên hiệu phó"]),
    (
        "PGS.TS Ngô Minh Khoa - hiệu trưởng Trường ĐH Y khoa Phạm Ngọc Thạch",
        "Ngô Minh Khoa",
        ["hiệu trưởng Trường ĐH Y khoa Phạm Ngọc Thạch"],
    ),
    ("Đoàn Trọng Vũ, Chủ tịch UBND xã", "Đoàn Trọng Vũ", ["Chủ tịch UBND xã"]),
    ("Tanaka Kenji - đại sứ Nhật Bản tại Việt Nam", "Tanaka Kenji", ["đại sứ Nhật Bản tại Việt Nam"]),
    # honorifics
    ("đồng chí Hờ A Dê, Chủ tịch UBND xã", "Hờ A Dê", ["Chủ tịch UBND xã"]),
    ("Chánh văn phòng UBND Khánh Hòa, ông Lê Ngọc Bông", "Lê Ngọc Bông", ["Chánh văn phòng UBND Khánh Hòa"]),
    ("Phó Chủ tịch UBND TP Đà Nẵng ông Trần Chí", "Trần Chí", ["Phó Chủ tịch UBND TP Đà Nẵng"]),
    ("Thượng tướng Lê Chí Công, thứ trưởng Bộ Quốc phòng", "Lê Chí Công", ["Thượng tướng", "thứ trưởng Bộ Quốc phòng"]),
    # several positions
    ("Bí thư Tỉnh ủy, Chủ tịch HĐND tỉnh Giàng Páo Mỷ", "Giàng Páo Mỷ", ["Bí thư Tỉnh ủy", "Chủ tịch HĐND tỉnh"]),
    ("Phó Thủ tướng, Bộ trưởng Ngoại giao Phạm Văn Minh", "Phạm Văn Minh", ["Phó Thủ tướng", "Bộ trưởng Ngoại giao"]),
    ("Lê An - Chủ tịch UBND tỉnh kiêm Trưởng Ban Chỉ đạo", "Lê An", ["Chủ tịch UBND tỉnh", "Trưởng Ban Chỉ đạo"]),
    ("Bộ trưởng Giáo dục, kiêm Chủ tịch Hội đồng Vũ Văn Hạ", "Vũ Văn Hạ", ["Bộ trưởng Giáo dục", "Chủ tịch Hội đồng"]),
    (
        "thiếu tướng - phó cục trưởng Cục Cứu hộ, Bộ Công an",
        None,
        ["thiếu tướng", "phó cục trưởng Cục Cứu hộ, Bộ Công an"],
    ),
    ("trưởng, phó phòng Kinh tế", None, ["trưởng, phó phòng Kinh tế"]),
    # a name alone
    ("Phong", "Phong", []),
    ("Vinh", "Vinh", []),
    ("Lan Anh", "Lan Anh", []),
    ("Anh Tuấn", "Anh Tuấn", []),
    ("anh Tuấn", "Tuấn", []),
    ("Rơ Chăm Giáo", "Rơ Chăm Giáo", []),
    # a position alone
    ("Thủ trưởng các Sở, ngành, đơn vị", None, ["Thủ trưởng các Sở, ngành, đơn vị"]),
    ("Chủ tịch UBND các huyện, thành phố", None, ["Chủ tịch UBND các huyện, thành phố"]),
    ("lãnh đạo tỉnh Bà Rịa - Vũng Tàu", None, ["lãnh đạo tỉnh Bà Rịa - Vũng Tàu"]),
    ("Bộ trưởng Bộ Kế hoạch - Đầu tư", None, ["Bộ trưởng Bộ Kế hoạch - Đầu tư"]),
    ("Trưởng phòng Quản lý nhà (Sở Xây dựng - Nhà đất)", None, ["Trưởng phòng Quản lý nhà (Sở Xây dựng - Nhà đất)"]),
    ("Giám đốc Sở Y Tế", None, ["Giám đốc Sở Y Tế"]),
    ("Giám Đốc Sở Văn Hóa Thể Thao", None, ["Giám Đốc Sở Văn Hóa Thể Thao"]),
    ("Ngoại trưởng Mỹ", None, ["Ngoại trưởng Mỹ"]),
    ("Bí thư Đoàn", None, ["Bí thư Đoàn"]),
    ("Trưởng ban Quản lý Lăng Chủ tịch Hồ Chí Minh", None, ["Trưởng ban Quản lý Lăng Chủ tịch Hồ Chí Minh"]),
    # a place is no person
    ("Bí thư Huyện ủy Mường Lát", None, ["Bí thư Huyện ủy Mường Lát"]),
    ("Bí thư Huyện ủy Mai Sơn", None, ["Bí thư Huyện ủy Mai Sơn"]),
    ("Chủ tịch UBND huyện Mai Sơn", None, ["Chủ tịch UBND huyện Mai Sơn"]),
    ("Chủ tịch UBND huyện Mai Sơn Nguyễn Việt Cường", "Nguyễn Việt Cường", ["Chủ tịch UBND huyện Mai Sơn"]),
    ("Chủ tịch UBND huyện Gia Lâm Đặng Thị Huyền", "Đặng Thị Huyền", ["Chủ tịch UBND huyện Gia Lâm"]),
    ("Chủ tịch UBND huyện Trần Văn Thời", None, ["Chủ tịch UBND huyện Trần Văn Thời"]),
    ("Chủ tịch UBND huyện Hoàng Su Phì", None, ["Chủ tịch UBND huyện Hoàng Su Phì"]),
    ("Phó chủ tịch quận Đàm Quang Hưng", "Đàm Quang Hưng", ["Phó chủ tịch quận"]),
    ("Chủ tịch UBND phường Nguyễn Thái Học", None, ["Chủ tịch UBND phường Nguyễn Thái Học"]),
    ("Chủ tịch UBND xã Thanh Ba Nguyễn Thị Hà", "Nguyễn Thị Hà", ["Chủ tịch UBND xã Thanh Ba"]),
    ("Chủ tịch UBND phường Tân Mai Đỗ Văn An", "Đỗ Văn An", ["Chủ tịch UBND phường Tân Mai"]),
    ("hiệu trưởng Trường THPT Hoàng Diệu", None, ["hiệu trưởng Trường THPT Hoàng Diệu"]),
    # after a ward or district three syllables that begin with a surname are a person, unless places bear their name
    ("Chủ tịch UBND xã La Tiến Phúc", "La Tiến Phúc", ["Chủ tịch UBND xã"]),
    ("Trưởng Công an thị trấn Phan Tấn Kiệt", "Phan Tấn Kiệt", ["Trưởng Công an thị trấn"]),
    ("Chủ tịch UBND xã La Pan Tẩn", None, ["Chủ tịch UBND xã La Pan Tẩn"]),
    ("Chủ tịch UBND phường Trần Hưng Đạo Lê Văn Tư", "Lê Văn Tư", ["Chủ tịch UBND phường Trần Hưng Đạo"]),
    ("Phó Chủ tịch UBND huyện Từ Hoài Phong", "Từ Hoài Phong", ["Phó Chủ tịch UBND huyện"]),
    ("Bí thư Đảng ủy xã Phước Dinh Đạt Thị Kim Sương", "Đạt Thị Kim Sương", ["Bí thư Đảng ủy xã Phước Dinh"]),
    ("Hạt trưởng Hạt Quản lý đê Quế Võ Vương Thị Nhài", "Vương Thị Nhài", ["Hạt trưởng Hạt Quản lý đê Quế Võ"]),
    ("Chủ tịch UBND huyện Bù Đăng Điểu K'Ranh", "Điểu K'Ranh", ["Chủ tịch UBND huyện Bù Đăng"]),
    (
        "Hiệu trưởng Trường Tiểu học Lộc Bình Trần Thị Mộng Cầm",
        "Trần Thị Mộng Cầm",
        ["Hiệu trưởng Trường Tiểu học Lộc Bình"],
    ),
    ("hiệu trưởng Trường Tiểu học Võ Thị Sáu", None, ["hiệu trưởng Trường Tiểu học Võ Thị Sáu"]),
    ("Trung tá Bùi Đức Chuyên, Đồn trưởng", "Bùi Đức Chuyên", ["Trung tá", "Đồn trưởng"]),
    ("Thứ trưởng Bộ Xây dựng Viên Đình Chất", "Viên Đình Chất", ["Thứ trưởng Bộ Xây dựng"]),
    # the larger minorities
    ("Phó Bí thư Tỉnh ủy Lò Minh Hùng", "Lò Minh Hùng", ["Phó Bí thư Tỉnh ủy"]),
    ("Trưởng Ban Tổ chức Tỉnh ủy Sùng A Lềnh", "Sùng A Lềnh", ["Trưởng Ban Tổ chức Tỉnh ủy"]),
    ("Phó Chủ tịch UBND tỉnh Y Ngọc", "Y Ngọc", ["Phó Chủ tịch UBND tỉnh"]),
    ("Phó Chủ tịch UBND tỉnh H'Yim Kđoh", "H'Yim Kđoh", ["Phó Chủ tịch UBND tỉnh"]),
    ("Ksor Vân, Phó Chủ tịch tỉnh Gia Lai", "Ksor Vân", ["Phó Chủ tịch tỉnh Gia Lai"]),
    ("Bí thư Đảng ủy xã Y Can", None, ["Bí thư Đảng ủy xã Y Can"]),
    ("Bí thư Trung ương Đoàn Nguyễn Anh Tuấn", "Nguyễn Anh Tuấn", ["Bí thư Trung ương Đoàn"]),
    # capitals tell nothing
    ("CHỦ TỊCH UBND TỈNH LÝ THÁI HẢI", "LÝ THÁI HẢI", ["CHỦ TỊCH UBND TỈNH"]),
    ("CHỈ HUY TRƯỞNG LỰC LƯỢNG VŨ TRANG", None, ["CHỈ HUY TRƯỞNG LỰC LƯỢNG VŨ TRANG"]),
    ("GIÁM ĐỐC CÔNG TY QUẢN LÝ THỊ TRƯỜNG", None, ["GIÁM ĐỐC CÔNG TY QUẢN LÝ THỊ TRƯỜNG"]),
    ("chủ tịch ubnd tỉnh lý thái hải", None, ["chủ tịch ubnd tỉnh lý thái hải"]),
    # two people settle no name
    ("Nguyễn Văn A, Trần Văn B", None, []),
    ("", None, []),
]


def _name_and_positions(phrase: str) -> dict[str, object]:
    official = parse_official(phrase)
    assert len(official["bodies"]) == len(official["positions"])
    return {"name": official["name"], "positions": official["positions"]}


@pytest.mark.parametrize(("phrase", "name", "positions"), CASES)
def test_name_and_positions(phrase: str, name: str | None, positions: list[str]) -> None:
    assert _name_and_positions(phrase) == {"name": name, "positions": positions}


@pytest.mark.parametrize(("phrase", "name", "positions"), CASES)
def test_unicode_form_and_spacing_make_no_difference(phrase: str, name: str | None, positions: list[str]) -> None:
    messy = unicodedata.normalize("NFD", phrase).replace(" ", "\u00a0 \u200b")
    assert _name_and_positions(messy) == {"name": name, "positions": positions}


@given(st.sampled_from(sorted(PROVINCES)), st.sampled_from(sorted(COMMON_SURNAMES)))
def test_a_province_never_becomes_part_of_the_name(province: str, surname: str) -> None:
    position, name = f"Chủ tịch UBND tỉnh {province.title()}", f"{surname.title()} Văn Bảo"
    assert _name_and_positions(position) == {"name": None, "positions": [position]}
    if "hcm" not in province:  # "Hcm" is no abbreviation any more
        assert _name_and_positions(f"{position} {name}") == {"name": name, "positions": [position]}


PIECES = st.sampled_from("( ) - , ông Lý LÝ Văn A Bộ trưởng huyện tỉnh Mai kiêm H' UBND xã Hà Nội Mỹ Đoàn 1".split())


@given(st.text() | st.lists(PIECES, max_size=10).map(" ".join))
def test_arbitrary_text_never_raises(text: str) -> None:
    result = parse_official(text)
    assert set(result) == {"name", "positions", "bodies"}
    assert all(isinstance(position, str) and position for position in result["positions"] or [])


def test_a_page_of_text_is_no_mention() -> None:
    page = "Chủ tịch UBND tỉnh " * 100
    assert _name_and_positions(page) == {"name": None, "positions": [page.strip()]}
