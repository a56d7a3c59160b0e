"""The fast BPE against transformers' `PhobertTokenizer`, id for id, over real words and over hostile vocabularies."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer
from tokenizers.models import BPE
from tokenizers.normalizers import NFC
from transformers import PhobertTokenizer

import data.bpe
from data.bpe import CODES_FILE, JSON_FILE, VOCAB_FILE, PhobertBPE
from data.errors import InputError
from data.files import read_text
from data.formats import read_articles
from data.segment import load_segmenter, segment

ROOT = Path(__file__).parent.parent
MINI = ROOT / "models" / "mini-encoder"
SHARED = PhobertBPE.load(MINI)
SPECIALS = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]


@pytest.fixture(autouse=True)
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few words go the way of many."""
    monkeypatch.setattr(data.bpe, "_MANY", 1)


def reference(folder: Path) -> PhobertTokenizer:
    return PhobertTokenizer(str(folder / VOCAB_FILE), str(folder / CODES_FILE))


def reference_ids(tokenizer: PhobertTokenizer, word: str) -> list[int]:
    return list(tokenizer.convert_tokens_to_ids(tokenizer.tokenize(word)))


def text_ids(tokenizer: PhobertTokenizer, word: str) -> list[int]:
    """What the reference would give if it did not look for special tokens in text."""
    return [tokenizer.encoder.get(name, tokenizer.unk_token_id) for name in tokenizer.bpe(word).split(" ")]


def ids_by_word(bpe: PhobertBPE, words: Sequence[str]) -> list[list[int]]:
    """Also checks what `encode` promises of its two arrays."""
    ids, lengths = bpe.encode(words)
    assert ids.dtype == lengths.dtype == np.int32
    assert len(lengths) == len(words)
    assert lengths.sum() == len(ids)
    assert (lengths > 0).all()
    return [part.tolist() for part in np.split(ids, np.cumsum(lengths)[:-1])] if len(words) else []


def assert_same(folder: Path, words: Iterable[str]) -> PhobertBPE:
    tokenizer, bpe = reference(folder), PhobertBPE.load(folder)
    words = [word for word in words if word not in SPECIALS]
    ours = dict(zip(words, ids_by_word(bpe, words), strict=True))
    theirs = {word: reference_ids(tokenizer, word) for word in ours}
    assert {word: ids for word, ids in ours.items() if ids != theirs[word]} == {}
    return bpe


def write(folder: Path, vocab: str, codes: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / VOCAB_FILE).write_bytes(vocab.encode("utf-8"))
    (folder / CODES_FILE).write_bytes(codes.encode("utf-8"))
    return folder


# ------------------------------------------------------------------ real words


@pytest.fixture(scope="module")
def real_words() -> list[str]:
    texts = [article.text for article in read_articles(ROOT / "data" / "articles")]
    texts += [read_text(path) for path in sorted((ROOT / "data" / "samples").glob("*.txt"))]
    segmenter = load_segmenter("pyvi")
    words = sorted({form for text in texts for form in segment(text, segmenter).forms})
    assert len(words) > 3000
    return words


def test_real_words_have_the_ids_of_the_reference(real_words: list[str]) -> None:
    bpe = assert_same(MINI, real_words)
    tokenizer = reference(MINI)
    assert (bpe.bos, bpe.pad, bpe.eos, bpe.unk, bpe.mask) == tuple(tokenizer.convert_tokens_to_ids(SPECIALS))
    assert bpe.size == len(tokenizer)


def test_a_text_has_the_ids_of_the_reference_in_its_own_order(real_words: list[str]) -> None:
    words = random.Random(1).choices(real_words, k=2000)
    ids, _ = PhobertBPE.load(MINI).encode(words)
    tokenizer = reference(MINI)
    assert ids.tolist() == [id_ for word in words for id_ in text_ids(tokenizer, word)]


# ------------------------------------------------------------------ hostile vocabularies

ALPHABETS = ["abc", "aăâbcđ_n", "ab_<>/w@", "ế1.,-(", "aA😀\u0301b"]
STRANGERS = ["☃", "👩", "\u200d", "ộ", "\u0323", "\x07", "Z", "﷽"]


