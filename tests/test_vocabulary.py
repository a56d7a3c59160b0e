"""Learned vocabularies: files that transformers reads alike, every word spelled, the same bytes each time."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from transformers import PhobertTokenizer

from data.bpe import CODES_FILE, VOCAB_FILE, PhobertBPE, read_codes
from data.errors import InputError
from data.segment import load_segmenter
from train.vocabulary import count_words, learn, main, texts, write_vocabulary

ROOT = Path(__file__).parent.parent
ARTICLES = ROOT / "data" / "articles" / "dev"
SIZE = 700


@pytest.fixture(scope="module")
def words() -> Counter[str]:
    return count_words(texts([ARTICLES]), load_segmenter("rdr"))


@pytest.fixture(scope="module")
def learned(words: Counter[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("learned") / "vocabulary"
    write_vocabulary(words, SIZE, folder)
    return folder


def assert_spells(folder: Path, words: list[str]) -> None:
    """Both readers give the words the same ids, and no word an unknown or special one."""
    bpe = PhobertBPE.load(folder)
    tokenizer = PhobertTokenizer(str(folder / VOCAB_FILE), str(folder / CODES_FILE))
    names = {id_: name for name, id_ in tokenizer.encoder.items()}
    assert len(names) == len(tokenizer.encoder) == bpe.size - 1, "two subwords with the same id"
    for word in words:
        expected = [tokenizer.encoder[name] for name in tokenizer.bpe(word).split(" ")]
        assert bpe.encode([word])[0].tolist() == expected
        assert min(expected) > bpe.unk
        # read back by name: each part's mark of going on, and nothing else, is left out
        parts = [names[id_] for id_ in expected]
        assert "".join([*(part[:-2] for part in parts[:-1]), parts[-1]]) == word


def test_learned_files_spell_their_own_words_in_both_readers(learned: Path, words: Counter[str]) -> None:
    assert len(words) > 1000
    assert_spells(learned, sorted(words))


def test_a_line_is_a_subword_and_its_count(learned: Path, words: Counter[str]) -> None:
    bpe = PhobertBPE.load(learned)
    used: Counter[int] = Counter()
    for word, count in words.items():
        for id_ in bpe.encode([word])[0].tolist():
            used[id_] += count
    lines = (learned / VOCAB_FILE).read_text(encoding="utf-8").split("\n")
    assert lines.pop() == ""
    counts = [int(line.split(" ")[1]) for line in lines]
    assert counts == [used[4 + index] for index in range(len(lines))]
    assert counts == sorted(counts, reverse=True)


def test_merges_are_counted_as_often_as_they_are_made(words: Counter[str]) -> None:
    few = Counter(dict(words.most_common(300)))
    _, codes = learn(few, 300)
    made: Counter[tuple[str, str]] = Counter()
    for word, count in few.items():
        parts = [*word[:-1], word[-1] + "</w>"]
        for left, right, _ in codes:  # learned merges never outrank their own parts, so one pass makes them all
            index = 0
            while index + 1 < len(parts):
                if (parts[index], parts[index + 1]) == (left, right):
                    parts[index : index + 2] = [left + right]
                    made[left, right] += count
                index += 1
    assert len(codes) > 50
    assert {(left, right): count for left, right, count in codes} == dict(made)


def test_the_size_is_that_of_the_vocabulary(words: Counter[str]) -> None:
    characters = len({char for word in words for char in word})
    sizes = [len(learn(words, size)[0]) for size in (1, 2 * characters + 100, 2 * characters + 500)]
    assert sizes[0] == 2 * characters  # each at a word's end and before it, whatever the size
    assert sizes[0] < sizes[1] < sizes[2]
    assert abs(sizes[2] - sizes[1] - 400) <= characters


def test_learning_twice_gives_the_same_merges(words: Counter[str]) -> None:
    first = learn(words, SIZE)
    backwards = Counter(dict(reversed(words.items())))
    for _ in range(5):
        again = learn(backwards, SIZE)
        assert again[0] == first[0]
        assert again[1] == first[1]


def test_the_command_gives_the_same_bytes_in_another_process(learned: Path, tmp_path: Path) -> None:
    folder = tmp_path / "made" / "vocabulary"
    command = [sys.executable, "-m", "train.vocabulary", str(ARTICLES), "-o", str(folder), "--size", str(SIZE)]
    environment = {**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{folder}: learned from ")
    for name in (VOCAB_FILE, CODES_FILE):
        assert (folder / name).read_bytes() == (learned / name).read_bytes(), name


@pytest.mark.parametrize(
    "counts",
    [
        {"ab": 5, "abc": 7, "😀x": 3, "e\u0301": 4},
        {"a": 1, "bb": 2},
        {"a@@": 9, "@@": 20, "@@x@": 9, "@": 5},
        {"ab": 9, "<s>": 20, "b<s>": 9},
        {"ab": 9, "<unk>": 20, "<mask>": 9, "</s>": 5, "<pad>": 8},
        {"ab": 9, "</w>": 20, "</w>x": 9, "</w>y": 9, "w": 5},
    ],
    ids=["plain", "short", "joints", "bos", "specials", "word end"],
)
def test_any_words_can_be_learned(counts: dict[str, int], tmp_path: Path) -> None:
    write_vocabulary(Counter(counts), 60, tmp_path / "new")
    assert_spells(tmp_path / "new", sorted(counts))


def test_a_vocabulary_takes_the_place_of_an_older_one_whole(tmp_path: Path) -> None:
    write_vocabulary(Counter({"abab": 5}), 20, tmp_path / "new")
    (tmp_path / "new" / "tokenizer.json").touch()
    write_vocabulary(Counter({"cdcd": 5}), 20, tmp_path / "new")
    assert sorted(path.name for path in tmp_path.rglob("*")) == [CODES_FILE, "new", VOCAB_FILE]
    assert ("c", "d") in read_codes(tmp_path / "new" / CODES_FILE)


# ------------------------------------------------------------------ sources and the command


def test_texts_are_those_of_articles_and_of_plain_files(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "b.txt").write_text("Sở Tài chính\r\nbáo cáo", encoding="utf-8", newline="")
    (tmp_path / "a.txt").write_text("UBND tỉnh", encoding="utf-8")
    markup = "---\nid: x\n---\n[Sở Y tế]{AGENCY} họp\n---\n"
    (tmp_path / "x.article").write_text(markup, encoding="utf-8")
    assert list(texts([tmp_path])) == ["UBND tỉnh", "Sở Tài chính", "báo cáo", "Sở Y tế họp"]
    assert list(texts([tmp_path / "x.article", tmp_path / "a.txt"])) == ["Sở Y tế họp", "UBND tỉnh"]


def test_words_are_counted_as_the_segmenter_gives_them() -> None:
    counted = count_words(["a_b c\nc", "c"], load_segmenter("none"))
    assert counted == Counter({"c": 3, "a_b": 1})


def test_a_source_without_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").touch()
    with pytest.raises(InputError, match="found no text"):
        list(texts([tmp_path]))


@pytest.mark.parametrize("source", ["empty", "nowhere", "nowhere.txt", "file.pdf"])
def test_the_command_refuses_a_source_without_text(
    source: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file.pdf").touch()
    status = main([str(tmp_path / source), "-o", str(tmp_path / "new")])
    out, err = capsys.readouterr()
    assert (status, out) == (1, "")
    assert err.startswith("error: ")
    assert str(tmp_path / source) in err
    assert "expected" in err
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("text", ["", " \r\n", "a b c"])
def test_the_command_refuses_text_that_no_merge_can_be_learned_from(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    status = main([str(tmp_path / "a.txt"), "-o", str(tmp_path / "new")])
    out, err = capsys.readouterr()
    assert (status, out) == (1, ""), "files were written that `PhobertBPE.load` refuses"
    assert err.startswith("error: ")
    assert not (tmp_path / "new").exists()


def test_the_command_refuses_an_unknown_segmenter(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(ARTICLES), "-o", str(tmp_path / "new"), "--segmenter", "pyvy"]) == 1
    assert "did you mean 'pyvi'?" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_words_with_rare_characters_are_left_out() -> None:
    counted = count_words(["ab ab ab", "aż c c"], load_segmenter("none"), least=2)
    assert counted == Counter({"ab": 3, "c": 2})
