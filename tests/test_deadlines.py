"""Time limits: a table of phrases with the days they settle, and properties over every notation of a date."""

import unicodedata
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infer.deadlines import parse_deadline, tidy
from infer.holidays import is_workday

THURSDAY = date(2020, 10, 15)  # the article's date wherever a case gives no other
NO = None

# phrase, from, until; the article is of 2020-10-15
CASES: list[tuple[str, str | None, str | None]] = [
    # a day, in every notation: the last day named
    ("trước ngày 30/11/2020", NO, "2020-11-30"),
    ("trước ngày 30-11-2020", NO, "2020-11-30"),
    ("trước ngày 30.11.2020", NO, "2020-11-30"),
    ("trước ngày 30 / 11 / 2020", NO, "2020-11-30"),
    ("trước 30/11/20", NO, "2020-11-30"),
    ("trước ngày 30 tháng 11 năm 2020", NO, "2020-11-30"),
    ("trước ngày 30 tháng 11, năm 2020", NO, "2020-11-30"),
    ("trước ngày 30 tháng 11/2020", NO, "2020-11-30"),
    ("trước ngày 30/11 năm 2020", NO, "2020-11-30"),
    ("trước ngày 2020-11-30", NO, "2020-11-30"),
    ("trước ngày 30/11", NO, "2020-11-30"),
    ("trước 30-11", NO, "2020-11-30"),
    ("trước ngày 30.11", NO, "2020-11-30"),
    ("trước ngày 30 tháng 11", NO, "2020-11-30"),
    ("trước 30 tháng 11", NO, "2020-11-30"),
    ("trước mùng 5 tháng 3 năm 2021", NO, "2021-03-05"),
    ("trước ngày mồng 5/3/2021", NO, "2021-03-05"),
    ("trước ngày 5 tháng mười hai", NO, "2020-12-05"),
    ("trước ngày 30/11/2020 (thứ Hai)", NO, "2020-11-30"),
    ("trước thứ Hai, ngày 30/11/2020", NO, "2020-11-30"),
    ("trước thứ Sáu, ngày 30/11/2020", NO, NO),  # a Monday
    ("TRƯỚC NGÀY 30/11/2020.", NO, "2020-11-30"),
    ("đến ngày 30/11/2020", NO, "2020-11-30"),
    ("đến hết ngày 30/11/2020", NO, "2020-11-30"),
    ("đến trước ngày 30/11/2020", NO, "2020-11-30"),
    ("chậm nhất là ngày 15/12", NO, "2020-12-15"),
    ("chậm nhất đến ngày 15/12", NO, "2020-12-15"),
    ("chậm nhất trong ngày 15/12", NO, "2020-12-15"),
    ("muộn nhất vào ngày 15/12", NO, "2020-12-15"),
    ("hạn chót là ngày 15/12", NO, "2020-12-15"),
    ("thời hạn hoàn thành trước ngày 15/12", NO, "2020-12-15"),
    ("hoàn thành xong trước ngày 15/12", NO, "2020-12-15"),
    ("trước ngày 15/12 để tổng hợp, báo cáo", NO, "2020-12-15"),
    ("không muộn hơn ngày 15/12", NO, "2020-12-15"),
    ("ngày 15/12", NO, "2020-12-15"),  # "Hạn: ngày 15/12"
    ("30/11/2020", NO, "2020-11-30"),
    ("vào ngày 15/12", "2020-12-15", "2020-12-15"),
    ("trong ngày 15/12/2020", "2020-12-15", "2020-12-15"),
    # hours
    ("trước 17h ngày 30/11", NO, "2020-11-30"),
    ("trước 17 giờ ngày 30/11/2020", NO, "2020-11-30"),
    ("trước 17h30 ngày 30/11", NO, "2020-11-30"),
    ("trước 17 giờ 30 phút ngày 30 tháng 11", NO, "2020-11-30"),
    ("trước 17:00, ngày 30/11", NO, "2020-11-30"),
    ("17h ngày 30/11", NO, "2020-11-30"),
    ("vào 17h ngày 30/11", "2020-11-30", "2020-11-30"),
    ("trước 10 giờ sáng ngày mai", NO, "2020-10-16"),
    ("sáng 30-11", "2020-11-30", "2020-11-30"),
    ("trong chiều nay", "2020-10-15", "2020-10-15"),
    ("đến 24h00 ngày 31/12/2020", NO, "2020-12-31"),
    ("trước 17h", NO, NO),
    # a missing year
    ("trước 15/01", NO, "2021-01-15"),
    ("trước 30/6", NO, "2021-06-30"),  # 107 days over
    ("trước 30/7", NO, "2020-07-30"),  # 77 days over: the year is the article's
    ("trong tháng 2", "2021-02-01", "2021-02-28"),
    ("đến tháng 9", NO, "2020-09-30"),
    ("trước ngày 1/9 tới", NO, "2021-09-01"),
    ("trước ngày 30/11 năm nay", NO, "2020-11-30"),
    ("trước ngày 30/11 năm sau", NO, "2021-11-30"),
    ("trước 29/2", NO, NO),  # 2021 has none
    ("trước ngày 25", NO, "2020-10-25"),
    ("trước ngày 5", NO, NO),  # gone this month
    ("trước ngày 5 tháng sau", NO, "2020-11-05"),
    ("trước ngày 25 tháng này", NO, "2020-10-25"),
    # months
    ("trong tháng 12 năm 2020", "2020-12-01", "2020-12-31"),
    ("trong tháng 12/2020", "2020-12-01", "2020-12-31"),
    ("trong tháng 12-2020", "2020-12-01", "2020-12-31"),
    ("trong tháng 02.2020", "2020-02-01", "2020-02-29"),
    ("ngay trong tháng 11", "2020-11-01", "2020-11-30"),
    ("tháng mười một", "2020-11-01", "2020-11-30"),
    ("tháng tư năm 2021", "2021-04-01", "2021-04-30"),
    ("tháng năm năm 2021", "2021-05-01", "2021-05-31"),
    ("đến tháng 12/2020", NO, "2020-12-31"),
    ("đến 12/2020", NO, "2020-12-31"),
    ("hết tháng 12/2020", NO, "2020-12-31"),
    ("trước tháng 6/2020", NO, "2020-05-31"),
    ("trước tháng 1", NO, "2020-12-31"),
    ("trong tháng này", "2020-10-01", "2020-10-31"),
    ("trong tháng", "2020-10-01", "2020-10-31"),
    ("vào tháng sau", "2020-11-01", "2020-11-30"),
    ("tháng tới", "2020-11-01", "2020-11-30"),
    ("trong tháng 11 và 12/2020", "2020-11-01", "2020-12-31"),
    ("trong tháng 12/2020 và quý I năm 2021", "2020-12-01", "2021-03-31"),
    ("đến tháng", NO, NO),
    # parts of a month
    ("đầu tháng 11", "2020-11-01", "2020-11-10"),
    ("giữa tháng 11/2020", "2020-11-11", "2020-11-20"),
    ("cuối tháng 2/2021", "2021-02-21", "2021-02-28"),
    ("đến đầu tháng 11", NO, "2020-11-10"),
    ("trước cuối tháng 11", NO, "2020-11-30"),
    ("trước đầu tháng 11", NO, "2020-10-31"),
    ("trước giữa tháng 11", NO, NO),
    ("trước ngày cuối cùng của tháng 11", NO, "2020-11-30"),
    ("cuối tháng", "2020-10-21", "2020-10-31"),
    ("nửa đầu tháng 11", "2020-11-01", "2020-11-15"),
    ("trong nửa cuối tháng 11", "2020-11-16", "2020-11-30"),
    # quarters
    ("trong quý III/2023", "2023-07-01", "2023-09-30"),
    ("trong quý 3 năm 2023", "2023-07-01", "2023-09-30"),
    ("trong quý II -2019", "2019-04-01", "2019-06-30"),
    ("trong quí IV/2020", "2020-10-01", "2020-12-31"),
    ("quý IV", "2020-10-01", "2020-12-31"),
    ("quý một năm 2021", "2021-01-01", "2021-03-31"),
    ("trước quý II/2021", NO, "2021-03-31"),
    ("đến hết quý I/2021", NO, "2021-03-31"),
    ("trong quý cuối năm", "2020-10-01", "2020-12-31"),
    ("quý cuối năm 2021", "2021-10-01", "2021-12-31"),
    ("trong quý I, II/2021", "2021-01-01", "2021-06-30"),
    ("quý III và quý IV năm 2021", "2021-07-01", "2021-12-31"),
    ("trong quý này", "2020-10-01", "2020-12-31"),
    ("quý tới", "2021-01-01", "2021-03-31"),
    ("cuối quý II/2021", "2021-06-01", "2021-06-30"),
    ("đầu quý I/2021", "2021-01-01", "2021-01-31"),
    ("quý V/2020", NO, NO),
    # half-years and months of a year
    ("trong 6 tháng cuối năm", "2020-07-01", "2020-12-31"),
    ("6 tháng đầu năm 2021", "2021-01-01", "2021-06-30"),
    ("9 tháng đầu năm 2021", "2021-01-01", "2021-09-30"),
    ("9 tháng năm 2021", "2021-01-01", "2021-09-30"),
    ("trong 2 tháng cuối năm", "2020-11-01", "2020-12-31"),
    ("trong hai tháng còn lại của năm 2020", "2020-11-01", "2020-12-31"),
    ("trong tháng cuối năm", "2020-12-01", "2020-12-31"),
    ("những tháng cuối năm 2020", NO, "2020-12-31"),
    ("nửa đầu năm 2021", "2021-01-01", "2021-06-30"),
    ("trước 2 tháng cuối năm", NO, "2020-10-31"),
    ("13 tháng cuối năm", NO, NO),
    # years
    ("trong năm 2020", "2020-01-01", "2020-12-31"),
    ("đến năm 2025", NO, "2025-12-31"),
    ("đến hết năm 2025", NO, "2025-12-31"),
    ("đến 2025", NO, "2025-12-31"),
    ("trước năm 2025", NO, "2024-12-31"),
    ("trước khi hết năm 2025", NO, "2025-12-31"),
    ("chậm nhất năm 2025", NO, "2025-12-31"),
    ("đến năm 2025, định hướng đến năm 2030", NO, "2025-12-31"),
    ("cuối năm 2020", "2020-09-01", "2020-12-31"),
    ("vào cuối 2020", "2020-09-01", "2020-12-31"),
    ("đến cuối năm", NO, "2020-12-31"),
    ("đầu năm 2021", "2021-01-01", "2021-04-30"),
    ("giữa năm 2021", "2021-05-01", "2021-08-31"),
    ("đầu năm", NO, NO),  # over, and not surely the next one
    ("cuối năm nay", "2020-09-01", "2020-12-31"),
    ("đến cuối năm sau", NO, "2021-12-31"),
    ("trong năm nay", "2020-01-01", "2020-12-31"),
    ("hết năm", NO, "2020-12-31"),
    ("cả năm", "2020-01-01", "2020-12-31"),
    ("sang năm", "2021-01-01", "2021-12-31"),
    ("năm tới", "2021-01-01", "2021-12-31"),
    ("đến năm", NO, NO),
    # terms
    ("nhiệm kỳ 2020-2025", "2020-01-01", "2025-12-31"),
    ("trong nhiệm kì 2020 - 2025", "2020-01-01", "2025-12-31"),
    ("giai đoạn 2021-2025", "2021-01-01", "2025-12-31"),
    ("giai đoạn từ năm 2021 đến năm 2025", "2021-01-01", "2025-12-31"),
    ("cuối nhiệm kỳ 2020-2025", NO, "2025-12-31"),
    ("trong năm 2020-2021", "2020-01-01", "2021-12-31"),
    ("giai đoạn 2025-2021", NO, NO),
    # days and weeks from the article
    ("trong hôm nay", "2020-10-15", "2020-10-15"),
    ("ngày mai", "2020-10-16", "2020-10-16"),
    ("trong tuần này", "2020-10-12", "2020-10-18"),
    ("tuần tới", "2020-10-19", "2020-10-25"),
    ("đầu tuần sau", "2020-10-19", "2020-10-20"),
    ("trước thứ Sáu tuần này", NO, "2020-10-16"),
    ("thứ tư tuần tới", "2020-10-21", "2020-10-21"),
    ("trước thứ năm tới", NO, "2020-10-22"),
    ("vào ngày mai (16-10)", "2020-10-16", "2020-10-16"),
    ("vào ngày mai (20-10)", NO, NO),  # contradicts itself
    # durations
    ("trong 15 ngày", "2020-10-15", "2020-10-30"),
    ("trong vòng 15 ngày tới", "2020-10-15", "2020-10-30"),
    ("trong thời hạn 05 (năm) ngày", "2020-10-15", "2020-10-20"),
    ("trong mười ngày tới", "2020-10-15", "2020-10-25"),
    ("2 tuần nữa", "2020-10-15", "2020-10-29"),
    ("trong năm ngày", "2020-10-15", "2020-10-20"),
    ("trong vòng 3 tháng", "2020-10-15", "2021-01-15"),
    ("trong 4 năm tới", "2020-10-15", "2024-10-15"),
    ("nửa tháng tới", "2020-10-15", "2020-10-30"),
    ("trong 48 giờ tới", "2020-10-15", "2020-10-17"),
    ("trong 24h", "2020-10-15", "2020-10-16"),
    ("trong 36 giờ", "2020-10-15", NO),  # ends at an hour that the article's is needed for
    ("không quá 10 ngày", "2020-10-15", "2020-10-25"),
    ("trong 05 ngày làm việc", "2020-10-15", "2020-10-22"),
    ("trong 15 ngày kể từ ngày 1/11/2020", "2020-11-01", "2020-11-16"),
    ("trong 5 ngày làm việc kể từ ngày 28/4/2021", "2021-04-28", "2021-05-07"),  # past 30/4, 1/5 and 3/5 in its lieu
    ("trong 15 ngày kể từ ngày ký", NO, NO),
    ("trong 15 ngày kể từ hôm nay", "2020-10-15", "2020-10-30"),
    ("17 tháng", NO, NO),
    ("sau 24 tháng", NO, NO),
    ("trong 5-7 ngày", NO, NO),
    ("trong 1-2 năm tới", NO, NO),
    ("trước 15 ngày", NO, NO),
    # ranges
    ("từ nay đến cuối năm", "2020-10-15", "2020-12-31"),
    ("từ nay đến hết năm 2021", "2020-10-15", "2021-12-31"),
    ("từ nay đến trước ngày 30/11", "2020-10-15", "2020-11-30"),
    ("từ nay đến tháng 8", "2020-10-15", "2021-08-31"),
    ("từ bây giờ tới năm 2025", "2020-10-15", "2025-12-31"),
    ("từ ngày 1/11/2020 đến ngày 15/11/2020", "2020-11-01", "2020-11-15"),
    ("từ ngày 1/11 đến ngày 15/11", "2020-11-01", "2020-11-15"),
    ("từ ngày 1 đến ngày 15/11/2020", "2020-11-01", "2020-11-15"),
    ("từ 1 đến 15/11", "2020-11-01", "2020-11-15"),
    ("từ ngày 25 đến 5/11", NO, "2020-11-05"),
    ("từ 01-15/11/2020", "2020-11-01", "2020-11-15"),
    ("ngày 1/11-15/11/2020", "2020-11-01", "2020-11-15"),
    ("từ 12h ngày 8-12 đến hết ngày 16-12", "2020-12-08", "2020-12-16"),
    ("từ ngày 15/12 đến ngày 15/1/2021", "2020-12-15", "2021-01-15"),
    ("từ ngày 15/12/2021 đến ngày 15/1", "2021-12-15", "2022-01-15"),
    ("từ ngày 15/12 đến ngày 15/1", "2020-12-15", "2021-01-15"),
    ("từ tháng 11 đến tháng 12", "2020-11-01", "2020-12-31"),
    ("từ tháng 6 đến 9/2021", "2021-06-01", "2021-09-30"),
    ("từ tháng 7/2021 đến cuối năm 2022", "2021-07-01", "2022-12-31"),
    ("từ quý I đến quý III/2021", "2021-01-01", "2021-09-30"),
    ("từ năm 2021 đến 2025", "2021-01-01", "2025-12-31"),
    ("trong 03 ngày liên tục từ ngày 25/5/2021 đến ngày 27/5/2021", "2021-05-25", "2021-05-27"),
    ("từ khi có hiệu lực đến hết năm 2025", NO, "2025-12-31"),
    ("kể từ ngày 1/12", "2020-12-01", NO),
    ("từ 1/12 này", "2020-12-01", NO),
    ("ngay từ đầu năm 2021", "2021-01-01", NO),
    ("sau ngày 30/11", "2020-12-01", NO),
    ("từ ngày 15/11/2020 đến ngày 1/11/2020", NO, NO),
    ("từ nay đến ngày 1/1/2020", NO, NO),
    # more ways to write a day
    ("trước ngày30/11/2020", NO, "2020-11-30"),
    ("truớc ngày 30/11", NO, "2020-11-30"),
    ("chậm nhât 30/11", NO, "2020-11-30"),
    ("hạn chót: 30/11", NO, "2020-11-30"),
    ("hạn cuối ngày 30/11", NO, "2020-11-30"),
    ("không chậm quá ngày 30/11", NO, "2020-11-30"),
    ("trước ngày 30 tháng Mười Một năm 2020", NO, "2020-11-30"),
    ("trước ngày ba mươi tháng mười một", NO, "2020-11-30"),
    ("trước ngày hai mươi lăm tháng mười hai", NO, "2020-12-25"),
    ("chậm nhất mùng một tháng Mười Hai", NO, "2020-12-01"),
    ("20 tháng Mười Một", NO, "2020-11-20"),
    ("trước ngày 31/12/2020 dương lịch", NO, "2020-12-31"),
    ("trước ngày 30/11 (năm 2020)", NO, "2020-11-30"),
    ("trước ngày bầu cử 23/5/2021", NO, "2021-05-23"),
    ("đến ngày tổng điều tra 1/11", NO, "2020-11-01"),
    ("trước ngày hội làng 10/3", NO, NO),  # a feast of the lunar calendar, it may be
    ("trong ngày làm việc kế tiếp", "2020-10-16", "2020-10-16"),
    ("ngày làm việc tiếp theo", "2020-10-16", "2020-10-16"),
    ("trước ngày khai trương", NO, NO),
    ("từ ngày 1/12 trở đi", "2020-12-01", NO),
    # more hours
    ("trước 0 giờ ngày 1/11", NO, "2020-10-31"),
    ("trước 00h00 ngày 1/11/2020", NO, "2020-10-31"),
    ("đến 0h ngày 1/11", NO, "2020-10-31"),
    ("trước 0 giờ 30 ngày 1/11", NO, "2020-11-01"),
    ("từ 0 giờ ngày 1/11", "2020-11-01", NO),
    ("từ 0 giờ ngày 1/11 đến 24 giờ ngày 5/11", "2020-11-01", "2020-11-05"),
    ("từ 0 giờ ngày 1/11 đến 0 giờ ngày 5/11", "2020-11-01", "2020-11-04"),
    ("đến 23h59 ngày 31/10", NO, "2020-10-31"),
    ("trước 17 giờ chiều ngày 20/10", NO, "2020-10-20"),
    ("chậm nhất cuối giờ chiều ngày 20/10", NO, "2020-10-20"),
    ("trước 17 giờ thứ Sáu tuần này", NO, "2020-10-16"),
    ("trước 17 giờ thứ Sáu, ngày 16/10", NO, "2020-10-16"),
    ("trước 12 giờ trưa mai", NO, "2020-10-16"),
    ("trước 17 giờ mỗi ngày", NO, NO),
    # more stretches of months and quarters
    ("trong tuần đầu tháng 11", "2020-11-01", "2020-11-07"),
    ("tuần cuối cùng của tháng 10", "2020-10-25", "2020-10-31"),
    ("trong 10 ngày đầu tháng 11", "2020-11-01", "2020-11-10"),
    ("trong 5 ngày cuối tháng 10", "2020-10-27", "2020-10-31"),
    ("thượng tuần tháng 11", "2020-11-01", "2020-11-10"),
    ("trước trung tuần tháng 11", NO, "2020-11-10"),
    ("đến hạ tuần tháng 11", NO, "2020-11-30"),
    ("trong các tháng 10, 11 và 12", "2020-10-01", "2020-12-31"),
    ("tháng 6-12/2021", "2021-06-01", "2021-12-31"),
    ("trong các quý I, II và III/2021", "2021-01-01", "2021-09-30"),
    ("trong quýIV/2020", "2020-10-01", "2020-12-31"),
    ("đến Q4/2020", NO, "2020-12-31"),
    ("trước cuối quý I sang năm", NO, "2021-03-31"),
    ("quý II năm tới", "2021-04-01", "2021-06-30"),
    ("trong 3 tháng còn lại", "2020-10-01", "2020-12-31"),
    ("trong 2 tháng còn lại", "2020-11-01", "2020-12-31"),
    ("trong 5 tháng còn lại", NO, NO),  # not of this year
    ("hai quý đầu năm 2021", "2021-01-01", "2021-06-30"),
    ("đến hết 9 tháng năm 2021", NO, "2021-09-30"),
    # more years and terms
    ("trước khi bước sang năm 2021", NO, "2020-12-31"),
    ("đến mốc 2030", NO, "2030-12-31"),
    ("từ năm 2021 trở đi", "2021-01-01", NO),
    ("trong các năm 2021, 2022", "2021-01-01", "2022-12-31"),
    ("trong hai năm 2021-2022", "2021-01-01", "2022-12-31"),
    ("giai đoạn 5 năm 2021-2025", "2021-01-01", "2025-12-31"),
    ("giai đoạn đến năm 2030", NO, "2030-12-31"),
    ("giai đoạn 2021-2030, tầm nhìn đến năm 2045", "2021-01-01", "2030-12-31"),
    ("đến hết nhiệm kỳ 2020–2025", NO, "2025-12-31"),
    ("giữa nhiệm kỳ 2020-2025", NO, NO),
    ("trong nhiệm kỳ này", NO, NO),
    # more counts
    ("trong vòng hai mươi mốt ngày", "2020-10-15", "2020-11-05"),
    ("chậm nhất 15 ngày", "2020-10-15", "2020-10-30"),
    ("chậm nhất là 10 ngày làm việc", "2020-10-15", "2020-10-29"),
    ("chậm nhất sau 3 ngày", "2020-10-15", "2020-10-18"),
    ("trong năm năm tới", "2020-10-15", "2025-10-15"),
    ("trong thời gian 48 giờ tới", "2020-10-15", "2020-10-17"),
    ("chậm nhất 5 ngày trước kỳ họp", NO, NO),
    # more ranges
    ("từ nay cho đến hết tháng 11", "2020-10-15", "2020-11-30"),
    ("từ nay đến hết mùa khô", "2020-10-15", NO),
    ("từ nay đến Tết Nguyên đán", "2020-10-15", NO),
    ("từ nay đến hết năm học", "2020-10-15", NO),
    ("từ giữa tháng 11 đến cuối tháng 12", "2020-11-11", "2020-12-31"),
    ("từ quý IV/2020 đến quý II/2021", "2020-10-01", "2021-06-30"),
    # what no calendar settles
    ("trước 31/02", NO, NO),
    ("trước ngày 31/11/2020", NO, NO),
    ("trước ngày 15/13/2020", NO, NO),
    ("từ ngày 1/11/2020 đến ngày 31/11/2020", "2020-11-01", NO),
    ("trước ngày 20 hằng tháng", NO, NO),
    ("trước ngày 20.1 hàng năm", NO, NO),
    ("đến năm 2020 hoặc 2025", NO, NO),
    ("trước Tết Nguyên đán", NO, "2021-02-11"),
    ("trước Tết Nguyên đán (trước 31/1/2021)", NO, "2021-01-31"),
    ("trong năm học 2020-2021", NO, NO),
    ("trong thời gian sớm nhất", NO, NO),
    ("đến nay", NO, NO),
    ("", NO, NO),
]

