"""Tables of names for reading officials and datelines: surnames, places, titles. Data only, all in `match_key` form.

Sources: the 63 provinces of 2008 to 2025 (the 34 of today keep their names), provincial cities, the usual Vietnamese
surnames and those of the larger minorities, and the titles of state, Party and armed forces.
"""

from infer.folding import fold, match_key


def _table(entries: str) -> frozenset[str]:
    return frozenset(match_key(fold(entry)) for entry in entries.split(","))


PROVINCES = _table("""
    An Giang, Bà Rịa - Vũng Tàu, Bà Rịa Vũng Tàu, Bà Rịa, Bạc Liêu, Bắc Giang, Bắc Kạn, Bắc Cạn, Bắc Ninh, Bến Tre,
    Bình Dương, Bình Định, Bình Phước, Bình Thuận, Cà Mau, Cao Bằng, Cần Thơ, Đà Nẵng, Đắk Lắk, Đăk Lăk, Đắc Lắc,
    Đắk Nông, Đăk Nông, Đắc Nông, Điện Biên, Đồng Nai, Đồng Tháp, Gia Lai, Hà Giang, Hà Nam, Hà Nội, Hà Tĩnh, Hà Tây,
    Hải Dương, Hải Phòng, Hậu Giang, Hoà Bình, Hồ Chí Minh, HCM, Hưng Yên, Khánh Hoà, Kiên Giang, Kon Tum, KonTum,
    Lai Châu, Lạng Sơn, Lào Cai, Lâm Đồng, Long An, Nam Định, Nghệ An, Ninh Bình, Ninh Thuận, Phú Thọ, Phú Yên,
    Quảng Bình, Quảng Nam, Quảng Ngãi, Quảng Ninh, Quảng Trị, Sóc Trăng, Sơn La, Tây Ninh, Thái Bình, Thái Nguyên,
    Thanh Hoá, Thừa Thiên Huế, Thừa Thiên - Huế, Huế, Tiền Giang, Trà Vinh, Tuyên Quang, Vĩnh Long, Vĩnh Phúc,
    Yên Bái, Sài Gòn
""")

CITIES = _table("""
    Vinh, Đà Lạt, Nha Trang, Biên Hoà, Thủ Đức, Hạ Long, Cẩm Phả, Uông Bí, Móng Cái, Đông Triều, Việt Trì, Sông Công,
    Phổ Yên, Buôn Ma Thuột, Pleiku, Quy Nhơn, Tuy Hoà, Phan Thiết, Phan Rang, Tháp Chàm, Vũng Tàu, Thủ Dầu Một,
    Mỹ Tho, Long Xuyên, Châu Đốc, Rạch Giá, Cao Lãnh, Sa Đéc, Hồng Ngự, Tam Kỳ, Hội An, Đông Hà, Đồng Hới, Sầm Sơn,
    Tam Điệp, Phủ Lý, Từ Sơn, Chí Linh, Bảo Lộc, Cam Ranh, Long Khánh, Dĩ An, Thuận An, Tân Uyên, Bến Cát, Gò Công,
    Hà Tiên, Phú Quốc, Vị Thanh, Ngã Bảy, Tân An, Bắc Hà, Gia Nghĩa, Điện Biên Phủ
""")

# Districts whose name could be a person's: named after one, or with a surname for its first syllable.
DISTRICTS = _table("""
    Trần Văn Thời, Trần Đề, Dương Minh Châu, Dương Kinh, Lê Chân, Ngô Quyền, Hoàng Su Phì, Hoàng Mai, Hoàng Sa,
    Trường Sa, Bạch Long Vĩ, Bạch Thông, Vũ Thư, Vũ Quang, Mai Sơn, Mai Châu, Lý Sơn, Lý Nhân, Lâm Hà, Lâm Bình,
    Lâm Thao, Hà Trung, Hà Quảng, Cao Lộc, Cao Phong, Lương Sơn, Lương Tài, Thạch Hà, Thạch Thành, Thạch Thất,
    Thạch An, Châu Thành, Châu Thành A, Châu Đức, Châu Phú, Kim Bôi, Kim Sơn, Kim Thành, Kim Động, Kim Bảng, Văn Lâm,
    Văn Giang, Văn Chấn, Văn Yên, Văn Bàn, Văn Quan, Văn Lãng, Triệu Phong, Triệu Sơn, Nông Sơn, Nông Cống, Thái Thuỵ,
    Hai Bà Trưng, Hoàn Kiếm, Tô Hiệu, Đoan Hùng, Đô Lương, Võ Nhai, Ma Lâm, Từ Liêm, Bắc Từ Liêm, Nam Từ Liêm, Vân Hồ,
    Giang Thành, Cù Lao Dung, Hồng Bàng
""")

