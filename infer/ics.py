"""Deadlines for a calendar: an all-day event for each record and each day on which one of its deadlines ends.

In: articles with directives. Out: an iCalendar file (RFC 5545), written as the articles come. Records without a date
make no event. An event is known by its article, its sentence, its issuer, its assignees and its day: reading the same
article again gives the same UID, so that a calendar updates the event instead of doubling it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from data.schema import Article
from infer.rows import Record, dated, read_records, shown

PRODUCT = "-//giaoban//records//EN"
LONGEST_TASK = 120


@contextmanager
def open_ics(handle: IO[str]) -> Iterator[IcsSink]:
    """A calendar of the records that are written to it."""
    from icalendar import Calendar

    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    end = "END:VCALENDAR\r\n"
    handle.write(calendar.to_ical().decode().removesuffix(end))
    yield IcsSink(handle, dt.datetime.now(dt.UTC).replace(microsecond=0))
    handle.write(end)


class IcsSink:
    """Writes events, stamped with the time that they were made at."""

    def __init__(self, handle: IO[str], stamp: dt.datetime) -> None:
        self._handle, self._stamp = handle, stamp

    def write(self, article: Article) -> None:
        seen: set[str] = set()
        for record in read_records(article):
            for day in record.dues:
                uid = _uid(record, day)
                if uid not in seen:  # two records alike in all that an event shows
                    self._handle.write(self._event(record, day, uid))
                seen.add(uid)

    def _event(self, record: Record, day: dt.date, uid: str) -> str:
        from icalendar import Event

        event = Event()
        fields: dict[str, Any] = {
            "uid": uid,
            "dtstamp": self._stamp,
            "dtstart": day,
            "summary": shown(_summary(record)),
            "description": shown(_description(record)),
            "transp": "TRANSPARENT",  # a deadline keeps nobody busy all day
        }
        for name, value in fields.items():
            event.add(name, value)
        return str(event.to_ical(), "utf-8")


def _uid(record: Record, day: dt.date) -> str:
    parts = [record.article.id, record.sentence, record.texts("issuer"), record.texts("assignees"), day.isoformat()]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32] + "@giaoban"


def _summary(record: Record) -> str:
    who = ", ".join(record.texts("assignees") or record.texts("issuer"))
    what = "; ".join(record.texts("indicators")) or textwrap.shorten(record.task, LONGEST_TASK, placeholder="…")
    return ": ".join(part for part in (who, what) if part)


def _description(record: Record) -> str:
    lines = [
        " ".join(record.sentence.split()),
        "",
        *(f"issuer: {text}" for text in record.texts("issuer")),
        *(f"deadline: {dated(entity)}" for entity in record.mentions["deadlines"]),
        f"article: {record.article.id}, line {record.line}",
    ]
    return "\n".join(lines)
