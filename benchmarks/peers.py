"""Our recipe beside its peers, trained on the same articles.

    python -m benchmarks.peers MODEL --train data/articles/train --dev data/articles/dev --test data/articles/test

In: a checkpoint that `python -m train` made from the articles of --train (and the encoder it was made from), articles.
Out: a table for each source of --test, on standard output: strict F1 with its 95% interval (bootstrap over articles),
the same per label, seconds of training, words tagged a second (from raw text; ours with the records), size. A peer's
rows are also said on standard error as soon as it is done. The peers, --peers names those to run:

- crf: sklearn-crfsuite on the usual features of a word and its neighbours;
- spacy: spaCy's NER (tok2vec and transitions) from scratch, the epoch chosen on dev;
- bilstm-crf: embeddings of words and of their characters' hashes, a bidirectional LSTM, a CRF; the epoch chosen on dev;
- stock: the same encoder by transformers' token-classification recipe: one sentence an example, its first 256 subwords
  (or as many as the encoder has positions), softmax, argmax; the epoch chosen on dev.

All of them get the words of our segmenter.
"""

from __future__ import annotations

import copy
import datetime as dt
import itertools
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import recurrent
from data.command import make_parser
from data.encode import bio_tags, raw_span, tag_spans, tag_words
from data.errors import InputError
from data.formats import read_articles
from data.progress import Meter
from data.schema import LABELS, Article, Entity
from data.segment import DEFAULT, Segmentation, load_segmenter, segment
from infer.extractor import Extractor
from train.metrics import evaluate

# words of each line (or sentence) → tag numbers of each
Tag = Callable[[list[list[str]]], list[list[int]]]
Rows = Sequence[tuple[list[str], list[int]]]
Say = Callable[[str], None]
TAGS = bio_tags(LABELS)
EPOCHS = 20  # of the peers that start from scratch


class Side:
    """One peer: what `fit` gives tags lines of words, or sentences; `say` is told how far it is."""

    name: str
    by_sentence = False

    def fit(self, train: Rows, dev: Rows, say: Say) -> Tag:
        raise NotImplementedError

    size = 0  # bytes, known after fit


# ------------------------------------------------------------------ peers


class Crf(Side):
    """sklearn-crfsuite; L-BFGS, c1 = c2 = 0.1 as its tutorial has it."""

    name = "crf"

    def fit(self, train: Rows, dev: Rows, say: Say) -> Tag:
        import sklearn_crfsuite

        model = sklearn_crfsuite.CRF(
            algorithm="lbfgs", c1=0.1, c2=0.1, max_iterations=100, all_possible_transitions=True
        )
        model.fit([crf_features(words) for words, _ in train], [[TAGS[tag] for tag in tags] for _, tags in train])
        self.size = Path(model.modelfile.name).stat().st_size
        number = {tag: index for index, tag in enumerate(TAGS)}
        return lambda lines: [[number[tag] for tag in model.predict_single(crf_features(words))] for words in lines]


def crf_features(words: Sequence[str]) -> list[dict[str, str | bool]]:
    """The usual features: the word, its ends and shape, and those of two neighbours to each side."""
    own: list[dict[str, str | bool]] = [
        {
            "w": word.lower(),
            "pre": word[:3].lower(),
            "suf": word[-3:].lower(),
            "title": word.istitle(),
            "upper": word.isupper(),
            "digit": any(char.isdigit() for char in word),
            "shape": "".join(
                "X" if c.isupper() else "x" if c.isalpha() else "9" if c.isdigit() else c for c in word[:8]
            ),
        }
        for word in words
    ]
    out: list[dict[str, str | bool]] = []
    for place in range(len(words)):
        features: dict[str, str | bool] = {"bias": True}
        for shift in range(-2, 3):
            near = place + shift
            if 0 <= near < len(words):
                features |= {f"{shift}:{key}": value for key, value in own[near].items()}
            else:
                features[f"{shift}:edge"] = True
        for shift in (-1, 0):
            if place + shift >= 0 and place + shift + 1 < len(words):
                features[f"{shift}:pair"] = f"{own[place + shift]['w']} {own[place + shift + 1]['w']}"
        out.append(features)
    return out