# phrase, article, from, until
OTHER_ARTICLES: list[tuple[str, date | None, str | None, str | None]] = [
    ("trước 15/01", date(2020, 12, 15), NO, "2021-01-15"),
    ("trước 31/12", date(2021, 1, 5), NO, "2021-12-31"),
    ("đầu năm", date(2021, 2, 1), "2021-01-01", "2021-04-30"),
    ("trước 29/2", date(2020, 1, 10), NO, "2020-02-29"),
    ("trước 29/2", date(2019, 12, 1), NO, "2020-02-29"),
    ("trước 29/2", date(2019, 1, 10), NO, NO),  # the next one is too far off to be meant
    ("trong 1 tháng", date(2021, 1, 31), "2021-01-31", "2021-02-28"),
    ("trong 1 năm", date(2020, 2, 29), "2020-02-29", "2021-02-28"),
    ("trong 3 ngày làm việc", date(2020, 12, 31), "2020-12-31", "2021-01-06"),  # past 1/1 and a weekend
    ("trong 1 ngày làm việc", date(2021, 9, 1), "2021-09-01", "2021-09-06"),  # past 2/9, 3/9 and a weekend
    ("tháng sau", date(2020, 12, 15), "2021-01-01", "2021-01-31"),
    ("quý sau", date(2020, 12, 15), "2021-01-01", "2021-03-31"),
    ("cuối tuần", date(2020, 10, 18), "2020-10-16", "2020-10-18"),
    ("trong 9999 năm", date(2020, 1, 1), "2020-01-01", NO),
    ("tuần tới", date.max, NO, NO),
    # without the article's date
    ("trước ngày 30/11/2020", None, NO, "2020-11-30"),
    ("trước ngày 30/11", None, NO, NO),
    ("từ nay đến năm 2025", None, NO, "2025-12-31"),
    ("từ nay đến cuối năm", None, NO, NO),
    ("từ ngày 1 đến ngày 15/11/2020", None, "2020-11-01", "2020-11-15"),
    ("từ ngày 15/12 đến ngày 15/1/2021", None, "2020-12-15", "2021-01-15"),
    ("từ ngày 15/12/2020 đến ngày 15/1", None, "2020-12-15", "2021-01-15"),
    ("trong 15 ngày", None, NO, NO),
    ("trong tháng 12", None, NO, NO),
    ("cuối năm nay", None, NO, NO),
    ("ngày mai", None, NO, NO),
    ("thứ Sáu tuần này", None, NO, NO),
    ("đến hết tuần này (18/10/2020)", None, NO, "2020-10-18"),
]


