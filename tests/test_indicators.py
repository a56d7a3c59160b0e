"""Name, value and unit of indicators; what does not settle the value leaves it None."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infer.figures import find_figures
from infer.indicators import parse_indicator
from infer.numerals import read_number

Value = int | float | str | None

CASES: list[tuple[str, str, Value, str | None]] = [
    # the guidelines' examples
    (
        "tỷ lệ giải quyết hồ sơ trực tuyến trung bình đạt 95,86%",
        "tỷ lệ giải quyết hồ sơ trực tuyến trung bình",
        95.86,
        "%",
    ),
    ("Giải ngân vốn đầu tư công tăng 3%", "Giải ngân vốn đầu tư công", 3, "%"),
    ("giải ngân 100% kế hoạch vốn năm 2020", "giải ngân kế hoạch vốn năm 2020", 100, "%"),
    ("30% dịch vụ công cấp độ 4", "dịch vụ công cấp độ 4", 30, "%"),
    ("11/29 chỉ tiêu vượt kế hoạch", "chỉ tiêu vượt kế hoạch", "11/29", None),
    ("nộp ngân sách 2.495 tỷ đồng", "nộp ngân sách", 2495, "tỷ đồng"),
    ("diện tích, năng suất, sản lượng cây lương thực", "diện tích, năng suất, sản lượng cây lương thực", None, None),
    # notation
    ("thu ngân sách ước đạt 1.234,5 tỷ đồng", "thu ngân sách", 1234.5, "tỷ đồng"),
    ("tỷ lệ đỗ là 77.79%", "tỷ lệ đỗ", 77.79, "%"),
    ("vốn 12 000 tỷ đồng", "vốn", 12000, "tỷ đồng"),
    ("nợ đọng 5,000 tỷ đồng", "nợ đọng", None, "tỷ đồng"),
    ("vốn hơn một tỷ đồng", "vốn", 1, "tỷ đồng"),
    ("tỷ lệ che phủ rừng đạt 65,1 %", "tỷ lệ che phủ rừng", 65.1, "%"),
    ("tỷ lệ hộ nghèo (5,2%)", "tỷ lệ hộ nghèo", 5.2, "%"),
    ("giải ngân 4.200 tỉ đồng (48,35%)", "giải ngân", 4200, "tỉ đồng"),
    ("THU NGÂN SÁCH ĐẠT 500 TỶ ĐỒNG", "THU NGÂN SÁCH", 500, "TỶ ĐỒNG"),
    # units as written
    ("lượng khách du lịch đạt 1,2 triệu lượt", "lượng khách du lịch", 1.2, "triệu lượt"),
    ("trồng mới 10 nghìn ha rừng", "trồng mới rừng", 10, "nghìn ha"),
    ("năng suất lúa 55,6 tạ/ha", "năng suất lúa", 55.6, "tạ/ha"),
    ("thu nhập bình quân đạt 45 triệu đồng/người/năm", "thu nhập bình quân", 45, "triệu đồng/người/năm"),
    ("công suất 13,3 triệu hành khách / năm", "công suất", 13.3, "triệu hành khách / năm"),
    ("số bác sĩ đạt 9 bác sĩ/vạn dân", "số bác sĩ", 9, "bác sĩ/vạn dân"),
    ("lãi suất 4% / năm", "lãi suất", 4, "% / năm"),
    ("tuổi thọ trung bình đạt 73,7 tuổi", "tuổi thọ trung bình", 73.7, "tuổi"),
    ("sai phạm 640 m2 đất", "sai phạm đất", 640, "m2"),
    ("7.000 tỷ đồng", "", 7000, "tỷ đồng"),
    # count nouns
    ("số hộ nghèo giảm 1.200 hộ", "số hộ nghèo", 1200, "hộ"),
    ("29/29 xã", "xã", "29/29", None),
    ("số xã đạt chuẩn nông thôn mới là 29/29 xã", "số xã đạt chuẩn nông thôn mới", "29/29", "xã"),
    ("giải quyết 16 trường hợp", "giải quyết", 16, "trường hợp"),
    ("thanh tra 400 cơ sở không phép", "thanh tra cơ sở không phép", 400, None),
    ("1,3 triệu hộ nghèo", "hộ nghèo", 1.3, "triệu"),
    ("74 cuộc", "cuộc", 74, None),
    ("ít nhất 500 doanh nghiệp thành lập mới", "doanh nghiệp thành lập mới", 500, None),
    ("112 cuộc thanh tra tại 173 đơn vị", "cuộc thanh tra tại 173 đơn vị", 112, None),
    # approximators and links
    *(
        (f"thu ngân sách {word} 500 tỷ đồng", "thu ngân sách", 500, "tỷ đồng")
        for word in (
            "gần",
            "trên",
            "hơn",
            "khoảng",
            "ít nhất",
            "tối thiểu",
            "dưới",
            "không quá",
            "đạt",
            "ước đạt",
            "mới đạt",
            "chỉ đạt",
            "là",
            "còn",
            "bằng",
            "đã đạt trên",
            "lên tới hơn",
            "sẽ tăng thêm khoảng",
            "dự kiến đạt",
        )
    ),
    ("tỷ lệ hộ nghèo giảm còn dưới 5,2%", "tỷ lệ hộ nghèo", 5.2, "%"),
    ("tỷ lệ cấp ủy viên nữ từ 15% trở lên", "tỷ lệ cấp ủy viên nữ", 15, "%"),
    ("tổng sản phẩm tăng 7,5% so với cùng kỳ năm trước", "tổng sản phẩm", 7.5, "%"),
    ("đạt 95% kế hoạch", "kế hoạch", 95, "%"),
    # words that only look like links belong to the name
    ("mức tăng 7,3%", "mức tăng", 7.3, "%"),
    ("giải phóng mặt bằng đạt 60%", "giải phóng mặt bằng", 60, "%"),
    ("mức lương tối thiểu 2 triệu đồng / tháng", "mức lương tối thiểu", 2, "triệu đồng / tháng"),
    ("giảm 50% số lượng xe công", "giảm số lượng xe công", 50, "%"),
    ("giảm 130 vụ", "giảm", 130, "vụ"),
    # a change ends at its value
    ("tỷ lệ hộ nghèo giảm từ 7,5% xuống còn 5,2%", "tỷ lệ hộ nghèo", 5.2, "%"),
    ("tổng mức đầu tư (từ hơn 26 tỷ đồng lên khoảng 40 tỷ đồng)", "tổng mức đầu tư", 40, "tỷ đồng"),
    ("thời gian giải quyết thủ tục từ 57 xuống 14 ngày", "thời gian giải quyết thủ tục", 14, "ngày"),
    # numbers in words
    ("giải phóng mặt bằng hai mươi tám héc-ta", "giải phóng mặt bằng", 28, "héc-ta"),
    ("tiền phạt hơn chín tỷ đồng", "tiền phạt", 9, "tỷ đồng"),
    ("mức chi chưa tới ba trăm nghìn đồng", "mức chi", 300, "nghìn đồng"),
    ("cất xong một nghìn ba trăm căn nhà ở xã hội", "cất xong nhà ở xã hội", 1300, "căn"),
    ("nợ đọng còn ba tỷ sáu trăm triệu đồng", "nợ đọng", 3.6, "tỷ đồng"),
    ("vốn dư còn gần một tỷ hai", "vốn dư", 1.2, "tỷ"),
    ("tổng mức đầu tư hơn 4 tỷ rưỡi đồng", "tổng mức đầu tư", 4.5, "tỷ đồng"),
    ("gom hơn hai tạ rưỡi rác", "gom rác", 2.5, "tạ"),
    ("mức thu chỉ nửa triệu đồng", "mức thu", 0.5, "triệu đồng"),
    ("tỉ lệ bến có camera lên chín mươi phần trăm", "tỉ lệ bến có camera", 90, "phần trăm"),
    ("thu ngân sách 1,2 triệu tỉ đồng", "thu ngân sách", 1.2, "triệu tỉ đồng"),
    ("bàn giao hai mươi bốn phòng", "bàn giao", 24, "phòng"),
    ("thông xe chín tuyến còn lại", "thông xe tuyến còn lại", 9, None),
    ("bảy dự án chưa chọn xong nhà thầu", "dự án chưa chọn xong nhà thầu", 7, None),
    ("ký hợp đồng với ít nhất ba cơ sở đóng gói", "ký hợp đồng với cơ sở đóng gói", 3, None),
    # parts and multiples
    ("hai phần ba số xã có đường nhựa", "số xã có đường nhựa", "2/3", None),
    ("tỷ lệ hộ có sổ lên bốn phần năm", "tỷ lệ hộ có sổ", "4/5", None),
    ("xóa một nửa số nhà tạm", "xóa số nhà tạm", "1/2", None),
    ("số vụ vi phạm giảm gần nửa", "số vụ vi phạm", "1/2", None),
    ("bảy trên mười hai hộ đã nhận tiền", "hộ đã nhận tiền", "7/12", None),
    ("số phòng học tăng gấp đôi", "số phòng học", 2, None),
    ("số hộ nuôi lợn tăng gấp hơn mười", "số hộ nuôi lợn", 10, None),
    ("số vụ mất cắp tăng gấp rưỡi", "số vụ mất cắp", 1.5, None),
    ("số xe nhập khẩu gấp năm lần", "số xe nhập khẩu", 5, "lần"),
    ("nồng độ bụi gấp 1,8 lần mức cho phép", "nồng độ bụi mức cho phép", 1.8, "lần"),
    # number words that only name
    ("giải ngân vốn ba chương trình", "giải ngân vốn ba chương trình", None, None),
    ("kim ngạch xuất khẩu hai tháng", "kim ngạch xuất khẩu hai tháng", None, None),
    ("tỷ lệ trẻ tiêm đủ hai mũi đạt 88,7%", "tỷ lệ trẻ tiêm đủ hai mũi", 88.7, "%"),
    ("lượng nước xả về hạ du sông Ba", "lượng nước xả về hạ du sông Ba", None, None),
    ("năm học mới có thêm lớp", "năm học mới có thêm lớp", None, None),
    ("hàng xuất khẩu tăng trưởng hai con số", "hàng xuất khẩu tăng trưởng hai con số", None, None),
    ("tỷ lệ huy động trẻ 5 tuổi ra lớp", "tỷ lệ huy động trẻ 5 tuổi ra lớp", None, None),
    # classifiers, and any noun that ends the phrase
    ("cấp 1.850 liều vắc-xin", "cấp vắc-xin", 1850, "liều"),
    ("bố trí 52 lô đất tái định cư", "bố trí đất tái định cư", 52, "lô"),
    ("11 căn dang dở được lợp xong", "căn dang dở được lợp xong", 11, None),
    ("số hồ sơ quá hạn còn 1.327 bộ", "số hồ sơ quá hạn", 1327, "bộ"),
    ("số lồng nuôi còn 98.400 lồng", "số lồng nuôi", 98400, "lồng"),
    ("số chuyến thu gom lên ba chuyến mỗi tuần", "số chuyến thu gom mỗi tuần", 3, "chuyến"),
    # a share that opens the phrase, a figure stated last
    ("100% bếp ăn lưu mẫu đủ 24 giờ", "bếp ăn lưu mẫu đủ 24 giờ", 100, "%"),
    ("7/29 chủ đầu tư giải ngân chưa tới một phần tư", "chủ đầu tư giải ngân chưa tới một phần tư", "7/29", None),
    ("số hộ mất trên 70% đất canh tác là 428 hộ", "số hộ mất trên 70% đất canh tác", 428, "hộ"),
    # ranges and rival figures settle nothing
    ("tăng trưởng GRDP 5-6%", "tăng trưởng GRDP", None, "%"),
    ("tốc độ tăng trưởng đạt từ 5% đến 6%", "tốc độ tăng trưởng", None, "%"),
    ("thu hồi 71 triệu đồng và 8.336 m2 đất", "thu hồi 71 triệu đồng và 8.336 m2 đất", None, None),
    ("xử lý 17 tập thể và 21 cá nhân", "xử lý 17 tập thể và 21 cá nhân", None, None),
    ("25/173 đơn vị sai phạm hơn 106 tỷ đồng", "25/173 đơn vị sai phạm hơn 106 tỷ đồng", None, None),
    ("công suất 300.000 hành khách và 500 tấn hàng", "công suất 300.000 hành khách và 500 tấn hàng", None, None),
    (
        "đất nông nghiệp là 600 ha, chiếm 61,51% diện tích",
        "đất nông nghiệp là 600 ha, chiếm 61,51% diện tích",
        None,
        None,
    ),
    ("nợ hàng trăm tỷ đồng", "nợ hàng trăm tỷ đồng", None, None),
    # a count inside the name does not compete with a measure
    ("hỗ trợ 12 địa phương 260 tỷ đồng", "hỗ trợ 12 địa phương", 260, "tỷ đồng"),
    # numbers that name and do not measure
    ("thu ngân sách quý III/2023", "thu ngân sách quý III/2023", None, None),
    ("kế hoạch vốn 2020", "kế hoạch vốn 2020", None, None),
    ("vốn đầu tư công năm 2020", "vốn đầu tư công năm 2020", None, None),
    ("vốn trung hạn giai đoạn 2016-2020", "vốn trung hạn giai đoạn 2016-2020", None, None),
    ("dịch vụ công trực tuyến mức độ 3, mức độ 4", "dịch vụ công trực tuyến mức độ 3, mức độ 4", None, None),
    ("dịch vụ công mức độ 3, 4 đạt 85%", "dịch vụ công mức độ 3, 4", 85, "%"),
    ("vốn Chương trình 135 đạt 45%", "vốn Chương trình 135", 45, "%"),
    ("giải ngân 9 tháng đầu năm 2020 đạt 45,6%", "giải ngân 9 tháng đầu năm 2020", 45.6, "%"),
    ("giải ngân đến ngày 30/9/2020 đạt 45,6%", "giải ngân đến ngày 30/9/2020", 45.6, "%"),
    ("giải ngân đến 30/6 đạt 37%", "giải ngân đến 30/6", 37, "%"),
    ("tiêm vắc xin phòng Covid-19 mũi 3 đạt 80%", "tiêm vắc xin phòng Covid-19 mũi 3", 80, "%"),
    ("trẻ em dưới 5 tuổi suy dinh dưỡng còn 18,5%", "trẻ em dưới 5 tuổi suy dinh dưỡng", 18.5, "%"),
    ("chỉ tiêu theo Nghị quyết 05-NQ/TU đạt 60%", "chỉ tiêu theo Nghị quyết 05-NQ/TU", 60, "%"),
    ("giải ngân gói 30.000 tỷ đồng", "giải ngân gói 30.000 tỷ đồng", None, None),
    ("giải ngân vốn đầu tư công 7 tháng", "giải ngân vốn đầu tư công 7 tháng", None, None),
    ("chỉ số PCI xếp thứ 12", "chỉ số PCI xếp thứ 12", None, None),
    ("vị trí thứ 1/63 về chỉ số PCI", "vị trí về chỉ số PCI", "1/63", None),
    ("nhu cầu triệu tập 5 cuộc", "nhu cầu triệu tập", 5, "cuộc"),
    # rates: what stands after the stroke belongs to the unit
    ("mật độ trạm đo mưa lên 1 trạm/45 km2", "mật độ trạm đo mưa", 1, "trạm/45 km2"),
    ("tỷ số giới tính khi sinh còn 111 bé trai/100 bé gái", "tỷ số giới tính khi sinh", 111, "bé trai/100 bé gái"),
    ("1,5 triệu lượt khách/năm", "", 1.5, "triệu lượt khách/năm"),
    ("mức sinh 2,1 con/phụ nữ", "mức sinh", 2.1, "con/phụ nữ"),
    ("giá vắc xin 45.000 đồng/liều", "giá vắc xin", 45000, "đồng/liều"),
    ("lưu lượng xả 350 m3/s", "lưu lượng xả", 350, "m3/s"),
    ("hàm lượng bụi 120 µg/m3", "hàm lượng bụi", 120, "µg/m3"),
    ("độ mặn 4 g/l", "độ mặn", 4, "g/l"),
    ("12 sở/ngành đã ký cam kết", "sở/ngành đã ký cam kết", 12, None),
    ("giá chè bình quân 503 USD một tấn", "giá chè bình quân một tấn", 503, "USD"),
    # measures
    ("lượng mưa lên tới 350 mm", "lượng mưa", 350, "mm"),
    ("nhiệt độ thấp nhất 4 độ C", "nhiệt độ thấp nhất", 4, "độ C"),
    ("băng thông 120 Mbps", "băng thông", 120, "Mbps"),
    ("tỷ lệ phủ sóng 4G đạt 95%", "tỷ lệ phủ sóng 4G", 95, "%"),
    ("thu hút trên 112 nghìn lượt tải", "thu hút", 112, "nghìn lượt tải"),
    # a thing that a bare verb is done to is no unit; where the name is whole without it, it is
    ("tiếp nhận 412 hồ sơ", "tiếp nhận hồ sơ", 412, None),
    ("giảm được 214 hộ nghèo", "giảm hộ nghèo", 214, None),
    ("di dời 75 hộ dân", "di dời", 75, "hộ dân"),
    ("đào tạo nghề cho 600 lao động", "đào tạo nghề", 600, "lao động"),
    ("số cơ sở vi phạm còn 45 cơ sở", "số cơ sở vi phạm", 45, "cơ sở"),
    ("chỉ tiêu 35 hợp tác xã", "chỉ tiêu", 35, "hợp tác xã"),
    # a count inside a name that is measured in money or percent
    ("giải ngân vốn 12 dự án", "giải ngân vốn 12 dự án", None, None),
    ("tốc độ tăng trưởng 12 tỉnh có cảng", "tốc độ tăng trưởng 12 tỉnh có cảng", None, None),
    ("giải ngân vốn 12 dự án đạt 45%", "giải ngân vốn 12 dự án", 45, "%"),
    # links
    ("độ che phủ rừng duy trì 39,7%", "độ che phủ rừng", 39.7, "%"),
    ("tỷ lệ che phủ rừng giữ ở mức trên 65%", "tỷ lệ che phủ rừng", 65, "%"),
    ("duy trì 12 lớp xóa mù chữ", "duy trì lớp xóa mù chữ", 12, None),
    ("công suất sử dụng phòng đã chạm 98%", "công suất sử dụng phòng", 98, "%"),
    ("mức bình quân cấp xã nhích lên 41,5%", "mức bình quân cấp xã", 41.5, "%"),
    ("lãi suất cho vay xoay quanh mức 6,5%", "lãi suất cho vay", 6.5, "%"),
    ("tỷ lệ giải ngân vỏn vẹn 6,8%", "tỷ lệ giải ngân", 6.8, "%"),
    ("số tiền chậm trả tương đương 2.240 tỷ đồng", "số tiền chậm trả", 2240, "tỷ đồng"),
    ("mở lớp bơi ở ít nhất 10 trường", "mở lớp bơi", 10, "trường"),
    ("mở lớp bơi ở 15 xã còn lại", "mở lớp bơi ở xã còn lại", 15, None),
    ("", "", None, None),
    ("%", "%", None, None),
]


def _without_comparison(phrase: str) -> dict[str, Value]:
    return {key: value for key, value in parse_indicator(phrase).items() if key != "comparison"}


@pytest.mark.parametrize(("phrase", "name", "value", "unit"), CASES)
def test_name_value_and_unit(phrase: str, name: str, value: Value, unit: str | None) -> None:
    assert _without_comparison(phrase) == {"name": name, "value": value, "unit": unit}


@pytest.mark.parametrize(("phrase", "name", "value", "unit"), CASES)
def test_unicode_form_and_spacing_make_no_difference(phrase: str, name: str, value: Value, unit: str | None) -> None:
    messy = unicodedata.normalize("NFD", phrase).replace(" ", "\u00a0\u200b ")
    assert parse_indicator(messy) == parse_indicator(phrase)
    assert _without_comparison(messy) == {"name": name, "value": value, "unit": unit}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("95,86", 95.86),
        ("2.495", 2495),
        ("1.234.567,5", 1234567.5),
        ("77.7", 77.7),
        ("1.2345", 1.2345),
        ("1,234.5", 1234.5),
        ("1,234,567", 1234567),
        ("5,000", None),
        ("0,500", 0.5),
        ("1 234", 1234),
        ("1" * 16, None),
        ("007", 7),
    ],
)
def test_vietnamese_notation(text: str, value: Value) -> None:
    assert read_number(text) == value


@given(st.integers(0, 10**9), st.integers(0, 99))
def test_any_number_comes_back_from_vietnamese_notation(whole: int, hundredths: int) -> None:
    grouped = f"{whole:,}".replace(",", ".")
    assert parse_indicator(f"tổng thu đạt {grouped} triệu đồng")["value"] == whole
    with_cents = _without_comparison(f"tổng thu đạt {grouped},{hundredths:02} triệu đồng")
    assert with_cents == {"name": "tổng thu", "value": float(f"{whole}.{hundredths:02}"), "unit": "triệu đồng"}


@given(st.integers(0, 999), st.integers(1, 999))
def test_a_fraction_stays_as_written(part: int, whole: int) -> None:
    assert parse_indicator(f"{part}/{whole} chỉ tiêu đạt kế hoạch")["value"] == f"{part}/{whole}"


def test_figures_know_where_they_stand() -> None:
    text = "thu 5,5 tỷ đồng, chi 3%"
    assert [(text[f.start : f.end], text[f.end : f.unit_end], f.value) for f in find_figures(text)] == [
        ("5,5", " tỷ đồng", 5.5),
        ("3", "%", 3),
    ]


# what number phrases are made of, in any order
_WORDS = (
    "gấp hơn gần một hai ba tư bốn lăm năm sáu bảy bẩy tám chín mười mươi mốt chục trăm nghìn ngàn vạn triệu tỷ linh "
    "lẻ không rưỡi đôi nửa phần trên lần tăng còn đạt đồng hộ mỗi từ đến 3 4,5 1.200 2/3 %"
).split()


@given(st.text() | st.text(alphabet="0123456789.,/-%() tỷđồngnăm") | st.lists(st.sampled_from(_WORDS)).map(" ".join))
def test_arbitrary_text_never_raises(text: str) -> None:
    result = parse_indicator(text)
    assert isinstance(result["name"], str)
    assert result["value"] is None or isinstance(result["value"], (int, float, str))
