"""Records in parts, and a run that can be taken up where it was broken off.

In: extracted items, in order. Out: one file, or a folder of `part-00000.jsonl` …, and beside it the bad articles; all
of it appears when the run is over. Until then it grows in `OUTPUT.partial/`:

    run.json        what the run is: options, model, and every file of the input with its size and time
    progress.json   how many parts are finished, how far into the input they reach, and what they count up to
    parts/          part-00000.jsonl …, each written whole
    errors/         the bad articles of each part that has some
    side/           files that others write, until each is the next part

A part is finished once progress.json says so; what was begun behind it is made anew. Since parts end at fixed numbers
of articles, what comes out of a run that was killed and taken up again equals that of an unbroken one byte for byte.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from data.errors import InputError
from data.files import atomic_file
from infer.inputs import Place, Source
from infer.outputs import FORMATS, ErrorLog, Sink, errors_file, is_folder, join_bytes, open_file, writing

RUN, PROGRESS, PARTS, ERRORS, SIDE = "run.json", "progress.json", "parts", "errors", "side"
KEPT = "what is done is kept, and the same command with --resume goes on"


@dataclass(frozen=True, slots=True)
class Progress:
    """What the finished parts are: their number, the place in the input behind them, articles extracted, articles
    written (those that fit the filters), articles that failed. placed: the output has its name."""

    parts: int = 0
    place: Place = field(default_factory=Place)
    articles: int = 0
    written: int = 0
    failed: int = 0
    placed: bool = False


def partial_folder(output: str) -> Path:
    """Where a run with `-o OUTPUT` keeps what is not finished."""
    return Path(f"{Path(output)}.partial")


class PartWriter:
    """The parts of one run. Make one with `open_parts`."""

    def __init__(self, output: str, name: str, progress: Progress, keep: bool) -> None:
        """name, keep: as in `open_parts`."""
        self._output, self._work = Path(output), partial_folder(output)
        self._name, _, self._compression = name.partition(".")
        self._folder = is_folder(output)
        self._errors = errors_file(output)
        self._suffix, self._keep = name, keep
        self.progress = progress

    @property
    def is_kept(self) -> bool:
        """Whether something would be lost if the run were not taken up."""
        return self._keep and self.progress.parts > 0

    @contextmanager
    def part(self) -> Iterator[tuple[Sink, ErrorLog]]:
        """The next part, which is there once the block ends well; `finish` then makes it count."""
        number = self.progress.parts
        with ExitStack() as stack:
            stack.enter_context(self._writing())
            errors = ErrorLog(self._work / ERRORS / f"{number:05}.jsonl", stack)
            later = number > 0 and not self._folder
            yield stack.enter_context(open_file(self._part(number), self._name, self._compression, later)), errors

    def side_folder(self) -> Path:
        """An empty folder beside the parts, for files that `adopt` takes."""
        folder = (self._work / SIDE).resolve()
        with self._writing():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
        return folder

    def adopt(self, file: Path, errors: Sequence[InputError]) -> None:
        """Take a whole file of the side folder as the next part; `finish` then makes it count."""
        with ExitStack() as stack:
            stack.enter_context(self._writing())
            log = ErrorLog(self._work / ERRORS / f"{self.progress.parts:05}.jsonl", stack)
            for error in errors:
                log.add(error)
            os.replace(file, self._part(self.progress.parts))

    def finish(self, place: Place, articles: int, written: int, failed: int) -> None:
        """Count the part as finished. articles, written, failed: those in it."""
        now = self.progress
        self._save(Progress(now.parts + 1, place, now.articles + articles, now.written + written, now.failed + failed))

    def close(self) -> None:
        """Give the output its name, and clear away what it was made in."""
        with self._writing():
            if not self.progress.placed:
                self._place()
                self._save(replace(self.progress, placed=True))
            discard(self._work)

    def _place(self) -> None:
        """Every step can be done again by a run that was killed in the midst of them."""
        errors = sorted((self._work / ERRORS).iterdir())
        if errors:
            with atomic_file(self._work / "errors.jsonl", "wb") as handle:
                join_bytes(errors, handle)
            os.replace(self._work / "errors.jsonl", self._errors)
        else:
            self._errors.unlink(missing_ok=True)
        parts = [self._part(number) for number in range(self.progress.parts)]
        if self._folder:
            if (self._work / PARTS).exists():
                if self._output.exists():
                    os.replace(self._output, self._work / "old")
                os.replace(self._work / PARTS, self._output)
        else:
            whole = parts[0]
            if len(parts) > 1:
                whole = self._work / "whole"
                with atomic_file(whole, "wb") as handle:
                    (FORMATS[self._name].join or join_bytes)(parts, handle)
            if whole.exists():
                os.replace(whole, self._output)

    def _writing(self) -> AbstractContextManager[None]:
        return writing(self._output, KEPT if self.is_kept else "")

    def _part(self, number: int) -> Path:
        return self._work / PARTS / f"part-{number:05}.{self._suffix}"

    def _save(self, progress: Progress) -> None:
        with self._writing():
            _write_json(self._work / PROGRESS, asdict(progress))
        self.progress = progress


@contextmanager
def open_parts(
    output: str, name: str, facts: Mapping[str, Any], sources: Sequence[Source], *, resume: bool, keep: bool
) -> Iterator[PartWriter]:
    """Begin a run, or take one up.

    Args:
        name: the format, with its compression.
        facts: all that the output depends on beside the sources, as JSON values.
        resume: go on where a run of the same output was broken off, if there is one.
        keep: whether a run that breaks off may be taken up; what it did is deleted otherwise.
    Raises: InputError for a place that cannot be written to; for an unfinished run that is not to be taken up, or was
        one of other options, articles or another model.
    """
    work = partial_folder(output)
    with writing(output):
        _check_place(output)
        saved = _read_json(work / PROGRESS)
        if saved and not saved["placed"] and not resume:
            raise InputError(
                "an unfinished run",
                expected="none of this output",
                mend="go on with it by --resume, or delete the folder",
                path=work,
            )
        now = {**facts, "input": [[source.path, source.size, source.changed] for source in sources]}
        if saved and resume:
            _check_same(_read_json(work / RUN), json.loads(json.dumps(now)), work)
            progress = Progress(**saved | {"place": Place(*saved["place"])})
            _clear(work, progress.parts)
        else:
            progress = Progress()
            discard(work)
            for folder in (PARTS, ERRORS):
                (work / folder).mkdir(parents=True)
            _write_json(work / RUN, now)
    writer = PartWriter(output, name, progress, keep)
    try:
        yield writer
    except BaseException:
        if not writer.is_kept:
            discard(work)
        raise


def _clear(work: Path, parts: int) -> None:
    """Delete what was begun behind the finished parts."""
    for path in [*(work / PARTS).glob("*"), *(work / ERRORS).glob("*")]:
        number = path.name.removeprefix("part-").split(".")[0]
        if not number.isdigit() or int(number) >= parts:  # half-written files begin with a dot
            path.unlink()


def discard(work: Path) -> None:
    """Delete an unfinished run; what it can be known by goes last, so that this may itself be broken off."""
    if work.exists():
        for path in sorted(work.iterdir(), key=lambda path: (path.name == RUN, path.name == PROGRESS)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        work.rmdir()


def _check_place(output: str) -> None:
    """A file may be replaced, a folder only where it holds nothing but parts of an earlier run."""
    path = Path(output)
    if is_folder(output):
        if path.is_dir() and all(inside.name.startswith("part-") for inside in path.iterdir()):
            return
        found = "a folder with other things in it" if path.is_dir() else "a file"
        if path.exists():
            raise InputError(
                found, expected="a new folder, or one with the parts of an earlier run", mend="name another", path=path
            )
    elif path.is_dir():
        raise InputError("a folder", expected="a place to write to", mend=f"name another, or {path}/", path=path)


def _check_same(known: Mapping[str, Any], now: Mapping[str, Any], work: Path) -> None:
    """Raises: InputError that names the first thing in which two runs differ."""
    for name in [*now, *known]:
        if known.get(name) != now.get(name):
            raise InputError(
                _changed_input(known[name], now[name])
                if name == "input"
                else f"{name} = {json.dumps(now.get(name), ensure_ascii=False)}",
                expected=f"{'the articles' if name == 'input' else json.dumps(known.get(name), ensure_ascii=False)}"
                " of the run that is to go on",
                mend="give the command as it was, or delete the folder to begin anew",
                path=work,
            )


def _changed_input(known: Sequence[Sequence[Any]], now: Sequence[Sequence[Any]]) -> str:
    before, after = ({path: rest for path, *rest in sources} for sources in (known, now))
    for path in [*after, *before]:
        if before.get(path) != after.get(path):
            what = "new" if path not in before else "gone" if path not in after else "changed"
            return f"the article file {path} {what}"
    return "the article files in another order"


def _read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def _write_json(path: Path, value: object) -> None:
    with atomic_file(path) as handle:
        json.dump(value, handle, ensure_ascii=False)
