"""Learn `vocab.txt` and `bpe.codes`, in PhoBERT's own file formats, from text.

    python -m train.vocabulary data/articles/train -o runs/vocabulary --size 3000

In: files or folders of articles or text (a paragraph a line, plain or compressed), segmented by the same segmenter that
the tagger will use. Out: the two files, in a folder. The merges are learned by the `tokenizers` library.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from tokenizers import Tokenizer
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import WhitespaceSplit
from tokenizers.trainers import BpeTrainer

from data.bpe import CODES_FILE, SPECIALS, VOCAB_FILE, PhobertBPE
from data.errors import InputError
from data.files import COMPRESSIONS, atomic_folder
from data.formats import SUFFIXES, read_articles
from data.segment import DEFAULT, Segmenter, load_segmenter
from train.corpus import is_text, paragraphs, text_files, words_of

_END = "</w>"


def texts(sources: Sequence[str | Path]) -> Iterator[str]:
    """The texts of annotated articles, and the paragraphs of text files, at `sources` (files or folders)."""
    for source in map(Path, sources):
        inside = [path for path in source.rglob("*") if path.is_file()] if source.is_dir() else [source]
        if any(map(is_text, inside)):
            yield from (paragraph for file in text_files([source]) for paragraph in paragraphs(file))
        if any(path.suffix in SUFFIXES for path in inside):
            yield from (article.text for article in read_articles(source))
        elif not any(map(is_text, inside)):
            raise InputError(
                "no text",
                expected=f"files or folders of .txt (plain or {', '.join(COMPRESSIONS)}), {', '.join(SUFFIXES)}",
                mend="check it",
                path=source,
            )


def learn(words: Counter[str], size: int) -> tuple[list[tuple[str, int]], list[tuple[str, str, int]]]:
    """Learn subwords from counted words.

    Args:
        words: word forms and how often each occurs.
        size: lines of `vocab.txt` wanted; the characters of the text are always in, so there may be more.
    Returns: (subword, count) by falling count, and (left, right, count) by falling priority.
    """
    tokenizer = Tokenizer(BPE(unk_token="<unk>", end_of_word_suffix=_END))
    tokenizer.pre_tokenizer = WhitespaceSplit()
    # the trainer numbers symbols as it meets them in a hash table, and ties go by number: naming those that end words
    # beforehand makes two runs learn the same
    endings = sorted({word[-1] + _END for word in words})
    trainer = BpeTrainer(
        vocab_size=size,
        min_frequency=2,
        end_of_word_suffix=_END,
        show_progress=False,
        special_tokens=["<unk>", *endings],
    )
    # a fixed order, because the trainer breaks ties by what it saw first
    ordered = sorted(words.items(), key=lambda item: (-item[1], item[0]))
    tokenizer.train_from_iterator((word for word, count in ordered for _ in range(count)), trainer)
    merges = [(a, b) for a, b in json.loads(tokenizer.to_str())["model"]["merges"] if _is_text(a + b)]
    counts = _subword_counts(ordered, merges)
    # how often a merge is made: as often as its result stays or is merged on
    made = Counter({_inner(name): count for name, count in counts.items()})
    codes = []
    for left, right in reversed(merges):
        count = made[left + right]
        made[left] += count
        made[right] += count
        codes.append((left, right, count))
    vocab = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return vocab, codes[::-1]


def _subword_counts(words: Iterable[tuple[str, int]], merges: Sequence[tuple[str, str]]) -> Counter[str]:
    """Counts of subwords by their outer names; every character, at a word's end and before it, is one of them."""
    words = list(words)
    characters = {char for word, _ in words for char in word}
    merged = [left + right for left, right in merges]
    names = [_outer(name) for name in merged] + [name for char in sorted(characters) for name in (char, char + "@@")]
    vocab = {name: id_ for id_, name in enumerate(SPECIALS)}
    for name in names:
        vocab.setdefault(name, len(vocab))
    bpe = PhobertBPE(vocab, merges)
    by_id = {id_: name for name, id_ in vocab.items()}
    counts: Counter[str] = Counter(dict.fromkeys(names, 0))
    for word, count in words:
        for id_ in bpe.encode([word])[0].tolist():
            counts[by_id[id_]] += count
    return counts


def _is_text(name: str) -> bool:
    """Whether a subword can stand in `vocab.txt`: it is no special token, and holds no word end but its own."""
    return _END not in name.removesuffix(_END) and _outer(name) not in (*SPECIALS, "<mask>", "")


def _outer(name: str) -> str:
    return name.removesuffix(_END) if name.endswith(_END) else name + "@@"


def _inner(name: str) -> str:
    return name.removesuffix("@@") if name.endswith("@@") else name + _END


def write_vocabulary(words: Counter[str], size: int, folder: str | Path) -> None:
    """Learn from counted words and write `vocab.txt` and `bpe.codes` into `folder`."""
    vocab, codes = learn(words, size)
    if not codes:
        raise InputError(
            f"text of {words.total()} words in which no two letters stand together twice",
            expected="text that subwords can be learned from",
            mend="name more text",
        )
    with atomic_folder(folder) as made:
        (made / VOCAB_FILE).write_text("".join(f"{name} {count}\n" for name, count in vocab), encoding="utf-8")
        (made / CODES_FILE).write_text("".join(f"{a} {b} {count}\n" for a, b, count in codes), encoding="utf-8")


def count_words(sources: Iterable[str], segmenter: Segmenter, least: int = 1) -> Counter[str]:
    """Word forms of texts, counted; without those that hold a character seen fewer than `least` times."""
    words: Counter[str] = Counter()
    for text in sources:
        words.update(words_of(text, segmenter))
    characters: Counter[str] = Counter()
    for word, count in words.items():
        for character in word:
            characters[character] += count
    rare = {character for character, count in characters.items() if count < least}
    return Counter({word: count for word, count in words.items() if rare.isdisjoint(word)})


def main(argv: list[str] | None = None) -> int:
    """The command; gives the exit status."""
    parser = argparse.ArgumentParser(prog="python -m train.vocabulary", description=__doc__.split("\n")[0])
    parser.add_argument("sources", nargs="+", metavar="TEXT", help="files or folders")
    parser.add_argument("-o", "--output", required=True, metavar="FOLDER")
    parser.add_argument("--size", type=int, default=3000, help="subwords to learn (%(default)s)")
    parser.add_argument("--least", type=int, default=1, help="times a character must be seen to be in (%(default)s)")
    parser.add_argument("--segmenter", default=DEFAULT, help="the tagger's segmenter (%(default)s)")
    args = parser.parse_args(argv)
    try:
        words = count_words(texts(args.sources), load_segmenter(args.segmenter), args.least)
        write_vocabulary(words, args.size, args.output)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{args.output}: learned from {words.total():,} words, {len(words):,} of them different")
    return 0


if __name__ == "__main__":
    sys.exit(main())