@pytest.mark.parametrize(("phrase", "first", "until"), CASES)
def test_days_that_a_phrase_settles(phrase: str, first: str | None, until: str | None) -> None:
    assert parse_deadline(phrase, THURSDAY) == {"from": first, "until": until}


@pytest.mark.parametrize(("phrase", "written", "first", "until"), OTHER_ARTICLES)
def test_the_article_date_settles_relative_phrases(
    phrase: str, written: date | None, first: str | None, until: str | None
) -> None:
    assert parse_deadline(phrase, written) == {"from": first, "until": until}


@pytest.mark.parametrize(("phrase", "first", "until"), CASES)
def test_unicode_form_case_and_spacing_make_no_difference(phrase: str, first: str | None, until: str | None) -> None:
    messy = unicodedata.normalize("NFD", phrase.upper()).replace(" ", "\u200b\u00a0 \r\n")
    assert parse_deadline(messy, THURSDAY) == {"from": first, "until": until}


def test_both_placements_of_a_tone_mark_are_one() -> None:
    assert tidy("khóa") == tidy("khoá")


NOTATIONS = [
    "{d}/{m}/{y}",
    "{d}-{m}-{y}",
    "{d}.{m}.{y}",
    "{d:02}/{m:02}/{y}",
    "ngày {d}/{m}/{y}",
    "ngày {d} tháng {m} năm {y}",
    "ngày {d:02} tháng {m:02}/{y}",
    "{d} tháng {m} năm {y}",
    "ngày mùng {d}/{m}/{y}",
    "ngày {d}/{m} năm {y}",
    "{y}-{m:02}-{d:02}",
    "17h ngày {d}/{m}/{y}",
    "17 giờ 30 ngày {d}-{m}-{y}",
    "chiều {d}/{m}/{y}",
    "ngày{d}/{m}/{y}",
    "ngày {d}/{m} (năm {y})",
    "ngày nghiệm thu {d}/{m}/{y}",
]
DAYS = st.dates(date(1950, 1, 1), date(2090, 12, 31))
WRITTEN = st.none() | DAYS