def _merges(alphabet: str, chance: random.Random) -> list[tuple[str, str]]:
    """Merges by any priority, some before those that make their own parts, some twice."""
    begins = list(alphabet)
    ends = [char + "</w>" for char in alphabet]
    merges = []
    for _ in range(chance.randint(1, 60)):
        left, right = chance.choice(begins), chance.choice(begins + ends)
        merges.append((left, right))
        (ends if right.endswith("</w>") else begins).append(left + right)
    order = chance.choice(["learned", "shuffled", "a few moved"])
    if order == "shuffled":
        chance.shuffle(merges)
    if order == "a few moved":
        for _ in range(3):
            merges.insert(chance.randint(0, len(merges)), merges.pop(chance.randrange(len(merges))))
    for _ in range(chance.randint(0, 4)):
        merges.insert(chance.randint(0, len(merges)), chance.choice(merges))
    return merges


def _write_hostile(folder: Path, alphabet: str, chance: random.Random) -> Path:
    merges = _merges(alphabet, chance)
    lines = [f"{left} {right} {chance.randint(1, 99)}" for left, right in merges]
    for odd in chance.sample(["", "a", "a b", "a b c 5", "a b c d e"], chance.choice([0, 0, 2])):
        lines.insert(chance.randint(0, len(lines)), odd)
    codes = "\n".join(lines) + chance.choice(["\n", "\n", ""])
    if codes.count("\n") < 2:
        codes += "\na b 1\n"

    names = {left + right for left, right in merges} | set(alphabet) | {char + "</w>" for char in alphabet}
    outer = [name.removesuffix("</w>") if name.endswith("</w>") else name + "@@" for name in sorted(names)]
    vocab = [name for name in outer if name and chance.random() < 0.85] or ["a"]
    chance.shuffle(vocab)
    if chance.random() < 0.2:
        vocab.insert(chance.randint(0, len(vocab)), chance.choice(vocab))  # a line twice
    end = chance.choice(["\n", "\r\n"])
    return write(folder, "".join(f"{name} {chance.randint(1, 99)}{end}" for name in vocab), codes.replace("\n", end))


def _word(alphabet: str, chance: random.Random) -> str:
    pieces = [*alphabet] * 6 + STRANGERS + ["@@", "</w>", "w>", "</w"]
    return "".join(chance.choices(pieces, k=chance.choice([1, 2, 3, 5, 8, 13])))


