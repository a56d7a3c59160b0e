"""Articles as CoNLL columns: a word and its IOB2 tag, a blank line after a sentence, `-DOCSTART-` before an article.

In: articles and a segmenter. Out: lines that `data.formats` reads, and counts of what they cannot carry: the columns
hold words and tags and nothing else. Lost: the text between words, ids, dates, directives, normalised values; a mention
that ends inside a word takes the whole word, and of two in one word the second is left out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO

from data.encode import bio_tags, tag_words
from data.exchange import check_names, label_set
from data.schema import Article
from data.segment import Segmenter, segment

DOCUMENT = "-DOCSTART-"


@dataclass(slots=True)
class Lost:
    """What columns could not carry, in counts."""

    directives: int = 0
    widened: int = 0
    left_out: int = 0
    wordless: int = 0


def write_conll(articles: Sequence[Article], segmenter: Segmenter, out: IO[str]) -> Lost:
    """Columns of all articles; what they cannot carry is counted."""
    check_names(articles, lambda label: not re.search(r"\s", label), "no space in a label")
    labels, lost = label_set(articles), Lost()
    names = bio_tags(labels)
    for article in articles:
        words = segment(article.text, segmenter)
        tagged = tag_words(words, article.entities, labels)
        lost.directives += len(article.directives)
        lost.widened += tagged.straddling
        lost.left_out += tagged.lost
        lost.wordless += not len(words)
        out.write(f"{DOCUMENT}\tO\n\n")
        ends = {int(end) for end in words.sentences[1:]}
        tags = [names[tag] for tag in tagged.tags.tolist()] + ["O"]
        for number, form in enumerate(words.forms, 1):
            out.write(f"{_word(form)}\t{tags[number - 1]}\n")
            # a mention goes on in the next sentence where a full stop in it was taken for the end of one
            if number in ends and not tags[number].startswith("I-"):
                out.write("\n")
    return lost


def _word(form: str) -> str:
    """A word as a column; one that is the mark of a document gets a joint, which reading takes away."""
    return f"_{form}" if form == DOCUMENT else form