def spell(notation: str, day: date) -> str:
    return notation.format(d=day.day, m=day.month, y=day.year)


@given(DAYS, st.sampled_from(NOTATIONS), st.sampled_from(["trước", "đến", "đến hết", "chậm nhất là"]), WRITTEN)
def test_every_notation_of_a_day_parses_back(day: date, notation: str, lead: str, written: date | None) -> None:
    assert parse_deadline(f"{lead} {spell(notation, day)}", written) == {"from": None, "until": day.isoformat()}


@given(DAYS, st.sampled_from(["{d}/{m}", "ngày {d}/{m}", "ngày {d}-{m}", "ngày {d} tháng {m}"]), DAYS)
def test_a_missing_year_brings_the_day_near_the_article(day: date, notation: str, written: date) -> None:
    until = parse_deadline(f"trước {spell(notation, day)}", written)["until"]
    if until is None:
        assert (day.month, day.day) == (2, 29)
        return
    found = date.fromisoformat(until)
    assert (found.month, found.day) == (day.month, day.day)
    assert written - timedelta(days=92) <= found
    assert found.year == written.year or found <= written + timedelta(days=366 - 92)


@given(DAYS, DAYS, st.sampled_from(NOTATIONS), st.sampled_from(NOTATIONS), WRITTEN)
def test_ranges_parse_back(one: date, other: date, left: str, right: str, written: date | None) -> None:
    first, last = sorted((one, other))
    result = parse_deadline(f"từ {spell(left, first)} đến {spell(right, last)}", written)
    assert result == {"from": first.isoformat(), "until": last.isoformat()}


