"""The inference path: raw text → words → windows → tag scores → mentions → directive records.

    from infer import Extractor

    extractor = Extractor.load()
    article = extractor.extract("Chủ tịch UBND tỉnh giao Sở Y tế báo cáo trước ngày 30/11/2020.")
    article.directives, article.entities, article.to_json()

In: texts, or articles without annotation, in a stream. Out: articles in the public form, in the same order, one for
each. Every stage is a method of its own, so that one can be replaced: prepare, run, decode, mentions, records. Articles
go through them in chunks (`chunked`), the unit that is batched together.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from os import PathLike
from typing import Any, TypeVar

import numpy as np

from data.encode import Encoded, Encoder, bio_tags, raw_span
from data.errors import InputError, unforeseen
from data.schema import LABELS, Article, Directive, Entity
from infer.backends import load_forward
from infer.checkpoint import default_model, make_encoder, read_chain, read_settings
from infer.confidence import directive_score, surety
from infer.dateline import find_dateline
from infer.deadlines import parse_deadline
from infer.decode import Chain, Span, decode_all
from infer.directives import Directive as Found
from infer.directives import find_directives
from infer.indicators import parse_indicator
from infer.keys import add_keys
from infer.officials import parse_officials
from infer.runtime import Forward, word_scores

log = logging.getLogger("giaoban")

# articles taken together: enough windows to fill batches of like length, few enough to keep memory flat
CHUNK = 32
# and their text: ordinary articles never reach it, a chunk of huge ones ends there
CHUNK_CHARACTERS = 1_000_000

T = TypeVar("T")


def chunked(things: Iterable[T], length: Callable[[T], int]) -> Iterator[list[T]]:
    """A stream in lists of CHUNK things, or fewer where their lengths, in characters, reach CHUNK_CHARACTERS."""
    chunk: list[T] = []
    characters = 0
    for thing in things:
        chunk.append(thing)
        characters += length(thing)
        if len(chunk) == CHUNK or characters >= CHUNK_CHARACTERS:
            yield chunk
            chunk, characters = [], 0
    if chunk:
        yield chunk


class Extractor:
    """A tagger with everything around it. Make one with `Extractor.load`."""

    def __init__(self, encoder: Encoder, forward: Forward, chain: Chain, labels: Sequence[str]) -> None:
        """encoder: as the model was trained with. forward, chain: the model. labels: the label set, in its order."""
        self.encoder = encoder
        self.forward = forward
        self.chain = chain
        self.labels = list(labels)
        self.makes_records = set(LABELS) <= set(labels)

    @classmethod
    def load(
        cls,
        model: str | PathLike[str] | None = None,
        *,
        segmenter: str | None = None,
        device: str = "auto",
        backend: str = "auto",
        threads: int | None = None,
        text_bytes: int = 0,
    ) -> Extractor:
        """Load a checkpoint folder.

        Args:
            model: the folder; None takes the shipped model, else the one `make demo` trained.
            segmenter: another segmenter than the checkpoint's (a warning says that it hurts), or its folder.
            device, backend, threads, text_bytes: what the model runs on; see `infer.backends.load_forward`.
        Raises: InputError when the folder is no complete checkpoint, or cannot be run so.
        """
        folder = default_model() if model is None else model
        settings = read_settings(folder)
        if segmenter and segmenter.partition(":")[0] != settings.segmenter:
            log.warning(
                "%s was trained on words of the segmenter %r; with %r it will tag worse",
                folder,
                settings.segmenter,
                segmenter,
            )
        encoder = make_encoder(folder, settings, segmenter)
        forward = load_forward(folder, backend=backend, device=device, threads=threads, text_bytes=text_bytes)
        return cls(encoder, forward, read_chain(folder, settings), settings.labels)

    # -------------------------------------------------------------- whole path

    def extract(self, text: str, *, id: str = "text", date: dt.date | None = None) -> Article:
        """One text to an article with mentions and directives. Raises InputError for a text without a word."""
        if not text.strip():
            raise InputError("an empty text", expected="an article", mend="leave it out")
        return next(self.extract_many([Article.model_construct(id=id, date=date, text=text, meta={})]))

    def extract_many(self, articles: Iterable[Article]) -> Iterator[Article]:
        """A stream of articles to annotated ones, in order; annotation that they have is put aside.

        Raises: InputError for the first article that fails; `extract_chunks` goes on behind it.
        """
        for results in self.extract_chunks(chunked(articles, lambda article: len(article.text))):
            for result in results:
                if isinstance(result, InputError):
                    raise result
                yield result

    def extract_chunks(self, chunks: Iterable[Sequence[Article]]) -> Iterator[list[Article | InputError]]:
        """What `extract_chunk` gives for each chunk, in order, as it is asked for."""
        return map(self.extract_chunk, chunks)

    def extract_chunk(self, articles: Sequence[Article]) -> list[Article | InputError]:
        """Articles that are batched together; one result for each. An exception of any stage costs its article alone,
        so that neither odd text nor a bug of ours ends a run of a million."""
        encoded = [_attempt(article, self.prepare, article.text) for article in articles]
        spans = iter(self._spans([one for one in encoded if isinstance(one, Encoded)]))
        return [
            one if isinstance(one, InputError) else _attempt(article, self._finish, article, one, next(spans))
            for article, one in zip(articles, encoded, strict=True)
        ]

    def _spans(self, encoded: Sequence[Encoded]) -> Sequence[list[Span] | Exception]:
        """As `run` and `decode` give them; where one fails, of each article by itself."""
        try:
            return self.decode(encoded, self.run(encoded))
        except Exception as error:
            if len(encoded) == 1:
                return [error]
            return [spans for one in encoded for spans in self._spans([one])]

    def _finish(self, article: Article, words: Encoded, spans: list[Span] | Exception) -> Article:
        if isinstance(spans, Exception):
            raise spans
        date = article.date or find_dateline(article.text)
        entities = self.mentions(article.text, words, spans, date, article.meta.get("place"))
        return Article.model_construct(
            id=article.id,
            date=date,
            text=article.text,
            entities=entities,
            directives=self.records(article.text, words, entities),
            meta=article.meta,
        )

    # -------------------------------------------------------------- stages

    def prepare(self, text: str) -> Encoded:
        """Text to words, subwords and windows."""
        return self.encoder.encode(text)

    def run(self, articles: Sequence[Encoded]) -> list[np.ndarray]:
        """Tag scores of every word: float32 [words, tags] per article."""
        return word_scores(articles, self.encoder, self.forward, len(bio_tags(self.labels)))

    def decode(self, articles: Sequence[Encoded], scores: Sequence[np.ndarray]) -> list[list[Span]]:
        """Tag scores to spans of words with their probabilities."""
        return decode_all(scores, [article.words.lines for article in articles], self.chain)

    def mentions(
        self, text: str, article: Encoded, spans: Sequence[Span], date: dt.date | None, place: str | None
    ) -> list[Entity]:
        """Spans of words to mentions with raw offsets, probabilities and normalised values."""
        found = []
        for number, span in enumerate(spans, 1):
            start, end = raw_span(article.words, span.first, span.last)
            label, phrase = self.labels[span.label], text[start:end]
            found.append(
                Entity.model_construct(
                    id=f"e{number}",
                    label=label,
                    start=start,
                    end=end,
                    text=phrase,
                    score=round(span.score, 4),
                )
            )
        return with_values(text, date, place, found)

    def records(self, text: str, article: Encoded, entities: Sequence[Entity]) -> list[Directive]:
        """Mentions to directives; none when the model's labels are not those that records are made of."""
        if not self.makes_records:
            return []
        return link(text, entities, article.words.sentence_spans())