# Wards, communes and schools that bear a person's name, or three syllables the first of which is a surname too.
NAMESAKES = _table("""
    Nguyễn Du, Nguyễn Trãi, Nguyễn Huệ, Nguyễn Thái Học, Nguyễn Thái Bình, Nguyễn Cư Trinh, Nguyễn Văn Cừ,
    Nguyễn Nghiêm, Nguyễn Trung Trực, Nguyễn Bỉnh Khiêm, Nguyễn Phích, Nguyễn Huân, Nguyễn Việt Khái, Nguyễn Văn Linh,
    Nguyễn Lương Bằng, Nguyễn Đại Năng, Nguyễn Đình Chiểu, Nguyễn Tất Thành, Nguyễn Thị Minh Khai, Nguyễn Thị Định,
    Nguyễn Viết Xuân, Nguyễn Văn Trỗi, Nguyễn Hữu Cầu, Nguyễn Quang Diêu, Nguyễn Văn Thảnh, Nguyễn Hữu Huân,
    Nguyễn Công Trứ, Nguyễn Bá Ngọc, Nguyễn Khuyến, Lê Lợi, Lê Hồng Phong, Lê Đại Hành, Lê Thanh Nghị, Lê Minh Xuân,
    Lê Quý Đôn, Lê Ích Mộc, Lê Văn Tám, Lê Văn Lương, Lê Thánh Tông, Lê Bình, Lê Mao, Lý Thái Tổ, Lý Thường Kiệt,
    Lý Văn Lâm, Lý Tự Trọng, Lý Bôn, Trần Phú, Trần Hưng Đạo, Trần Quang Khải, Trần Quang Diệu, Trần Tế Xương,
    Trần Đăng Ninh, Trần Lãm, Trần Nguyên Hãn, Trần Thành Ngọ, Trần Nhân Tông, Trần Liễu, Trần Quốc Toản,
    Trần Quốc Tuấn, Trần Cao Vân, Trần Đại Nghĩa, Hoàng Văn Thụ, Hoàng Diệu, Hoàng Hoa Thám, Hoàng Quốc Việt,
    Hoàng Văn Thái, Phan Bội Châu, Phan Chu Trinh, Phan Châu Trinh, Phan Đình Phùng, Phan Sào Nam, Phan Ngọc Hiển,
    Phan Đình Giót, Phan Đăng Lưu, Phạm Đình Hổ, Phạm Ngũ Lão, Phạm Hồng Thái, Phạm Văn Hai, Phạm Văn Cội,
    Phạm Văn Đồng, Phạm Sư Mạnh, Phạm Ngọc Thạch, Đinh Tiên Hoàng, Đinh Bộ Lĩnh, Ngô Quyền, Ngô Mây, Ngô Gia Tự,
    Ngô Sĩ Liên, Bùi Thị Xuân, Bùi Hữu Nghĩa, Võ Thị Sáu, Võ Nguyên Giáp, Võ Văn Kiệt, Võ Cường, Vũ Ninh, Vũ Phúc,
    Hồ Đắc Kiện, Hồ Tùng Mậu, Hồ Thị Kỷ, Hồ Chí Minh, Hồ Xuân Hương, Huỳnh Thúc Kháng, Huỳnh Mẫn Đạt, Trương Định,
    Trương Quang Trọng, Trương Vĩnh Ký, Trương Văn Bang, Tô Hiến Thành, Tô Hiệu, Hà Huy Tập, Đào Duy Từ, Đào Duy Anh,
    Lương Khánh Thiện, Lương Thế Vinh, Lương Thế Trân, Lương Văn Can, Chu Văn An, Cao Bá Quát, Cao Thắng,
    Tạ An Khương, Quách Phẩm, Tống Phan, Đoàn Thị Điểm, Đoàn Kết, Mạc Đĩnh Chi, Mai Dịch, Kim Đồng, Tôn Đức Thắng,
    Bùi Quốc Khái, Đặng Trần Côn, Đặng Thai Mai, Châu Văn Liêm, Thái Phiên, Tăng Bạt Hổ, Thủ Khoa Huân,
    La Pan Tẩn, La Ê Ê, La Êê, Cao Mã Pờ, Ma Ly Pho, Ma Ly Chải, Ma Quai, Vàng Ma Chải, Lao Và Chải, Sà Dề Phìn,
    Na Cô Sa, Sán Xả Hồ, Mồ Sì San, Phìn Hồ, Sín Chải, Tả Van Chư, Tả Gia Khâu, Hồ Thầu, Quan Hồ Thẩn, Lùng Vai,
    An Phú Tân, An Phú Thuận, An Thạnh Trung, An Thạnh Nhất, An Thạnh Nam, An Bình Tây, An Định, An Ninh Tây,
    An Ninh Đông, An Hòa Tây, An Phước, Hồng Thái Tây, Hồng Thái Đông, Phù Đổng, Lạc Long Quân, Hùng Vương, Trưng Vương
""")