class Spacy(Side):
    """spaCy's NER with its default architecture, best epoch on dev."""

    name = "spacy"

    def fit(self, train: Rows, dev: Rows, say: Say) -> Tag:
        import spacy
        from spacy.tokens import Doc
        from spacy.training import Example
        from spacy.training.batchers import minibatch_by_words
        from spacy.util import fix_random_seed

        fix_random_seed(13)
        nlp = spacy.blank("xx")
        ner: Any = nlp.add_pipe("ner")
        for label in LABELS:
            ner.add_label(label)

        def example(words: list[str], tags: list[int]) -> Any:
            return Example(Doc(nlp.vocab, words=words), Doc(nlp.vocab, words=words, ents=[TAGS[tag] for tag in tags]))

        def tag(lines: list[list[str]]) -> list[list[int]]:
            docs = nlp.pipe(Doc(nlp.vocab, words=words) for words in lines if words)
            found = iter(
                [TAGS.index(f"{t.ent_iob_}-{t.ent_type_}") if t.ent_iob_ in "BI" else 0 for t in doc] for doc in docs
            )
            return [next(found) if words else [] for words in lines]

        examples = [example(words, tags) for words, tags in train if words]
        optimizer = nlp.initialize(lambda: examples)
        random = np.random.default_rng(13)
        best = Best()
        for epoch in range(EPOCHS):
            say(f"epoch {epoch + 1} of {EPOCHS}")
            order = random.permutation(len(examples))
            for batch in minibatch_by_words((examples[index] for index in order), size=500):
                nlp.update(batch, sgd=optimizer, drop=0.1)
            best.offer(tag_f1(tag, dev), nlp.to_bytes)
        nlp.from_bytes(best.state)
        self.size = len(best.state)
        return tag


class Recurrent(Side):
    """A plain BiLSTM-CRF (benchmarks/recurrent.py)."""

    name = "bilstm-crf"

    def fit(self, train: Rows, dev: Rows, say: Say) -> Tag:
        model = recurrent.BiLstmCrf([words for words, _ in train], len(TAGS))
        best = Best()
        for epoch in range(EPOCHS):
            say(f"epoch {epoch + 1} of {EPOCHS}")
            model.train_epoch(train, epoch)
            best.offer(tag_f1(model.tag, dev), lambda: copy.deepcopy(model.state_dict()))
        model.load_state_dict(best.state)
        self.size = sum(weight.numel() * 4 for weight in model.parameters())
        return model.tag


class Stock(Side):
    """transformers' run_ner recipe on the same encoder: 3e-4, batches of 16 sentences, 8 epochs, linear decay."""

    name = "stock"
    by_sentence = True

    def __init__(self, encoder: str) -> None:
        self.encoder = encoder

    def fit(self, train: Rows, dev: Rows, say: Say) -> Tag:
        model = recurrent.StockClassifier(self.encoder, len(TAGS))
        best = Best()
        for epoch in range(model.EPOCHS):
            say(f"epoch {epoch + 1} of {model.EPOCHS}")
            model.train_epoch(train, epoch)
            best.offer(tag_f1(model.tag, dev), lambda: copy.deepcopy(model.model.state_dict()))
        model.model.load_state_dict(best.state)
        self.size = sum(weight.numel() * 4 for weight in model.model.parameters())
        return model.tag


class Best:
    """The state with the highest score so far."""

    def __init__(self) -> None:
        self.score, self.state = -1.0, None  # type: float, Any

    def offer(self, score: float, make: Callable[[], Any]) -> None:
        if score > self.score:
            self.score, self.state = score, make()


def tag_f1(tag: Tag, gold: Sequence[tuple[list[str], list[int]]]) -> float:
    """Strict F1 of spans of words."""
    right = found = true = 0
    for made, (_, tags) in zip(tag([words for words, _ in gold]), gold, strict=True):
        a, b = set(tag_spans(legal(made))), set(tag_spans(tags))
        right, found, true = right + len(a & b), found + len(a), true + len(b)
    return 2 * right / max(1, found + true)


def legal(tags: Sequence[int]) -> list[int]:
    """BIO in which an I that follows neither B nor I of its label begins a mention, as conlleval reads it."""
    out: list[int] = []
    for tag in tags:
        inside = tag and tag % 2 == 0
        out.append(tag - 1 if inside and (not out or out[-1] not in (tag - 1, tag)) else tag)
    return out


# ------------------------------------------------------------------ articles


def rows(articles: Sequence[Article], by_sentence: bool) -> list[tuple[list[str], list[int]]]:
    """Words and tag numbers of every line or sentence."""
    return [pair for article, words in segmented(articles) for pair in _rows(article, words, by_sentence)]


def segmented(articles: Sequence[Article]) -> Iterator[tuple[Article, Segmentation]]:
    """Articles with their words."""
    segmenter = load_segmenter(DEFAULT)
    return ((article, segment(article.text, segmenter)) for article in articles)


def _rows(article: Article, words: Segmentation, by_sentence: bool) -> Iterator[tuple[list[str], list[int]]]:
    tags = tag_words(words, article.entities, LABELS).tags.tolist()
    bounds = (words.sentences if by_sentence else words.lines).tolist()
    for a, b in itertools.pairwise(bounds):
        yield words.forms[a:b], tags[a:b]