def _attempt(article: Article, stage: Callable[..., T], *values: object) -> T | InputError:
    try:
        return stage(*values)
    except Exception as error:
        return unforeseen(error, f"the article {article.id!r}")


def normalize(label: str, phrase: str, date: dt.date | None) -> dict[str, Any] | None:
    """The value of a mention by itself (GUIDELINES.md, Normalised values); None for a label that has none."""
    if label == "DEADLINE":
        return parse_deadline(phrase, date)
    if label == "INDICATOR":
        return parse_indicator(phrase)
    return None


def with_values(text: str, date: dt.date | None, place: str | None, entities: Sequence[Entity]) -> list[Entity]:
    """The mentions of one article with their normalised values and the keys of bodies and persons.

    Officials are read together, and keys need the whole article: `place` is the one that came with it, or None.
    """
    agencies = [entity for entity in entities if entity.label == "AGENCY"]
    officials = [entity for entity in entities if entity.label == "OFFICIAL"]
    read = parse_officials([entity.text for entity in officials])
    bodies, persons = add_keys(text, date, place, [entity.text for entity in agencies], read)
    keyed = dict(zip((e.id for e in [*agencies, *officials]), [*bodies, *persons], strict=True))
    return [
        entity.model_copy(update={"normalized": keyed.get(entity.id) or normalize(entity.label, entity.text, date)})
        for entity in entities
    ]


def link(text: str, entities: Sequence[Entity], sentences: Sequence[tuple[int, int]]) -> list[Directive]:
    """Mentions to directives in the public form; a mention without a score counts as certain."""
    scores = {entity.id: 1.0 if entity.score is None else entity.score for entity in entities}
    article = surety(scores.values())
    return [to_public(found, scores, article) for found in find_directives(text, entities, sentences)]


def to_public(found: Found, scores: Mapping[str, float], article: float) -> Directive:
    """A directive in the public form, with its score; `scores` of the mentions by id, `article` their `surety`."""
    return Directive.model_construct(
        issuer=found.issuer,
        assignees=list(found.assignees),
        coordinators=list(found.coordinators),
        recipients=list(found.recipients),
        indicators=list(found.indicators),
        deadlines=list(found.deadlines),
        start=found.start,
        end=found.end,
        score=round(directive_score(found.chance, [scores[id_] for id_ in sorted(found.ids())], article), 4),
    )
