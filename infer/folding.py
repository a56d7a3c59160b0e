"""Text as typed in, text that can be compared out: one place for what Vietnamese typing leaves to chance.

`fold` gives the readable form that ends up in records (NFC, no invisible characters, single spaces);
`match_key` gives the form that patterns look at. The key of a folded text is as long as the text itself,
so that a match in the key can be cut out of the readable text by its offsets.

    python -c "from infer.folding import fold, match_key; print(match_key(fold('Ủy  ban – HÒA Bình')))"
"""

import re
import unicodedata

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
_OLD_TONE = re.compile("|".join(_TONE_PLACE))
_LOOKALIKES = str.maketrans(
    {
        **dict.fromkeys("‐‑‒–—―−", "-"),
        **dict.fromkeys("’‘ʼ`´", "'"),
        **dict.fromkeys("“”„«»", '"'),
        "⁄": "/",
        "∕": "/",
        "ð": "đ",  # the Icelandic letter, a common slip
        "Ð": "đ",
    }
)


def fold(text: str) -> str:
    """`text` in NFC, without format characters (zero-width, BOM, soft hyphen), with single spaces and none at the ends.

    Any whitespace counts, line breaks and no-break spaces too. Never raises; folding twice changes nothing.
    """
    # Format characters go first: one may stand between a letter and its combining tone mark.
    visible = "".join(c for c in text if unicodedata.category(c) not in ("Cf", "Cs"))
    return " ".join(unicodedata.normalize("NFC", visible).split())


def match_key(folded: str) -> str:
    """The lower-case key of an already folded text: one tone placement, one dash, one apostrophe; same length."""
    # str.lower turns a few letters into two ("İ"); those stay as they are, to keep the offsets.
    lowered = "".join(low if len(low := c.lower()) == 1 else c for c in folded.translate(_LOOKALIKES))
    return _OLD_TONE.sub(lambda pair: _TONE_PLACE[pair[0]], lowered)