@given(DAYS, st.sampled_from(["tháng {m}/{y}", "tháng {m} năm {y}", "tháng {m:02}-{y}", "tháng {m}.{y}"]))
def test_months_parse_back_and_end_the_day_before_the_next(day: date, notation: str) -> None:
    following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    result = parse_deadline("trong " + spell(notation, day), None)
    last = (following - timedelta(days=1)).isoformat()
    assert result == {"from": day.replace(day=1).isoformat(), "until": last}
    assert parse_deadline("trước " + spell(notation, following), None)["until"] == last


@given(st.integers(1, 400), DAYS)
def test_days_are_counted_from_the_article(count: int, written: date) -> None:
    until = written + timedelta(days=count)
    expected = {"from": written.isoformat(), "until": until.isoformat()}
    assert parse_deadline(f"trong vòng {count} ngày", written) == expected


@given(st.integers(1, 60), DAYS)
def test_workdays_end_on_one_and_take_longer_than_days(count: int, written: date) -> None:
    until = parse_deadline(f"trong {count} ngày làm việc", written)["until"]
    assert until is not None
    last = date.fromisoformat(until)
    assert is_workday(last)
    assert last - written >= timedelta(days=count)
    assert sum(is_workday(written + timedelta(days=n)) for n in range(1, (last - written).days + 1)) == count


