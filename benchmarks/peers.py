"""Our recipe beside its peers, trained on the same articles.

    python -m benchmarks.peers MODEL --train data/articles/train --dev data/articles/dev --test data/articles/test

In: a checkpoint that `python -m train` made from the articles of --train (and the encoder it was made from), articles.
Out: a table on standard output: strict F1 with its 95% interval (bootstrap over articles), per label, seconds of
training, words tagged a second (one thread for the CPU-only peers), size on disk. The peers:

- crf: sklearn-crfsuite on the usual features of a word and its neighbours;
- spacy: spaCy's NER (tok2vec and transitions) from scratch, the epoch chosen on dev;
- bilstm-crf: embeddings of words and of their characters' hashes, a bidirectional LSTM, a CRF; the epoch chosen on dev;
- stock: the same encoder by transformers' token-classification recipe: one sentence an example, its first 256 subwords,
  softmax, argmax; the epoch chosen on dev.

All of them get the words of our segmenter.
"""

from __future__ import annotations

import argparse
import copy
import datetime as dt
import itertools
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import recurrent
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
TAGS = bio_tags(LABELS)


class Side:
    """One peer: what `fit` gives tags lines of words; `lines` says whether it reads lines or sentences."""

    name: str
    by_sentence = False

    def fit(self, train: Sequence[tuple[list[str], list[int]]], dev: Sequence[tuple[list[str], list[int]]]) -> Tag:
        raise NotImplementedError

    size = 0  # bytes, known after fit


# ------------------------------------------------------------------ peers


class Crf(Side):
    """sklearn-crfsuite; L-BFGS, c1 = c2 = 0.1 as its tutorial has it."""

    name = "crf"

    def fit(self, train: Sequence[tuple[list[str], list[int]]], dev: Sequence[tuple[list[str], list[int]]]) -> Tag:
        import sklearn_crfsuite

        with tempfile.NamedTemporaryFile(suffix=".crfsuite") as file:
            model = sklearn_crfsuite.CRF(
                algorithm="lbfgs", c1=0.1, c2=0.1, max_iterations=100, all_possible_transitions=True
            )
            model.fit([crf_features(words) for words, _ in train], [[TAGS[tag] for tag in tags] for _, tags in train])
            self.size = len(Path(model.modelfile.name).read_bytes())
            del file
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
            "shape": "".join("X" if c.isupper() else "x" if c.isalpha() else "9" if c.isdigit() else c for c in word)[
                :8
            ],
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
    """spaCy's NER with its default architecture; 20 passes, best on dev."""

    name = "spacy"

    def fit(self, train: Sequence[tuple[list[str], list[int]]], dev: Sequence[tuple[list[str], list[int]]]) -> Tag:
        import spacy
        from spacy.tokens import Doc
        from spacy.training import Example
        from spacy.util import fix_random_seed, minibatch

        fix_random_seed(13)
        nlp = spacy.blank("xx")
        ner: Any = nlp.add_pipe("ner")
        for label in LABELS:
            ner.add_label(label)

        def example(words: list[str], tags: list[int]) -> Any:
            return Example.from_dict(Doc(nlp.vocab, words=words), {"entities": [TAGS[tag] for tag in tags]})

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
        for _ in range(20):
            order = random.permutation(len(examples))
            for batch in minibatch((examples[index] for index in order), size=64):
                nlp.update(batch, sgd=optimizer, drop=0.2)
            best.offer(tag_f1(tag, dev), nlp.to_bytes)
        nlp.from_bytes(best.state)
        self.size = len(best.state)
        return tag


class Recurrent(Side):
    """A plain BiLSTM-CRF (benchmarks/recurrent.py)."""

    name = "bilstm-crf"

    def fit(self, train: Sequence[tuple[list[str], list[int]]], dev: Sequence[tuple[list[str], list[int]]]) -> Tag:
        model = recurrent.BiLstmCrf([words for words, _ in train], len(TAGS))
        best = Best()
        for epoch in range(20):
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

    def fit(self, train: Sequence[tuple[list[str], list[int]]], dev: Sequence[tuple[list[str], list[int]]]) -> Tag:
        model = recurrent.StockClassifier(self.encoder, len(TAGS))
        best = Best()
        for epoch in range(recurrent.StockClassifier.EPOCHS):
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


def line_of(name: str, gold: Sequence[Article], made: Sequence[Article], *rest: str) -> str:
    """A row of the table."""
    scores = evaluate(gold, made, LABELS)["entities"]
    low, high = scores["micro"]["f1_interval"]
    labels = "".join(f"{scores[label]['f1']:11.3f}" for label in LABELS)
    return f"{name:12}{scores['micro']['f1']:7.3f}  {low:.3f}–{high:.3f}{labels}" + "".join(f"{x:>12}" for x in rest)


def main(argv: list[str] | None = None) -> int:
    """Print the tables; gives the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__.split("\n")[0])
    parser.add_argument("model", help="our checkpoint, trained on --train")
    parser.add_argument("--encoder", default="models/mini-encoder", help="what it was made from (%(default)s)")
    parser.add_argument("--train", nargs="+", required=True)
    parser.add_argument("--dev", required=True)
    parser.add_argument("--test", nargs="+", required=True)
    parser.add_argument("--peers", nargs="*", default=["crf", "spacy", "bilstm-crf", "stock"])
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
        for done, side in enumerate(chosen, 1):
            started = time.perf_counter()
            tag = side.fit(rows(train, side.by_sentence), rows(dev, side.by_sentence))
            seconds = time.perf_counter() - started
            for source, articles in tests.items():
                started = time.perf_counter()
                made = predicted(tag, articles, side.by_sentence)
                rate = sum(len(words) for _, words in segmented(articles)) / (time.perf_counter() - started)
                rest = f"{seconds:.0f}", f"{rate:,.0f}", f"{side.size / 1e6:.1f} MB"
                tables[source].append(line_of(side.name, articles, made, *rest))
            meter.update(done, side.name)
    weights = sum(file.stat().st_size for file in Path(args.model).iterdir() if file.is_file())
    for source, articles in tests.items():
        started = time.perf_counter()
        made = list(extractor.extract_many(articles))
        rate = sum(len(words) for _, words in segmented(articles)) / (time.perf_counter() - started)
        tables[source].append(line_of("giaoban", articles, made, "", f"{rate:,.0f}", f"{weights / 1e6:.1f} MB"))
    machine = f"{platform.machine()}, Python {platform.python_version()}"
    print(f"{dt.date.today().isoformat()}, {machine}; {len(train)} articles to train on")
    for source, lines in tables.items():
        print(f"\n{source}\n{'':12}{'F1':>7}  {'interval':11}" + "".join(f"{label:>11}" for label in LABELS), end="")
        print("".join(f"{head:>12}" for head in ("training s", "words/s", "size")))
        print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