def predicted(tag: Tag, articles: Sequence[Article], by_sentence: bool) -> list[Article]:
    """What a peer finds in the texts of articles."""
    out = []
    for article, words in segmented(articles):
        tags = [one for line in tag([words for words, _ in _rows(article, words, by_sentence)]) for one in line]
        entities = []
        for number, (label, first, last) in enumerate(tag_spans(legal(tags)), 1):
            start, end = raw_span(words, first, last)
            text = article.text[start:end]
            entities.append(
                Entity.model_construct(id=f"e{number}", label=LABELS[label], start=start, end=end, text=text)
            )
        out.append(article.model_copy(update={"entities": entities, "directives": []}))
    return out


def line_of(name: str, gold: Sequence[Article], made: Sequence[Article], training: str, rate: float, size: int) -> str:
    """A row of the table; rate: words a second, size: bytes."""
    scores = evaluate(gold, made, LABELS)["entities"]
    cells = "".join(f"{f1_with_interval(scores[key]):>20}" for key in ("micro", *LABELS))
    return f"{name:12}{cells}{training:>12}{rate:12,.0f}{size / 1e6:9.1f} MB"


def f1_with_interval(scores: dict[str, Any]) -> str:
    low, high = scores["f1_interval"]
    return f"{scores['f1']:.3f} {low:.3f}–{high:.3f}"


def teller(meter: Meter, done: int, name: str) -> Say:
    """What a peer tells of its progress; done: peers that are through."""
    return lambda note: meter.update(done, f"{name}, {note}")


def timed(
    articles: Sequence[Article], tag: Callable[[Sequence[Article]], list[Article]]
) -> tuple[list[Article], float]:
    """Tagged articles, and how many words of them a second."""
    words = sum(len(words) for _, words in segmented(articles))
    started = time.perf_counter()
    made = tag(articles)
    return made, words / (time.perf_counter() - started)


def main(argv: list[str] | None = None) -> int:
    """Print the tables; gives the exit status."""
    parser = make_parser("python -m benchmarks.peers", __doc__)
    parser.add_argument("model", help="our checkpoint, trained on --train")
    parser.add_argument("--encoder", default="models/mini-encoder", help="what it was made from (%(default)s)")
    parser.add_argument("--train", nargs="+", required=True, help="files or folders of articles, or JSON lines")
    parser.add_argument("--dev", required=True)
    parser.add_argument("--test", nargs="+", required=True, help="a table each")
    names = [side.name for side in (Crf, Spacy, Recurrent, Stock)]
    parser.add_argument("--peers", nargs="*", choices=names, default=names, help="which ones (all)")
    args = parser.parse_args(argv)
    try:
        train = [article for source in args.train for article in read_articles(Path(source))]
        dev = list(read_articles(Path(args.dev)))
        tests = {source: list(read_articles(Path(source))) for source in args.test}
        extractor = Extractor.load(args.model, device="cpu")
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    tables: dict[str, list[str]] = {source: [] for source in tests}
    sides: list[Side] = [Crf(), Spacy(), Recurrent(), Stock(args.encoder)]
    chosen = [side for side in sides if side.name in args.peers]
    with Meter("peers", len(chosen)) as meter:
        for done, side in enumerate(chosen):
            to_train, to_choose = rows(train, side.by_sentence), rows(dev, side.by_sentence)
            started = time.perf_counter()
            tag = side.fit(to_train, to_choose, teller(meter, done, side.name))
            seconds = time.perf_counter() - started
            for source, articles in tests.items():
                made, rate = timed(articles, partial(predicted, tag, by_sentence=side.by_sentence))
                row = line_of(side.name, articles, made, f"{seconds:.0f}", rate, side.size)
                tables[source].append(row)
                meter.say(f"{source}: {row}")
    weights = sum(file.stat().st_size for file in Path(args.model).iterdir() if file.is_file())
    for source, articles in tests.items():
        made, rate = timed(articles, lambda given: list(extractor.extract_many(given)))
        tables[source].append(line_of("giaoban", articles, made, "", rate, weights))
    machine = f"{platform.machine()}, {len(os.sched_getaffinity(0))} cores, Python {platform.python_version()}"
    print(f"{dt.date.today().isoformat()}, {machine}; {len(train)} articles to train on")
    for source, lines in tables.items():
        heads = "".join(f"{head:>20}" for head in ("F1, interval", *LABELS))
        print(f"\n{source}\n{'':12}{heads}{'training s':>12}{'words/s':>12}{'size':>12}")
        print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
