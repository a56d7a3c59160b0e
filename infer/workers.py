"""Several processes at work on one stream of articles, each with an extractor of its own: `--workers N`.

    with Workers(2, partial(Extractor.load, "models/mini", threads=1)) as workers:
        for results in workers.extract_chunks(chunks):
            …                                       # as `Extractor.extract_chunks` gives them, in order

In: chunks of articles. Out: the results of each, in the order of the chunks. A chunk goes whole to one process, which
does everything from words to records in one thread: batches, and so results, are those of a single process, and no
core waits for another. Processes are spawned, so no thread or lock of this one is copied; articles cross over as plain
tuples. No more than `AHEAD` chunks a process are read before the first of them is given back.

A process that dies (killed, out of memory, a crash in a library) is replaced and its chunk done again; where it dies
again, the articles are tried one by one, and the one it dies of costs itself alone. Ctrl-C is heard by this process
alone, which ends the others; they end by themselves when it is gone.
"""

from __future__ import annotations

import datetime as dt
import gc
import logging
import multiprocessing
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from data.errors import InputError
from data.schema import Article, Directive, Entity
from infer.checkpoint import WEIGHTS_FILE, default_model

log = logging.getLogger("giaoban")

AHEAD = 2  # chunks a process: one at work, one that it can begin with at once or that waits for an earlier one
TRIES = 2  # of a chunk, before its articles are tried one by one
# Bytes of text that make good a process's own start: some seconds of the small model's work.
SHARE = 500_000
# Bytes of weights from which on one process with many threads does as well, and several would fill the memory.
HEAVY = 200_000_000
_RARELY = 20_000  # objects more than there were, before Python looks for cycles of them

Plain = tuple[str, dt.date | None, str, dict[str, str]]  # id, date, text and meta of an article
Made = tuple[dt.date | None, list[dict[str, Any]], list[dict[str, Any]]] | InputError  # date, entities, directives
Result = Article | InputError


class ChunkMaker(Protocol):
    """What a process asks of its extractor."""

    def extract_chunk(self, articles: Sequence[Article]) -> list[Article | InputError]: ...


