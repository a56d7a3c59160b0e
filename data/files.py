"""Reading and writing files the careful way.

In: paths. Out: text exactly as stored (no newline translation), or an `InputError` that says where it is not UTF-8;
files and folders that appear whole or not at all; compressed files (`COMPRESSIONS`) read and written as if they were
plain.
"""

from __future__ import annotations

import bz2
import errno
import gzip
import importlib
import io
import lzma
import os
import shutil
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
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


# ------------------------------------------------------------------ compressed files

_ZSTD = "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"


def _open_gzip(file: IO[bytes], mode: str) -> Any:
    # neither time nor name: what is written depends on its content alone
    return gzip.GzipFile(filename="", mode=mode, compresslevel=6, fileobj=file, mtime=0)


def _open_zstd(file: IO[bytes], mode: str) -> Any:
    try:
        return importlib.import_module(_ZSTD).open(file, mode)
    except ImportError:
        raise InputError(
            f"no package {_ZSTD}", expected="it to be installed for .zst files", mend="pip install 'giaoban[zstd]'"
        ) from None


_OPENERS: dict[str, Callable[[IO[bytes], str], Any]] = {
    ".gz": _open_gzip,
    ".bz2": bz2.open,
    ".xz": lzma.open,
    ".zst": _open_zstd,
}
COMPRESSIONS = tuple(_OPENERS)


def split_compression(path: str | os.PathLike[str]) -> tuple[Path, str]:
    """`a.txt.gz` as (`a.txt`, `.gz`), `a.txt` as (`a.txt`, "")."""
    whole = Path(path)
    return (whole.with_suffix(""), whole.suffix) if whole.suffix in _OPENERS else (whole, "")


def decompress(raw: IO[bytes], compression: str) -> IO[bytes]:
    """What was compressed into `raw`, read as it is needed; `raw` itself where the compression is "".

    Raises: InputError where the package for it is missing.
    """
    return _OPENERS[compression](raw, "rb") if compression else raw


@contextmanager
def reading(path: str | os.PathLike[str]) -> Iterator[None]:
    """A block that reads `path`: what goes wrong with the file, or with what is compressed in it, is an InputError."""
    try:
        yield
    except _unreadable() as error:
        raise InputError(
            getattr(error, "strerror", None) or str(error) or type(error).__name__,
            expected="a readable file",
            mend="check it",
            path=path,
        ) from None


def _unreadable() -> tuple[type[Exception], ...]:
    zstd = sys.modules.get(_ZSTD)  # a file that is compressed so has loaded it
    return OSError, EOFError, lzma.LZMAError, zlib.error, *([zstd.ZstdError] if zstd else [])


# ------------------------------------------------------------------ whole or not at all


@contextmanager
def atomic_file(path: str | os.PathLike[str], mode: str = "w", compression: str = "") -> Iterator[IO[Any]]:
    """Open a file that takes its name only when the block ends well; until then `path` is untouched.

    mode: "w" for text in UTF-8, "wb" for bytes. compression: one of COMPRESSIONS, or "".
    """
    target = Path(path)
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(target))  # or it shows at the very end
    target.parent.mkdir(parents=True, exist_ok=True)
    number, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent)
    try:
        with open(number, "wb") as handle:
            with _writer(handle, "b" not in mode, compression) as plain:
                yield plain
            handle.flush()
            os.fsync(handle.fileno())
        os.chmod(name, 0o666 & ~_umask())  # mkstemp makes private files
        os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@contextmanager
def _writer(handle: IO[bytes], text: bool, compression: str) -> Iterator[IO[Any]]:
    """`handle` as what is written into it needs it; it is left open, and complete but for a flush."""
    with ExitStack() as stack:
        packed = stack.enter_context(_OPENERS[compression](handle, "wb")) if compression else handle
        if text:
            packed = io.TextIOWrapper(packed, encoding="utf-8", newline="", write_through=bool(compression))
            stack.callback(packed.detach)  # flushes
        yield packed


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
