"""Text as typed in, text that can be compared out: one place for what Vietnamese typing leaves to chance.

`fold` gives the readable form that ends up in records (NFC, no invisible characters, single spaces);
`match_key` gives the form that patterns look at. The key of a folded text is as long as the text itself,
so that a match in the key can be cut out of the readable text by its offsets.

    python -c "from infer.folding import fold, match_key; print(match_key(fold('Ủy  ban – HÒA Bình')))"
"""

import re
import unicodedata
from functools import lru_cache

from data.unicode import nfc

# Both placements of the tone mark are in use ("hòa" and "hoà", "ủy" and "uỷ"); the key knows the second only.
_TONE_PLACE = {
    "òa": "oà",
    "óa": "oá",
    "ỏa": "oả",
    "õa": "oã",
    "ọa": "oạ",
    "òe": "oè",
    "óe": "oé",
    "ỏe": "oẻ",
    "õe": "oẽ",
    "ọe": "oẹ",
    "ùy": "uỳ",
    "úy": "uý",
    "ủy": "uỷ",
    "ũy": "uỹ",
    "ụy": "uỵ",
}
_LOOKALIKES = {
    **dict.fromkeys("‐‑‒–—―−", "-"),
    **dict.fromkeys("’‘ʼ`´", "'"),
    **dict.fromkeys("“”„«»", '"'),
    "⁄": "/",
    "∕": "/",
    "ð": "đ",  # the Icelandic letter, a common slip
}
_ONE_FORM = _LOOKALIKES | _TONE_PLACE
_OTHER_FORM = re.compile(f"[{''.join(_LOOKALIKES)}]|{'|'.join(_TONE_PLACE)}")
# Of these the lower case is two letters, or depends on the letters around it: they go one by one, to keep the offsets.
_ODD_CASE = re.compile("[İΣ]")
# Keys of phrases up to so many characters are remembered: mentions and their parts are asked for many times, and many
# come again in the next article.
_PHRASE, _REMEMBERED = 200, 16384


def fold(text: str) -> str:
    """`text` in NFC, without format characters (zero-width, BOM, soft hyphen), with single spaces and none at the ends.

    Any whitespace counts, line breaks and no-break spaces too. Never raises; folding twice changes nothing.
    """
    spaced = " ".join(text.split())
    if spaced.isprintable():  # as nearly all text is: it holds no format character
        return nfc(spaced)
    # Format characters go first: one may stand between a letter and its combining tone mark.
    visible = "".join(c for c in text if unicodedata.category(c) not in ("Cf", "Cs"))
    return " ".join(nfc(visible).split())


def match_key(folded: str) -> str:
    """The lower-case key of an already folded text: one tone placement, one dash, one apostrophe; same length."""
    return _phrase_key(folded) if len(folded) <= _PHRASE else _key(folded)


def _key(folded: str) -> str:
    lowered = _lower_each(folded) if _ODD_CASE.search(folded) else folded.lower()
    return _OTHER_FORM.sub(lambda match: _ONE_FORM[match[0]], lowered)


_phrase_key = lru_cache(_REMEMBERED)(_key)


def _lower_each(text: str) -> str:
    return "".join(low if len(low := c.lower()) == 1 else c for c in text)
