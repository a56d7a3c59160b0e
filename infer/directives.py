"""From mentions to directives: who told whom to deliver what, with whom, to whom, by when.

Flows in: a text, its mentions (OFFICIAL, AGENCY, INDICATOR, DEADLINE) and its sentence spans. Flows out: `Directive`
records of mention ids, in reading order. The rules read each sentence as a row of items (`infer.triggers`) from left to
right (`infer.directive_rules`); the learned linker (`infer.linker`) takes what they found for one hint among others.

    python -c "from infer.directives import find_directives; help(find_directives)"
"""

from collections.abc import Sequence

from infer.directive_rules import Sentence
from infer.directive_state import Directive, Story
from infer.linker import load_linker
from infer.scene import Scene
from infer.triggers import Mention, pieces, read_items, split_sentences, usable

__all__ = ["Directive", "Mention", "find_by_rules", "find_directives"]


def find_directives(
    text: str, mentions: Sequence[Mention], sentences: Sequence[tuple[int, int]] | None = None
) -> list[Directive]:
    """The directives of `text`, in reading order.

    `mentions` need not be sorted; those with other labels, outside the text, overlapping an earlier one or with its id
    are ignored. `sentences` are spans in code points, end exclusive; text between two of them counts with the second.
    Without them the text is split at line breaks and sentence-final marks. Never raises on any spans, and changes none
    of its arguments.
    """
    kept = usable(text, mentions)
    spans = split_sentences(text, kept) if sentences is None else sentences
    return load_linker().link(Scene(text, kept, spans, find_by_rules(text, kept, spans)))


def find_by_rules(
    text: str, mentions: Sequence[Mention], sentences: Sequence[tuple[int, int]] | None = None
) -> list[Directive]:
    """What the rules alone find, in reading order; arguments as for `find_directives`.

    The issuer carries on from sentence to sentence until another takes over.
    """
    kept = usable(text, mentions)
    spans = split_sentences(text, kept) if sentences is None else sentences
    story = Story(text)
    for start, end, new_line, inside in pieces(text, kept, spans):
        Sentence(story, read_items(text, start, end, inside), new_line).read()
    found = (draft.finish() for draft in story.drafts)
    return [directive for directive in found if directive is not None]