def workers_for(model: str | PathLike[str] | None, text_bytes: int, cores: int) -> int:
    """How many processes pay: one a core for a small model and much text, else one alone.

    Args:
        model: the checkpoint folder, as for `Extractor.load`.
        text_bytes: what there is to read, as far as that is known.
        cores: that the processes may keep busy.
    """
    weights = Path(default_model() if model is None else model) / WEIGHTS_FILE
    light = weights.is_file() and weights.stat().st_size < HEAVY
    return max(1, min(cores, text_bytes // SHARE)) if light else 1


@dataclass(slots=True)
class _Task:
    """Articles [first, first + len(articles)) of a chunk, and how many processes have died of them."""

    chunk: int
    first: int
    articles: Sequence[Article]
    deaths: int = 0


class _Worker:
    """A process, the pipe to it, and what it is doing. It is ready once it has loaded its extractor."""

    def __init__(self, load: Callable[[], ChunkMaker]) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_work, args=(theirs, load), daemon=True)
        with _no_interrupts():
            self.process.start()
        theirs.close()  # so that the end of the process is the end of the pipe
        self.ready = False
        self.task: _Task | None = None

    def begin(self, task: _Task) -> None:
        self.task = task
        with suppress(OSError):  # a process that is gone is noticed when it is listened to
            self.pipe.send([(a.id, a.date, a.text, a.meta) for a in task.articles])

    def end(self) -> int | None:
        """End the process, if it still runs; gives its exit code."""
        self.process.terminate()
        self.process.join()
        self.pipe.close()
        return self.process.exitcode


class Workers:
    """Processes that share chunks of articles. They run inside the `with` block."""

    def __init__(self, count: int, load: Callable[[], ChunkMaker]) -> None:
        """count: how many. load: makes a process's extractor; it must be picklable, as a partial of `Extractor.load`.

        Raises: InputError for a count below 1.
        """
        if count < 1:
            raise InputError(f"{count} workers", expected="1 or more", mend="leave it out for one a core")
        self._count, self._load = count, load
        self._workers: list[_Worker] = []
        self._read = 0  # chunks so far: those of a stream that was left early have numbers that no later one has

    def __enter__(self) -> Workers:
        """Raises: InputError when the extractor cannot be loaded."""
        try:
            self._workers = [_Worker(self._load) for _ in range(self._count)]
            while not any(worker.ready for worker in self._workers):
                self._listen(deque(), {})
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def _end(self) -> None:
        while self._workers:
            self._workers.pop().end()

    def extract_chunks(self, chunks: Iterable[Sequence[Article]]) -> Iterator[list[Article | InputError]]:
        """What `Extractor.extract_chunk` gives for each chunk, in order."""
        stream = iter(chunks)
        todo: deque[_Task] = deque()
        waiting: dict[int, list[Result | None]] = {}  # by the chunk's number, those read and not given back, in order
        more = True
        while more or waiting:
            while more and len(waiting) < AHEAD * self._count:
                chunk = next(stream, None)
                if chunk is None:
                    more = False
                    break
                waiting[self._read] = [None] * len(chunk)
                if chunk:
                    todo.append(_Task(self._read, 0, chunk))
                self._read += 1
            idle = [worker for worker in self._workers if worker.ready and worker.task is None]
            for worker, task in zip(idle, list(todo), strict=False):
                worker.begin(task)
                todo.popleft()
            if waiting and None in waiting[next(iter(waiting))]:
                self._listen(todo, waiting)
            elif waiting:
                results = waiting.pop(next(iter(waiting)))
                yield [result for result in results if result is not None]

    def _listen(self, todo: deque[_Task], waiting: dict[int, list[Result | None]]) -> None:
        """Wait until a process has something to say, or has died, and see to it."""
        busy = {worker.pipe: worker for worker in self._workers if worker.task or not worker.ready}
        for pipe in wait(list(busy)):
            assert isinstance(pipe, Connection)
            worker = busy[pipe]
            try:
                self._answered(worker, pipe.recv(), waiting)
            except (EOFError, OSError):
                self._died(worker, todo, waiting)

    def _answered(self, worker: _Worker, answer: Any, waiting: dict[int, list[Result | None]]) -> None:
        if isinstance(answer, InputError):
            raise answer
        task, worker.task, worker.ready = worker.task, None, True
        if task and task.chunk in waiting:
            made = [_result(article, one) for article, one in zip(task.articles, answer, strict=True)]
            waiting[task.chunk][task.first : task.first + len(made)] = made

    def _died(self, worker: _Worker, todo: deque[_Task], waiting: dict[int, list[Result | None]]) -> None:
        why, task = _cause(worker.end()), worker.task
        self._workers.remove(worker)
        if not worker.ready:
            raise InputError(
                f"a worker process that ended while it loaded the model ({why})",
                expected=f"memory for {self._count} processes with a model each",
                mend="take fewer --workers",
            )
        self._workers.append(_Worker(self._load))
        if task is None or task.chunk not in waiting:
            return
        task.deaths += 1
        if task.deaths < TRIES:
            log.warning("a worker process ended (%s): its %d articles are done again", why, len(task.articles))
            todo.appendleft(task)
        elif len(task.articles) > 1:
            log.warning("a worker process ended again (%s): its %d articles one by one", why, len(task.articles))
            single = [_Task(task.chunk, task.first + n, [one], TRIES - 1) for n, one in enumerate(task.articles)]
            todo.extendleft(reversed(single))
        else:
            waiting[task.chunk][task.first] = InputError(
                f"the end of a worker process over the article {task.articles[0].id!r} ({why})",
                expected="records, whatever it says",
                mend="leave it out",
            )


# ------------------------------------------------------------------ across the pipe


def _work(pipe: Connection, load: Callable[[], ChunkMaker]) -> None:
    """A process: None through the pipe when its extractor is loaded, or the InputError; then chunks in, results out."""
    with suppress(EOFError, OSError):  # the other end has gone: nothing more to do
        try:
            extractor = load()
        except InputError as error:
            pipe.send(error)
            return
        pipe.send(None)
        # what is loaded stays, and articles leave few cycles behind: looked for as often as usual they take a tenth of
        # the time beside the model
        gc.freeze()
        gc.set_threshold(_RARELY)
        while True:
            articles: list[Plain] = pipe.recv()
            results = extractor.extract_chunk(
                [Article.model_construct(id=id_, date=date, text=text, meta=meta) for id_, date, text, meta in articles]
            )
            pipe.send([_made(result) for result in results])


def _made(result: Result) -> Made:
    if isinstance(result, InputError):
        return result
    return result.date, [vars(one) for one in result.entities], [vars(one) for one in result.directives]


def _result(article: Article, made: Made) -> Result:
    if isinstance(made, InputError):
        return made
    date, entities, directives = made
    return Article.model_construct(
        id=article.id,
        date=date,
        text=article.text,
        entities=[Entity.model_construct(**one) for one in entities],
        directives=[Directive.model_construct(**one) for one in directives],
        meta=article.meta,
    )


@contextmanager
def _no_interrupts() -> Iterator[None]:
    """Processes that are started meanwhile never hear Ctrl-C."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _cause(code: int | None) -> str:
    """An exit code in words."""
    return f"signal {-code}" if code is not None and code < 0 else f"exit status {code}"
