"""Any text in, its normal form out, in time proportional to the text.

`unicodedata.normalize` sorts the combining marks on a letter by insertion: a run of a million of them, which is no text
of any language but fits into an article, would take it half an hour. Of each run the marks up to `MOST_MARKS` count,
the bound of Unicode's Stream-Safe Text Format (UAX #15, section 13; no word needs more than six), and the others are
left out of the normal form. Text without such runs comes out as from `unicodedata.normalize`.

    python -c "from data.unicode import nfc; print(len(nfc('a' + '\\u0301' * 1_000_000)))"
"""

import re
import unicodedata

MOST_MARKS = 30
# A character and, after it, what may be too many marks: none is a letter, a digit or a space. Decomposed a mark is two
# at most, and three belong to the character itself.
_LONG = re.compile(rf"(?s:.)[^\w\s]{{{MOST_MARKS // 2 - 2},}}")


def nfc(text: str) -> str:
    """`text` in NFC, without the marks of a run beyond the first `MOST_MARKS`; doing it twice changes nothing."""
    return unicodedata.normalize("NFC", _LONG.sub(_bounded, text))


def nfd(text: str) -> str:
    """The same in NFD."""
    return unicodedata.normalize("NFD", _LONG.sub(_bounded, text))


def _bounded(run: re.Match[str]) -> str:
    kept, marks = [], 0
    for char in run[0]:
        parts = unicodedata.normalize("NFD", char)
        own = sum(unicodedata.combining(part) > 0 for part in parts)
        if own < len(parts):  # a letter, with marks of its own or without
            marks = own
        elif (marks := marks + own) > MOST_MARKS:
            continue
        kept.append(char)
    return "".join(kept)
