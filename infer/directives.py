"""From mentions to directives: who told whom to deliver what, with whom, to whom, by when.

Flows in: a text, its mentions (OFFICIAL, AGENCY, INDICATOR, DEADLINE) and its sentence spans. Flows out: `Directive`
records of mention ids, in reading order. Each sentence becomes a row of items (`infer.triggers`), read from left to
right by the rules of `infer.directive_rules`. The issuer carries on from sentence to sentence until another takes over.

    python -c "from infer.directives import find_directives; help(find_directives)"
"""

import re
from collections.abc import Iterator, Sequence

from infer.directive_rules import Sentence
from infer.directive_state import Directive, Story
from infer.triggers import LABELS, Mention, read_items, split_sentences

_SPACE = re.compile(r"\s*")
_POINT = re.compile(r"\s*(?:\(?[^\W_]{1,3}[.)]|[-–—•*+])\s*")

__all__ = ["Directive", "Mention", "find_directives"]


def find_directives(
    text: str, mentions: Sequence[Mention], sentences: Sequence[tuple[int, int]] | None = None
) -> list[Directive]:
    """The directives of `text`, in reading order.

    `mentions` need not be sorted; those with other labels, outside the text, or overlapping an earlier one are
    ignored. `sentences` are spans in code points, end exclusive; text between two of them counts with the second.
    Without them the text is split at line breaks and sentence-final marks. Never raises on any spans, and changes none
    of its arguments.
    """
    kept = _usable(text, mentions)
    spans = split_sentences(text, kept) if sentences is None else sentences
    story = Story(text)
    for start, end, new_line, inside in _pieces(text, kept, spans):
        Sentence(story, read_items(text, start, end, inside), new_line).read()
    found = (draft.finish() for draft in story.drafts)
    return [directive for directive in found if directive is not None]


def _usable(text: str, mentions: Sequence[Mention]) -> list[Mention]:
    kept: list[Mention] = []
    for mention in sorted(mentions, key=lambda m: (m.start, m.end)):
        free = not kept or kept[-1].end <= mention.start
        if free and mention.label in LABELS and 0 <= mention.start < mention.end <= len(text):
            kept.append(mention)
    return kept


def _pieces(
    text: str, kept: Sequence[Mention], sentences: Sequence[tuple[int, int]]
) -> Iterator[tuple[int, int, bool, Sequence[Mention]]]:
    """The whole text cut at the ends of the sentences: each piece, whether it begins a line, and its mentions.

    No mention is cut or lost. Space goes to the end of a piece, the mark of a point ("1.", "a)") to what it numbers.
    """
    start = n = first = 0
    new_line = True
    for end in sorted({min(max(end, 0), len(text)) for _, end in sentences} | {len(text)}):
        while n < len(kept) and kept[n].start < end:
            n += 1
        edge = max(end, kept[n - 1].end) if n > first else end
        while edge > start and text[edge - 1].isspace():
            edge -= 1
        space = _SPACE.match(text, edge)
        stop = space.end() if space else edge
        if stop > start and (stop == len(text) or not _POINT.fullmatch(text, start, stop)):
            yield start, stop, new_line, kept[first:n]
            start, first, new_line = stop, n, "\n" in text[edge:stop]
