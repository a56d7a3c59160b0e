"""Units of figures as patterns over match keys (`infer.folding`): scales, money, measures, count nouns. Data only."""

SCALE = r"(?:nghìn|ngàn|vạn|trăm|triệu(?! tập)|t[ỷỉ](?! (?:lệ|trọng|giá|suất|số)\b)|ti(?= đồng))\b"
SCALES = rf"{SCALE}(?: {SCALE})*"
MONEY = r"(?:đồng|vnđ|vnd|usd|đô ?la(?: mỹ)?|euro|eur|yên|won|nhân dân tệ|đ)\b"
MEASURE = (
    r"(?:[%‰]|(?:điểm phần trăm|điểm %|phần (?:trăm|nghìn)|hecta|héc-?ta|héc ta|ha|m2|m²|m3|m³|km2|km²|km|mét vuông"
    r"|mét khối|ki-?lô-?mét|mét|mm|cm|m|tấn|tạ|yến|kg|gam|[mµ]g|lít|ml|(?<= )[gl]|độ c|°c|[gmk]bps|[gt]b"
    r"|hải lý|mwp|mwh|mw|kwp|kwh|kw|gwh|gw|twh|kva|mva|teu|lần|sào)(?!\w)"
    r"|(?:tuổi|điểm|bậc|ngày(?: làm việc)?|tháng|năm|giờ|phút)(?=$| ?[,;)/]| trở ))"
)
# Words that count what the next word names: "1.850 liều vắc-xin"; where nothing follows they are units all the same.
_CLASSIFIERS = "liều, căn, lô, gốc, bộ, chiếc, cái, tấm, bao, thùng, tờ, cuốn, suất"
_COUNT_NOUNS = """
    lượt người, lượt khách, lượt hộ, lượt xe, lượt phương tiện, lượt tàu, lượt hồ sơ,
    lượt học sinh, lượt lao động, lượt cán bộ, lượt tải, lượt xem, lượt truy cập, lượt, chuyến,
    người lao động, người, hộ gia đình,
    hộ dân, hộ nghèo, hộ cận nghèo, hộ, hành khách, khách du lịch, khách, nhân khẩu, khẩu, dân, lao động, việc làm,
    học sinh, sinh viên, học viên, giáo viên, em, cháu, trẻ, bệnh nhân, ca, giường bệnh, giường, bác sĩ, bác sỹ, xã,
    huyện, phường, thôn, bản, tỉnh, địa phương, đơn vị, cơ quan, tổ chức, cá nhân, tập thể, doanh nghiệp, hợp tác xã,
    htx, tổ hợp tác, cơ sở, công trình, dự án, đề án, chỉ tiêu, nhiệm vụ, tiêu chí, hồ sơ, thủ tục, văn bản, vụ việc,
    vụ án, vụ, cuộc, đợt, lớp, trường hợp, trường, căn hộ, ngôi nhà, nhà, phòng, xe, máy bay, tàu, cầu, con, cây,
    bộ phận, bộ tiêu chí, tờ khai, sản phẩm, mặt hàng, gói thầu, biên chế, mô hình, ý kiến, đảng viên, hội viên, mũi,
    mẫu, thí sinh, chứng chỉ, suất tái định cư
"""


def _either(*tables: str) -> str:
    nouns = [noun.strip() for table in tables for noun in table.split(",")]
    return rf"(?:{'|'.join(sorted(nouns, key=len, reverse=True))})\b"


COUNT = _either(_COUNT_NOUNS, _CLASSIFIERS)
CLASSIFIER = (
    rf"(?!căn (?!nhà)|bộ (?:đội|phận|tiêu chí)|tờ (?:khai|trình)){_either(_CLASSIFIERS)}"
    r" (?!đã|đang|được|bị|chưa|mới|còn|có|không|phải|đạt|cần|trên|ở|tại)(?=[^\W\d_])"
)
_WORD = r"[^\W\d_]+"
PER = (
    r"(?: ?/ ?(?:ngày đêm|ngày|năm|tháng|quý|tuần|giờ|người|ha|hộ|vụ|km2|km|m2|m3|lượt|(?:vạn |nghìn )?dân|[0-9.]+ dân"
    r"|kwh|tấn|kg|lít|l|lao động|xã|suất|em|lần|giây|s|h|phút|lứa|sào|phụ nữ)(?!\w))*"
)
MEASURE_PER = rf"(?: ?/ ?(?:ngày đêm|(?:vạn |nghìn )?dân|[0-9.]+ dân|cổ phiếu|{COUNT}|{_WORD}[23²³]?))*"  # "đồng/liều"
# "trạm/45 km2", "bé trai/100 bé gái": any noun by a number of something, and by what `PER` knows
RATE = rf"{_WORD}(?: {_WORD})? ?/ ?[0-9.]+ {_WORD}[23²³]?(?: {_WORD})?(?!\w)|{_WORD}(?: {_WORD})?(?= ?/){PER[:-1]}+"
