"""From mentions to directives: who told whom to deliver what, with whom, to whom, by when.

Flows in: a text, its mentions (OFFICIAL, AGENCY, INDICATOR, DEADLINE) and its sentence spans. Flows out: `Directive`
records of mention ids, in reading order. Each sentence becomes a row of items (`infer.triggers`), read from left to
right by the rules of `infer.directive_rules`. The issuer carries on from sentence to sentence until another takes over.

    python -c "from infer.directives import find_directives; help(find_directives)"
"""

from collections.abc import Iterator, Sequence

from infer.directive_rules import Sentence
from infer.directive_state import Directive, Story
from infer.triggers import LABELS, Mention, read_items, split_sentences

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
    story = Story(text)
    for start, end, inside in _pieces(text, kept, split_sentences(text, kept) if sentences is None else sentences):
        Sentence(story, read_items(text, start, end, inside)).read()
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
) -> Iterator[tuple[int, int, Sequence[Mention]]]:
    """The whole text cut at the ends of the sentences, each piece with its mentions; no mention is cut or lost."""
    start = n = 0
    for end in sorted({min(max(end, 0), len(text)) for _, end in sentences} | {len(text)}):
        first = n
        while n < len(kept) and kept[n].start < end:
            n += 1
        stop = max(end, kept[n - 1].end) if n > first else end
        if stop > start:
            yield start, stop, kept[first:n]
            start = stop