@pytest.mark.parametrize("seed", range(40))
def test_generated_words_have_the_ids_of_the_reference(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    alphabet = ALPHABETS[seed % len(ALPHABETS)]
    folder = _write_hostile(tmp_path, alphabet, chance)
    words = sorted({_word(alphabet, chance) for _ in range(700)})
    words += sorted({"".join(chance.choices(alphabet, k=chance.randint(1, 30))) for _ in range(300)})
    assert len(words) > 500
    bpe = assert_same(folder, words)
    assert bpe.mask == reference(folder).mask_token_id


@pytest.mark.parametrize(
    ("codes", "word"),
    [
        ("b c</w> 1\na b 1\n", "abc"),  # by priority, not from the left
        ("a a 1\naa a</w> 1\n", "aaaaa"),  # overlapping places
        ("ab a 1\na b 1\n", "abab"),  # a merge that outranks one that makes its part
        ("ab ab</w> 1\na b 1\na b</w> 1\n", "ababab"),
        ("a b 1\nb c 1\na b 1\n", "abcabc"),  # of two equal merges the later counts
        ("a b 1\nb c 1", "abca"),  # a last line without a line break does not count
        ("a b 1\n\nx\nab c 1 1\nab c 1\n", "abca"),
        ("a </w> 1\n", "ba"),
        ("< / 1\n</ w 1\n</w > 1\n", "a</w>b"),  # what looks like the mark of a word's end
        ("@ @ 1\n@@ a</w> 1\n", "b@@a"),
    ],
)
def test_order_of_merges(codes: str, word: str, tmp_path: Path) -> None:
    chars = sorted(set(word))
    names = {word[a:b] for a in range(len(word)) for b in range(a + 1, len(word) + 1)} | set(chars)
    vocab = "".join(f"{name} 1\n{name}@@ 1\n" for name in sorted(names))
    folder = write(tmp_path, vocab, codes)
    assert_same(folder, [word, *chars, word * 3])


# ------------------------------------------------------------------ what is text and what is not


@pytest.mark.parametrize("word", [*SPECIALS, "a</s>b", "<s><s>", "</s", "<mask>."])
def test_special_tokens_in_text_are_text(word: str) -> None:
    bpe = PhobertBPE.load(MINI)
    ids = ids_by_word(bpe, ["họp", word, "giao"])[1]
    assert ids == text_ids(reference(MINI), word)
    assert len(ids) > 1
    assert not {bpe.bos, bpe.pad, bpe.eos, bpe.mask} & set(ids)


def test_special_tokens_that_merges_spell_are_text(tmp_path: Path) -> None:
    folder = write(tmp_path, "a 1\n", "< s 9\n<s ></w> 9\n< / 8\n</ s 8\n</s ></w> 8\n")
    bpe = PhobertBPE.load(folder)
    ids, _ = bpe.encode(["<s>", "</s>", "x<s>"])
    assert not {bpe.bos, bpe.eos} & set(ids.tolist())


def test_no_word_has_no_ids() -> None:
    ids, lengths = PhobertBPE.load(MINI).encode([])
    assert ids.dtype == lengths.dtype == np.int32
    assert ids.shape == lengths.shape == (0,)


def test_an_empty_word_is_one_unknown_subword() -> None:
    assert ids_by_word(PhobertBPE.load(MINI), ["", "tỉnh", ""])[::2] == [[3], [3]]


def test_the_memory_of_words_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(3)
    pool = [_word("anhgiao_tỉ", chance) for _ in range(60)]
    requests = [chance.choices(pool, k=chance.choice([0, 1, 3, 12])) for _ in range(80)]
    remembering = PhobertBPE.load(MINI)
    expected = [ids_by_word(remembering, words) for words in requests]
    monkeypatch.setattr(data.bpe, "_REMEMBERED", 5)
    forgetful = PhobertBPE.load(MINI)
    assert [ids_by_word(forgetful, words) for words in requests] == expected
    assert [ids_by_word(PhobertBPE.load(MINI), words) for words in requests] == expected
    assert len(forgetful._cache) <= 12


# ------------------------------------------------------------------ saving


@pytest.mark.parametrize("seed", [0, 1, 2, 3, 6, 8])
def test_saved_files_give_the_same_ids(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    merges = _merges("abc_", chance)
    names = sorted({left + right for left, right in merges} | set("abc_"))
    chance.shuffle(names)
    vocab = "".join(f"{name.removesuffix('</w>')} 7\n" if "</w>" in name else f"{name}@@ 7\n" for name in names)
    folder = write(tmp_path / "old", vocab, "".join(f"{left} {right} 1\n" for left, right in merges))
    _assert_saved_alike(folder, tmp_path / "new", [_word("abc_", chance) for _ in range(300)])


def test_the_saved_mini_vocabulary_gives_the_same_ids(real_words: list[str], tmp_path: Path) -> None:
    _assert_saved_alike(MINI, tmp_path / "new", real_words)


def test_codes_with_odd_lines_can_be_saved(tmp_path: Path) -> None:
    folder = write(tmp_path / "old", "ab 1\na@@ 1\nb 1\n", "x\n\na b c 1\na b</w> 1\n")
    _assert_saved_alike(folder, tmp_path / "new", ["ab", "aab", "b"])


def test_a_vocabulary_with_a_line_twice_can_be_saved(tmp_path: Path) -> None:
    folder = write(tmp_path / "old", "a 1\nb 1\na 1\nc 1\nd 1\n", "a b</w> 1\n")
    _assert_saved_alike(folder, tmp_path / "new", ["a", "b", "c", "d"])


def _assert_saved_alike(old: Path, new: Path, words: list[str]) -> None:
    new.mkdir()
    bpe = PhobertBPE.load(old)
    bpe.save(new)
    again = PhobertBPE.load(new)
    assert ids_by_word(again, words) == ids_by_word(bpe, words)
    assert (again.mask, again.size) == (bpe.mask, bpe.size)
    tokenizer = reference(new)
    assert ids_by_word(again, words) == [text_ids(tokenizer, word) for word in words]


# ------------------------------------------------------------------ tokenizer.json

JSON_VOCAB = ["<s>", "<pad>", "</s>", "<unk>", "a", "b", "a@", "ab", "ế", "<", ">", "/", "s", "<mask>"]


def _tokenizer(names: Sequence[str] = JSON_VOCAB) -> Tokenizer:
    ids = {name: number for number, name in enumerate(names)}
    tokenizer = Tokenizer(BPE(vocab=ids, merges=[("a", "b")], unk_token="<unk>"))
    tokenizer.normalizer = NFC()
    tokenizer.add_special_tokens([name for name in SPECIALS if name in names])
    return tokenizer


def _save_json(folder: Path, tokenizer: Tokenizer) -> Path:
    tokenizer.save(str(folder / JSON_FILE))
    return folder


def test_a_tokenizer_json_decides_by_itself(tmp_path: Path) -> None:
    tokenizer = _tokenizer()
    bpe = PhobertBPE.load(_save_json(tmp_path, tokenizer))
    words = ["ab", "abab", "aba", "b", "e\u0302\u0301", "?", "a?b", ""]
    expected = [tokenizer.encode([word], is_pretokenized=True, add_special_tokens=False).ids for word in words]
    assert expected[:2] == [[7], [7, 7]]
    assert ids_by_word(bpe, words) == [ids or [3] for ids in expected]
    assert (bpe.bos, bpe.pad, bpe.eos, bpe.unk, bpe.mask, bpe.size) == (0, 1, 2, 3, 13, 14)


def test_a_tokenizer_json_may_number_special_tokens_otherwise(tmp_path: Path) -> None:
    bpe = PhobertBPE.load(_save_json(tmp_path, _tokenizer(JSON_VOCAB[::-1])))
    assert (bpe.bos, bpe.pad, bpe.eos, bpe.unk, bpe.mask, bpe.size) == (13, 12, 11, 10, 0, 14)
    assert ids_by_word(bpe, ["?", ""]) == [[10], [10]]


def test_special_tokens_are_text_to_a_tokenizer_json_too(tmp_path: Path) -> None:
    bpe = PhobertBPE.load(_save_json(tmp_path, _tokenizer()))
    ids = ids_by_word(bpe, ["<s>", "</s>", "a</s>b"])
    assert ids == [[9, 12, 10], [9, 11, 12, 10], [4, 9, 11, 12, 10, 5]]


def test_a_tokenizer_json_that_truncates_and_pads_gives_every_word_whole(tmp_path: Path) -> None:
    words = ["ab", "bbbbbb", "ba"]
    plain = _tokenizer()
    expected = [plain.encode([word], is_pretokenized=True, add_special_tokens=False).ids for word in words]
    plain.enable_padding(pad_id=1, pad_token="<pad>")
    plain.enable_truncation(4)
    assert ids_by_word(PhobertBPE.load(_save_json(tmp_path, plain)), words) == expected


def test_a_saved_tokenizer_json_gives_the_same_ids(tmp_path: Path) -> None:
    bpe = PhobertBPE.load(_save_json(tmp_path, _tokenizer()))
    (tmp_path / "new").mkdir()
    bpe.save(tmp_path / "new")
    assert (tmp_path / "new" / JSON_FILE).read_bytes() == (tmp_path / JSON_FILE).read_bytes()
    assert ids_by_word(PhobertBPE.load(tmp_path / "new"), ["aba"]) == ids_by_word(bpe, ["aba"])


def test_phoberts_own_files_win_over_a_tokenizer_json(tmp_path: Path) -> None:
    write(_save_json(tmp_path, _tokenizer()), "x 1\nab 1\n", "a b</w> 1\n")
    assert ids_by_word(PhobertBPE.load(tmp_path), ["ab"]) == [[5]]


# ------------------------------------------------------------------ errors


def test_a_folder_without_a_tokenizer_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").touch()
    (tmp_path / VOCAB_FILE).write_text("a 1\n", encoding="utf-8")  # one of the two files is none
    with pytest.raises(InputError) as caught:
        PhobertBPE.load(tmp_path)
    message = str(caught.value)
    assert message.startswith(f"{tmp_path}: found no tokenizer (model.safetensors, vocab.txt)")
    assert "vocab.txt and bpe.codes, or tokenizer.json" in message


def test_a_folder_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=re.escape("no tokenizer (nothing)")):
        PhobertBPE.load(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("vocab", "line"), [("a 1\nb 1\ntỉnh\n", 3), ("a\r\nb 1\r\n", 1), ("a 1\n\nb 1\n", 2), ("", 1)]
)
def test_a_vocabulary_line_without_a_count_is_named(vocab: str, line: int, tmp_path: Path) -> None:
    folder = write(tmp_path, vocab, "a b 1\n")
    with pytest.raises(InputError, match="expected `SUBWORD COUNT` on each line") as caught:
        PhobertBPE.load(folder)
    assert caught.value.where == f"{folder / VOCAB_FILE}:{line}"


@pytest.mark.parametrize("codes", ["", "\n", "a b 1", "a\nb\n", "a b\n"])
def test_codes_without_a_merge_are_refused(codes: str, tmp_path: Path) -> None:
    folder = write(tmp_path, "a 1\n", codes)
    with pytest.raises(InputError, match="found no merge") as caught:
        PhobertBPE.load(folder)
    assert caught.value.where == str(folder / CODES_FILE)


def test_a_vocabulary_in_another_encoding_is_refused(tmp_path: Path) -> None:
    folder = write(tmp_path, "", "a b 1\n")
    (folder / VOCAB_FILE).write_bytes("a 1\nđ 1\n".encode("cp1258"))
    with pytest.raises(InputError, match="not UTF-8") as caught:
        PhobertBPE.load(folder)
    assert caught.value.where == f"{folder / VOCAB_FILE}:2:1"


@pytest.mark.parametrize("content", ["", "{", "[]", '{"model": 1}'])
def test_a_broken_tokenizer_json_is_refused(content: str, tmp_path: Path) -> None:
    (tmp_path / JSON_FILE).write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=re.escape("expected a tokenizer.json")) as caught:
        PhobertBPE.load(tmp_path)
    assert caught.value.where == str(tmp_path / JSON_FILE)