COUNTRIES = _table("""
    Việt Nam, Mỹ, Hoa Kỳ, Nga, Anh, Pháp, Đức, Ý, Nhật, Nhật Bản, Hàn Quốc, Triều Tiên, Trung Quốc, Lào, Úc,
    Australia, Campuchia, Thái Lan, Ấn Độ, Canada, Cuba, Singapore, Malaysia, Indonesia, Philippines, Myanmar,
    Đài Loan
""")

PLACES = PROVINCES | CITIES | DISTRICTS | COUNTRIES

# Enough, with one syllable after it, to be a person where a place would be possible.
COMMON_SURNAMES = _table("Nguyễn, Trần, Lê, Phạm, Huỳnh, Hoàng, Phan, Vũ, Võ, Đặng, Bùi, Đỗ, Ngô, Đinh, Trịnh, Trương")

SURNAMES = COMMON_SURNAMES | _table("""
    Hồ, Dương, Lý, Mai, Lưu, Tô, Hà, Cao, Tạ, Châu, Thái, Lâm, Đào, Đàm, Lương, La, Kiều, Quách, Tăng, Từ, Thạch, Kim,
    Văn, Nghiêm, Nguỵ, Mạc, Phùng, Thân, Tiêu, Tống, Triệu, Trang, Tôn, Tưởng, Ung, Uông, Vi, Vương, Xa, Đồng, Đổng,
    Điêu, Điểu, Đậu, Đới, Đái, Đoàn, Khổng, Khúc, Khuất, Lại, Lã, Lữ, Lục, Lường, Lò, Lầu, Lù, Lăng, Liễu, Ma, Mã,
    Mạch, Mông, Mùa, Má, Nông, Ninh, Ngân, Nhâm, Nhữ, Phí, Phương, Quàng, Sầm, Sần, Sìn, Sùng, Giàng, Giáp, Giang, Hạ,
    Hạng, Hảng, Hầu, Hờ, Hứa, Hán, Hàn, Hàu, Bạch, Bế, Bàn, Bạc, Bồ, Chu, Chử, Cầm, Cù, Cung, Cồ, Cấn, Chẩu, Chảo,
    Cháng, Cư, Cứ, Dư, Doãn, Diệp, Điền, Đèo, Thào, Tráng, Tẩn, Tào, Tần, Thò, Thền, Thèn, Lèng, Ly, Lìu, Chíu, Phàn,
    Phùn, Phừ, Pờ, Pồ, Vừ, Vàng, Vì, Xồng, Tòng, Cà, Già, Lỳ, Khoàng, Khang, Vùi, Chẻo, Khà, Lừ, Cút, Hù, Seo, Thủng,
    Âu, Ân, Bá, Bành, Biện, Cai, Cái, Cam, Cáp, Chau, Chế, Chiêm, Chung, Chúc, Cổ, Danh, Đạt, Đường, Giao, Kha, Khâu,
    Khiếu, Khương, Khưu, Kiên, Lang, Lao, Lều, Liêu, Lộ, Lộc, Lỗ, Lôi, Luyện, Lư, Mang, Mạnh, Mẫn, Mấu, Mộc, Néang,
    Ngạc, Nhan, Nịnh, Ong, Ôn, Phi, Phù, Quan, Quản, Quảng, Sa, Sái, Sằm, Sộng, Sơn, Sú, Sử, Thẩm, Then, Thi, Thiều,
    Thiệu, Thông, Tiết, Tiền, Tải, Trà, Trác, Trầm, Trình, Trượng, Viên, Vòng, Vưu, Vy, Xà, Xin, Hồng, Mè, Lềm, Lèo,
    Choóng, Sềnh, Sìu, Thồ, Vù, Vừa, Tếnh, Lỷ, Kpuih, Rcăm, Rơlan, Puih, Bling, Ating, Pơ, Krajan, Kră, Liêng, Ndu,
    Touneh, Ha, Lơ, Mbon, Ngải, Kpă, Kpá, Ksor, Ksơr, Rơ, Rah, Rmah, Rcom, Rơchâm, Siu, Nay, Niê, Mlô, Ayun, Y, A, K',
    H', Ka, Chamaléa, Katơr, Pinăng, Pi, Bh'riu, Bhnướch, Alăng, Arất, Zơrâm, Coor, Blong, Cil, Kơ, Bon, Hôih, Pơloong
""")

