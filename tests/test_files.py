"""Reading with the place of what is not UTF-8; writing whole or not at all."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.errors import InputError
from data.files import atomic_file, atomic_folder, decode, read_text


@pytest.fixture(params=[0o022, 0o077, 0o002], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# ------------------------------------------------------------------ reading


def test_text_is_read_exactly_as_stored(tmp_path: Path) -> None:
    text = "\ufeffSở\r\nY\rtế \n\n"
    (tmp_path / "a").write_bytes(text.encode())
    assert read_text(tmp_path / "a") == text


@pytest.mark.parametrize(
    ("raw", "line", "column"),
    [(b"\xff", 1, 1), ("Sở\n\nY t".encode() + b"\xea", 3, 4), ("ế".encode() + b"\xc3", 1, 4), (b"a\n\xc3", 2, 1)],
)
def test_the_first_byte_that_is_not_utf8_has_line_and_column(raw: bytes, line: int, column: int) -> None:
    byte = raw[-1]
    with pytest.raises(InputError) as caught:
        decode(raw + b"\nmore \xfe", "news.txt")
    assert str(caught.value) == (
        f"news.txt:{line}:{column}: found byte 0x{byte:02x}, which is not UTF-8; expected text in UTF-8. To mend it: "
        "save it as UTF-8, for instance with `iconv -f WINDOWS-1258 -t UTF-8 OLD > NEW` (or its real encoding)."
    )


def test_line_numbers_may_begin_elsewhere() -> None:
    with pytest.raises(InputError) as caught:
        decode(b"a\n\xff", "f", 10)
    assert caught.value.where == "f:11:1"


@pytest.mark.parametrize(("name", "found"), [("none", "No such file or directory"), (".", "Is a directory")])
def test_a_file_that_cannot_be_read(tmp_path: Path, name: str, found: str) -> None:
    path = tmp_path / name
    with pytest.raises(InputError) as caught:
        read_text(path)
    assert str(caught.value) == f"{path}: found {found}; expected a readable file. To mend it: check the path."


# ------------------------------------------------------------------ one file


def test_a_file_takes_its_name_when_all_is_written(tmp_path: Path) -> None:
    path = tmp_path / "made" / "on the way" / "a.txt"
    with atomic_file(path) as out:
        out.write("Sở\r\nY tế\n")
        assert not path.exists()
    assert path.read_bytes() == "Sở\r\nY tế\n".encode()
    assert list(path.parent.iterdir()) == [path]


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"old and longer")
    with atomic_file(path, "wb") as out:
        out.write(b"new")
        out.flush()
        assert path.read_bytes() == b"old and longer"
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("before", [None, "old"])
def test_an_exception_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, error: type[BaseException], before: str | None
) -> None:
    path = tmp_path / "a.txt"
    if before:
        path.write_text(before)
    with pytest.raises(error), atomic_file(path) as out:
        out.write("new")
        raise error
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == ([("a.txt", "old")] if before else [])


def test_a_folder_of_that_name_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.txt").mkdir()
    with pytest.raises(IsADirectoryError), atomic_file(tmp_path / "a.txt"):
        pytest.fail("the block must not begin")
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]


def test_text_that_cannot_be_encoded_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(UnicodeEncodeError), atomic_file(path) as out:
        out.write("\ud800")
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("a.txt", "old")]


def test_a_files_permissions_follow_the_umask(tmp_path: Path, umask: int) -> None:
    with atomic_file(tmp_path / "a.txt") as out:
        (half,) = tmp_path.iterdir()
        assert mode(half) == 0o600  # nobody else reads what is half written
        assert half.name.startswith(".a.txt.")  # nor takes it for an article
        assert half.suffix == ".tmp"
        out.write("a")
    assert mode(tmp_path / "a.txt") == 0o666 & ~umask
    assert os.umask(umask) == umask  # asking for it does not change it


# ------------------------------------------------------------------ a folder


def test_a_folder_takes_its_name_when_the_block_ends(tmp_path: Path) -> None:
    path = tmp_path / "made" / "model"
    with atomic_folder(path) as folder:
        (folder / "a").write_text("a")
        assert not path.exists()
    assert (path / "a").read_text() == "a"
    assert list(path.parent.iterdir()) == [path]


def test_a_folder_is_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "model"
    (path / "deep").mkdir(parents=True)
    (path / "deep" / "old").write_text("old")
    with atomic_folder(path) as folder:
        (folder / "new").write_text("new")
        assert (path / "deep" / "old").read_text() == "old"
    assert [file.name for file in path.rglob("*")] == ["new"]
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
@pytest.mark.parametrize("before", [False, True])
def test_an_exception_leaves_the_old_folder_and_nothing_else(
    tmp_path: Path, error: type[BaseException], before: bool
) -> None:
    path = tmp_path / "model"
    if before:
        path.mkdir()
        (path / "old").write_text("old")
    with pytest.raises(error), atomic_folder(path) as folder:
        (folder / "new").write_text("new")
        raise error
    assert [str(file.relative_to(tmp_path)) for file in sorted(tmp_path.rglob("*"))] == (
        ["model", "model/old"] if before else []
    )


def test_a_folders_permissions_follow_the_umask(tmp_path: Path, umask: int) -> None:
    with atomic_folder(tmp_path / "model"):
        pass
    assert mode(tmp_path / "model") == 0o777 & ~umask
