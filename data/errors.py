"""The one exception for bad input: where it is, what was expected, what was found, how to mend it.

In: facts about something a user gave (a file, an article, a configuration, a checkpoint folder).
Out: `InputError`, whose text is complete by itself; every command prints it on standard error and exits with 1.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from os import PathLike


class InputError(ValueError):
    """Something a user gave is wrong.

    Args:
        found: what is there, in words.
        expected: what should be there.
        mend: the step that puts it right.
        path: the file or folder, if there is one.
        line, column: 1-based place in it.
        subject: which part of an article it is about, for readers that know where that part stands: `("entities",
            id or index)`, `("directives", index)`, `("meta", key)` or a field's name and "".
    """

    def __init__(
        self,
        found: str,
        *,
        expected: str,
        mend: str,
        path: str | PathLike[str] | None = None,
        line: int | None = None,
        column: int | None = None,
        subject: tuple[str, str | int] | None = None,
    ) -> None:
        self.found, self.expected, self.mend = found, expected, mend
        self.path = None if path is None else str(path)
        self.line, self.column, self.subject = line, column, subject
        super().__init__(found)

    @property
    def where(self) -> str:
        """`file:line:column`, as far as it is known; empty when nothing is."""
        parts = [self.path or ("line" if self.line else "")]
        parts += [str(number) for number in (self.line, self.column) if number is not None]
        return ":".join(part for part in parts if part)

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}found {self.found}; expected {self.expected}. To mend it: {self.mend}."

    def __reduce__(self) -> tuple[object, ...]:
        # keyword-only arguments do not survive the default pickling that multiprocessing uses to pass errors on
        return _rebuild, (self.found, self.expected, self.mend, self.path, self.line, self.column, self.subject)

    def at(self, path: str | PathLike[str], line: int | None = None, column: int | None = None) -> InputError:
        """The same error with a place, for callers that know the file; a place already known stays."""
        return InputError(
            self.found,
            expected=self.expected,
            mend=self.mend,
            path=self.path or path,
            line=self.line if self.line is not None else line,
            column=self.column if self.column is not None else column,
            subject=self.subject,
        )


def _rebuild(
    found: str,
    expected: str,
    mend: str,
    path: str | None,
    line: int | None,
    column: int | None,
    subject: tuple[str, str | int] | None,
) -> InputError:
    return InputError(found, expected=expected, mend=mend, path=path, line=line, column=column, subject=subject)


def unforeseen(error: Exception, subject: str = "an article") -> InputError:
    """An exception over one article as its InputError, for loops that a bug must not stop; an InputError stays."""
    if isinstance(error, InputError):
        return error
    return InputError(
        f"{type(error).__name__} over {subject}" + (f" ({quote(str(error), 200)})" if str(error) else ""),
        expected="records, whatever it says",
        mend="leave it out, and report it with its text",
    )


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint that names the known word nearest to `name`, or lists all known ones."""
    known = list(known)
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return f"did you mean {close[0]!r}?" if close else f"known: {', '.join(known)}"


def quote(text: str, limit: int = 60) -> str:
    """`text` in quotes for a message, cut to `limit` characters, line breaks shown."""
    cut = text if len(text) <= limit else text[: limit - 1] + "…"
    return repr(cut)
