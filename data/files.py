"""Reading and writing files the careful way.

In: paths. Out: text exactly as stored (no newline translation), or an `InputError` that says where it is not UTF-8;
files and folders that appear whole or not at all.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from data.errors import InputError

MEND_ENCODING = "save it as UTF-8, for instance with `iconv -f WINDOWS-1258 -t UTF-8 OLD > NEW` (or its real encoding)"


def decode(raw: bytes, path: str | os.PathLike[str], first_line: int = 1) -> str:
    """UTF-8 bytes to text; `first_line` is the line number that the bytes begin on.

    Raises: InputError naming line and column (in bytes) of the first byte that is not UTF-8.
    """
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        raise InputError(
            f"byte 0x{raw[error.start]:02x}, which is not UTF-8",
            expected="text in UTF-8",
            mend=MEND_ENCODING,
            path=path,
            line=first_line + before.count(b"\n"),
            column=error.start - (before.rfind(b"\n") + 1) + 1,
        ) from None


def read_bytes(path: str | os.PathLike[str]) -> bytes:
    """A file's bytes; raises InputError where it cannot be read."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise InputError(
            error.strerror or str(error), expected="a readable file", mend="check the path", path=path
        ) from None


def read_text(path: str | os.PathLike[str]) -> str:
    """A file's text exactly as stored; raises InputError where it cannot be read or is not UTF-8."""
    return decode(read_bytes(path), path)


@contextmanager
def atomic_file(path: str | os.PathLike[str], mode: str = "w") -> Iterator[IO[Any]]:
    """Open a file that takes its name only when the block ends well; until then `path` is untouched."""
    target = Path(path)
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(target))  # or it shows at the very end
    target.parent.mkdir(parents=True, exist_ok=True)
    number, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent)
    text = "b" not in mode
    try:
        with open(number, mode, encoding="utf-8" if text else None, newline="" if text else None) as handle:
            yield handle
            handle.flush()
            os.fsync(handle.fileno())
        os.chmod(name, 0o666 & ~_umask())  # mkstemp makes private files
        os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@contextmanager
def atomic_folder(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A folder that takes its name only when the block ends well; one already there is replaced as a whole."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent))
    try:
        yield made
        os.chmod(made, 0o777 & ~_umask())
        if target.exists():
            old = made.with_suffix(".old")
            os.replace(target, old)
            os.replace(made, target)
            shutil.rmtree(old)
        else:
            os.replace(made, target)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