MIDDLE_NAMES = _table("""
    Văn, Thị, Đức, Hữu, Ngọc, Xuân, Quang, Minh, Quốc, Đình, Công, Thanh, Anh, Bá, Duy, Viết, Trọng, A, Páo, Seo, Y
""")

# Pairs of words that begin like a person and are none: bodies, fields, verbs.
NO_NAMES = _table("""
    Văn Hoá, Văn Phòng, Văn Thư, Văn Bản, Y Tế, Y Khoa, Y Dược, Y Học, Lâm Nghiệp, Lâm Sản, Đoàn Thanh, Đoàn Thể,
    Đoàn Đại, Đoàn Viên, Nông Nghiệp, Nông Dân, Nông Thôn, Kim Loại, Dương Lịch, Đồng Bằng, Đồng Chí, Đào Tạo,
    Giang Hồ, Công Thương, Lương Thực, Thái Học, Châu Á, Châu Âu, Phương Tiện, Trang Trại, Từ Thiện, Lại Sức,
    Ngân Hàng, Ngân Sách, Dư Luận
""")
# Before "Lý" these make a common noun.
NO_NAME_BEFORE = _table("quản, xử, đại, trợ, pháp, vật, địa, thanh, tâm")

# Capitalised words that head a body; after a title they are no given name.
BODIES = _table("""
    Ban, Bộ, Sở, Cục, Vụ, Viện, Phòng, Toà, Khu, Quận, Huyện, Tỉnh, Xã, Phường, Thôn, Ngành, Trường, Đảng, Hội, Đoàn,
    Đội, Trạm, Tổ, Uỷ, Đài, Báo, Tổng, Chi, Mặt, Liên, Các
""")

HONORIFICS = r"(?:các )?(?:đồng chí|đ/c|đ\.c|ông|bà|anh|chị|cụ|ngài)"
DEGREES = (
    r"(?:(?:pgs|gs|tskh|ts|ths|th\.s|bsckii|bscki|bs|ks|cn|kts|ls|ngưt|ngnd|ttưt|phó giáo sư|giáo sư"
    r"|(?:tiến|thạc|bác|kỹ|luật) (?:sĩ|sỹ|sư)|kiến trúc sư)\b[. ]*)+"
)
_BEFORE_TITLE = (
    r"(?:(?:nguyên|cựu|quyền|q\.|tân|các|những|một số|một|hai|ba|[0-9]+|nữ|toàn thể|tất cả|cả|đương kim|phó|đồng) )*"
)
_TITLES = "|".join(
    (
        r"chủ tịch|bí thư|(?:tổng )?giám đốc|chủ nhiệm|thống đốc|thủ tướng|thủ trưởng|tổng thống|người đứng đầu",
        r"lãnh đạo",
        r"(?:(?:bộ|thứ|(?:chi |tổng )?cục|vụ|(?:phân )?viện|hiệu|đội|trạm|hạt|đồn|tổ|kế toán|tham mưu|ngoại) )?trưởng",
        r"(?:chỉ huy|xã đội|thôn) trưởng",
        r"hiệu phó|viện phó|phó|chánh (?:văn phòng|thanh tra|án|toà)|thẩm phán|kiểm sát viên|tư lệnh|chính uỷ|đại sứ",
        r"tổng (?:thanh tra|kiểm toán|bí thư|thư ký|biên tập|tham mưu trưởng|chỉ huy)|trợ lý|thư ký|cố vấn|chuyên gia",
        r"(?:(?:tỉnh|thành|huyện|quận|thị|đảng|cấp) )?uỷ viên|đại biểu|đại diện|thành viên",
        r"người phát ngôn|phát ngôn viên",
        r"(?:đại|thượng|trung|thiếu|chuẩn) (?:tướng|tá|uý)|tướng|thường trực|ban thường vụ|phụ trách|quan chức|chủ toạ",
    )
)
TITLE_START = rf"{_BEFORE_TITLE}(?:{_TITLES})(?![\w'])"