@given(st.integers(32, 99), st.integers(13, 99), st.integers(2000, 2050))
def test_impossible_days_and_months_are_none(day: int, month: int, year: int) -> None:
    nothing = {"from": None, "until": None}
    assert parse_deadline(f"trước ngày {day}/10/{year}", THURSDAY) == nothing
    assert parse_deadline(f"trước ngày 10/{month}/{year}", THURSDAY) == nothing
    assert parse_deadline(f"trong tháng {month}/{year}", THURSDAY) == nothing


WORDS = st.sampled_from(
    "từ đến trước sau trong hết ngày tháng năm quý tuần đầu giữa cuối nửa nay mai này tới sau và 1 5 12 30/6 1/7/2021 "
    "2020 2021-2025 III ( ) 17h hai 15 kể vòng làm việc hằng thứ sáu tháng 6 năm 2022 ngày 31/12 "
    "tết mùng rằm giêng chạp âm lịch giáp thìn trung thu 0 giờ nhiệm kỳ giai đoạn quý còn lại".split()
)


@given(st.lists(WORDS, max_size=12).map(" ".join) | st.text(), WRITTEN | st.sampled_from([date.min, date.max]))
def test_arbitrary_text_never_raises_and_from_is_not_after_until(text: str, written: date | None) -> None:
    result = parse_deadline(text, written)
    assert set(result) == {"from", "until"}
    days = [date.fromisoformat(day) for day in (result["from"], result["until"]) if day is not None]
    assert days == sorted(days)


def test_what_needs_no_article_date_does_not_change_with_one() -> None:
    alone = {phrase: parse_deadline(phrase, None) for phrase, _, _ in CASES}
    settled = {phrase: days for phrase, days in alone.items() if days["from"] and days["until"]}
    assert len(settled) > 40
    for written in (date(1999, 12, 31), date(2020, 2, 29), date(2030, 6, 1)):
        assert {phrase: parse_deadline(phrase, written) for phrase in settled} == settled


def test_a_page_of_text_is_no_time_limit() -> None:
    assert parse_deadline("từ ngày 1/1/2020 đến " * 500, THURSDAY) == {"from": None, "until": None}


def test_the_table_is_as_long_as_it_should_be() -> None:
    assert len({case[0] for case in CASES}) >= 240