def test_a_tokenizer_json_without_special_tokens_is_refused(tmp_path: Path) -> None:
    _save_json(tmp_path, _tokenizer([name for name in JSON_VOCAB if name not in ("<mask>", "<s>")]))
    with pytest.raises(InputError, match="no <s> <mask>"):
        PhobertBPE.load(tmp_path)


@settings(max_examples=60, derandomize=True, deadline=None)
@given(st.text(alphabet="aăbcghnoôtuươ_ịệ", min_size=2, max_size=80))
def test_long_words_are_merged_as_short_ones_are(word: str) -> None:
    assert SHARED._merge_long(word) == SHARED._reference(word)


def test_a_word_of_a_hundred_thousand_characters_takes_seconds() -> None:
    word = "nghiêngngả" * 10_000
    ids, lengths = PhobertBPE.load(MINI).encode([word])
    assert lengths.tolist() == [len(ids)]
    assert 10_000 < len(ids) < len(word)


def test_few_words_and_many_words_have_the_same_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [file.read_text(encoding="utf-8") for file in (ROOT / "data" / "samples").glob("*.txt")]
    words = sorted({word for text in texts for word in text.split()})
    one, other = PhobertBPE.load(MINI), PhobertBPE.load(MINI)
    quick = one.encode(words)
    assert "_inner" in vars(one)
    monkeypatch.setattr(data.bpe, "_MANY", len(words) + 1)
    for fast, slow in zip(quick, other.encode(words), strict=True):
        assert fast.tolist() == slow.tolist()
    assert "_inner" not in vars(other)
