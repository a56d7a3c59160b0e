"""The same extraction on Ray, by as many workers as this machine or a cluster has: `python -m infer … --ray [ADDRESS]`.

    with connect("local"):                                   # or "auto", "10.0.0.1:6379", "ray://10.0.0.1:10001"
        crew = Crew.gather("models/mini")
        for item in crew.extract_items(find_sources(["news"])):
            ...                                              # in the order of the input, as infer.batch gives them
        crew.write_parts(sources, "records", "parquet")      # or: workers write files, nothing comes here

In: sources that every node sees under the same absolute path, and a checkpoint that only the caller needs to see: it
travels through Ray's object store. Out: annotated articles, or a folder of parts, equal to those of one process.

What flows through Ray Data, streamed, in the order of the input:

    shards    of the sources (files; small ones together), from the caller
    items     read by tasks: each an article or what is wrong with it
    blocks    of exactly CHUNK items (or of a part), whatever the shards were: the batches of a single process
    results   made by actors that hold an Extractor each, one thread on a CPU, or a GPU

A worker that dies is started anew and its block is done again, as often as it takes: nodes may come and go. Where one
article kills whichever worker has it, the run ends once nothing has moved for half an hour.
"""

from __future__ import annotations

import datetime as dt
import importlib
import json
import logging
import os
import sys
import tempfile
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

from data.errors import InputError
from data.files import atomic_folder, read_bytes
from data.progress import Meter
from data.schema import Article, Directive, Entity
from infer.batch import collect, extract_items
from infer.checkpoint import default_model
from infer.extractor import CHUNK, Extractor
from infer.filters import Filter
from infer.inputs import STDIN, Item, Source, read_items
from infer.outputs import ErrorLog, open_sink

LOCAL = "local"
DEVICES = ("auto", "cpu", "cuda")
STORE = 2**30  # bytes of the object store that a local run starts: the model and what waits; taken as it fills
BLOCK = 2**20  # bytes of articles that pass from reading on together
SHARD = 8 * 2**20  # bytes of small files that one task reads
PART = 32 * CHUNK  # items of a part: minutes of work, and what a worker that dies loses at most
FATAL = "fatal"  # the column of a table that ends the run
PART_FORMATS = ("jsonl", "csv", "parquet")


# ------------------------------------------------------------------ where


def import_ray() -> Any:
    """Ray with Ray Data. Raises: InputError that names the extra where it is not installed."""
    # read by Ray when it is imported or started; what a user has set stays
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    try:
        ray = importlib.import_module("ray")
        importlib.import_module("ray.data")
    except ImportError:
        raise InputError(
            "no package ray", expected="it to be installed for --ray", mend="pip install 'giaoban[ray]'"
        ) from None
    return ray


@contextmanager
def connect(address: str) -> Iterator[None]:
    """Ray, until the block ends: LOCAL starts it on this machine's cores, an address is that of a running cluster.

    A program that has connected by itself stays connected, and `address` does not count.
    Raises: InputError where Ray is missing or no cluster answers.
    """
    if address not in (LOCAL, "auto") and os.path.exists(address):
        raise InputError(
            f"{address!r} as the address of a Ray cluster",
            expected="auto, HOST:PORT, ray://HOST:PORT or nothing after --ray",
            mend="name the articles first and --ray last",
        )
    ray = import_ray()
    if ray.is_initialized():
        yield
        return
    # one logical core more than there are, for reading and cutting into blocks, which cost next to nothing
    local = {"num_cpus": len(os.sched_getaffinity(0)) + 1, "object_store_memory": STORE, "include_dashboard": False}
    try:
        ray.init(address, logging_level=logging.ERROR, log_to_driver=False, **(local if address == LOCAL else {}))
    except Exception as error:  # ConnectionError, ValueError, and bare ones where a start takes too long
        ray.shutdown()
        raise InputError(
            f"no Ray cluster at {address!r} ({str(error).splitlines()[0]})",
            expected="one that runs (`ray start --head`), or a machine that has room to start it on",
            mend="check the address, or leave it out to use this machine",
        ) from None
    try:
        yield
    finally:
        ray.shutdown()


class Share(NamedTuple):
    """What each worker gets, and how many there are."""

    workers: int
    cpus: float
    gpus: float


def share_out(cpus: float, gpus: float, device: str, workers: int | None = None) -> Share:
    """A cluster's cores and GPUs dealt to workers: a GPU each where there are any and `device` takes them, else a core.

    Args:
        cpus, gpus: of the whole cluster; one core is left to reading.
        device: auto, cpu or cuda.
        workers: how many; None for as many as there is room for. More than GPUs share them.
    Raises: InputError for what the cluster has no room for.
    """
    if device not in DEVICES:
        raise InputError(
            f"the device {device!r}", expected=f"{', '.join(DEVICES)}: Ray deals out the GPUs", mend="use --device cuda"
        )
    if device == "cuda" and not gpus:
        raise InputError("no GPU in the Ray cluster", expected="at least one", mend="leave --device out, or add a node")
    gpu = device != "cpu" and gpus > 0
    room = int(cpus) - 1
    most = room if not gpu else min(room, int(gpus))
    wanted = most if workers is None else workers
    if not 0 < wanted <= room:
        raise InputError(
            f"{int(cpus)} cores in the Ray cluster",
            expected=f"at least {max(wanted, 1) + 1}: one for each worker and one for reading",
            mend="start it with more (`ray start --num-cpus`), or ask for fewer workers",
        )
    return Share(wanted, 1.0, min(1.0, gpus / wanted) if gpu else 0.0)


# ------------------------------------------------------------------ what travels


def pack(result: Article | InputError) -> str:
    """An article or an error as ASCII JSON: what a text may hold, such as a lone surrogate, Arrow's strings may not."""
    if isinstance(result, InputError):
        return json.dumps({"error": _fields(result)})
    return json.dumps({"article": result.to_json()})


def _fields(error: InputError) -> dict[str, Any]:
    return {name: getattr(error, name) for name in ("found", "expected", "mend", "path", "line", "column")}


def unpack(line: str) -> Article | InputError:
    """What `pack` packed, unchecked: it comes from ourselves."""
    value = json.loads(line)
    if "error" in value:
        return InputError(**value["error"])
    fields = value["article"]
    return Article.model_construct(
        id=fields["id"],
        date=fields["date"] and dt.date.fromisoformat(fields["date"]),
        text=fields["text"],
        entities=[Entity.model_construct(**entity) for entity in fields["entities"]],
        directives=[Directive.model_construct(**directive) for directive in fields["directives"]],
        meta=fields.get("meta", {}),
    )


def _table(items: Iterable[Item]) -> Any:
    """Items as an Arrow table; in it, `done` counts the bytes of the item alone."""
    import pyarrow

    rows = [(pack(item.result), item.done) for item in items]
    schema = pyarrow.schema([("item", pyarrow.string()), ("done", pyarrow.int64())])
    return pyarrow.table([[row[0] for row in rows], [row[1] for row in rows]], schema=schema)


def _items(table: Any) -> Iterator[Item]:
    for line, done in zip(table["item"].to_pylist(), table["done"].to_pylist(), strict=True):
        yield Item(unpack(line), done)


# ------------------------------------------------------------------ steps, on the nodes


def cut_shards(sources: Sequence[Source]) -> list[list[Source]]:
    """Runs of sources, each for one reading task: a large file, or small ones up to SHARD bytes."""
    shards: list[list[Source]] = []
    size = 0
    for source in sources:
        if not shards or size + source.size > SHARD:
            shards.append([])
            size = 0
        shards[-1].append(source)
        size += source.size
    return shards


def read_shard(batch: dict[str, Any]) -> Iterator[Any]:
    """The items of shards, a few at a time."""
    for shard in batch["shard"]:
        before, held = 0, []
        sources = json.loads(shard)
        named = {place: path for place, path, _, _ in sources}  # as the user wrote it, for messages
        for item in read_items([Source(place, name, size) for place, _, name, size in sources]):
            if isinstance(item.result, InputError):
                item.result.path = named.get(item.result.path, item.result.path)
            held.append(replace(item, done=item.done - before))
            before = item.done
            if len(held) == CHUNK:
                yield _table(held)
                held = []
        yield _table(held)


class Worker:
    """Blocks of items to the same with annotated articles, in an actor that holds an Extractor."""

    def __init__(self, files: Sequence[Any], segmenter: str | None, device: str, threads: int) -> None:
        """files: one reference to the checkpoint's files by name, uint8 arrays in the object store."""
        self._files, self._segmenter, self._device, self._threads = files[0], segmenter, device, threads

    @cached_property
    def extractor(self) -> Extractor:
        """Loaded with the first block, so that what a node lacks for it is told like any other error."""
        os.environ["OMP_NUM_THREADS"] = str(self._threads)
        with tempfile.TemporaryDirectory(prefix="giaoban-model-") as folder:
            for name, content in importlib.import_module("ray").get(self._files).items():
                Path(folder, name).write_bytes(content)
            extractor = Extractor.load(folder, segmenter=self._segmenter, device=self._device)
        if torch := sys.modules.get("torch"):
            torch.set_num_threads(self._threads)  # where it was imported before the variable was set
        return extractor

    def __call__(self, block: Any) -> Any:
        """What `work` makes of a block; the InputError that keeps this node from working, in a table of its own."""
        try:
            return self.work(block)
        except InputError as error:  # Ray would hand on its text alone
            return importlib.import_module("pyarrow").table({FATAL: [json.dumps(_fields(error))]})

    def work(self, block: Any) -> Any:
        """block: a table of items, CHUNK or a multiple of it but for the last."""
        return _table(extract_items(self.extractor, _items(block)))


class PartWriter(Worker):
    """Blocks of items to a file of records each, written whole or not at all, and what is to be told of it."""

    def __init__(self, *loading: Any, folder: str, format: str, wanted: Filter) -> None:
        super().__init__(*loading)
        self.folder, self.format, self.wanted = Path(folder), format, wanted

    def work(self, block: Any) -> Any:
        """One row: the file's name, articles done and written, bad items, bytes read."""
        name = f"{uuid.uuid4().hex}.{self.format}"  # a number it gets where the order is known
        articles = written = done = 0
        errors = []
        with open_sink(str(self.folder / name)) as sink:
            for item in extract_items(self.extractor, _items(block)):
                done += item.done
                if isinstance(item.result, InputError):
                    errors.append(_fields(item.result))
                    continue
                articles += 1
                if (fitting := self.wanted(item.result)) is not None:
                    sink.write(fitting)
                    written += 1
        row = {"file": name, "articles": articles, "written": written, "done": done, "errors": json.dumps(errors)}
        return importlib.import_module("pyarrow").Table.from_pylist([row])


# ------------------------------------------------------------------ the whole


@dataclass(frozen=True)
class Crew:
    """Workers on the connected cluster, not started yet. Make one with `Crew.gather`."""

    share: Share
    loading: tuple[Any, ...]  # what a Worker is made from

    @classmethod
    def gather(
        cls,
        model: str | PathLike[str] | None = None,
        *,
        segmenter: str | None = None,
        device: str = "auto",
        workers: int | None = None,
    ) -> Crew:
        """Put a checkpoint where workers find it, after loading it here once: what is wrong with it shows at once.

        Args: as `Extractor.load` takes them; workers: how many (None: one for each core but one, or for each GPU).
        Raises: InputError for a bad checkpoint, and for a cluster without room.
        """
        ray = import_ray()
        total = ray.cluster_resources()
        share = share_out(total.get("CPU", 0), total.get("GPU", 0), device, workers)
        folder = Path(default_model() if model is None else model)
        Extractor.load(folder, segmenter=segmenter, device="cpu")
        numpy = importlib.import_module("numpy")
        files = {
            file.name: numpy.frombuffer(read_bytes(file), dtype="uint8") for file in folder.iterdir() if file.is_file()
        }
        return cls(share, ([ray.put(files)], segmenter, "cuda" if share.gpus else "cpu", int(share.cpus)))

    def extract_items(self, sources: Sequence[Source]) -> Iterator[Item]:
        """Every item of the sources, in order, articles annotated; `done` counts the bytes of input so far."""
        done = 0
        for table in self._stream(sources, CHUNK, Worker, {}):
            for item in _items(table):
                done += item.done
                yield replace(item, done=done)

    def extract_all(self, sources: Sequence[Source], errors: ErrorLog, name: str) -> Iterator[Article]:
        """As `infer.batch.extract_all` does it."""
        return collect(self.extract_items(sources), sum(source.size for source in sources), errors, name)

    def write_parts(
        self,
        sources: Sequence[Source],
        errors: ErrorLog,
        name: str,
        output: str | PathLike[str],
        format: str,
        wanted: Filter,
        items: int = PART,
    ) -> tuple[int, int]:
        """Records into a folder of files part-00000.FORMAT …, in the order of the input, each from `items` items.

        The workers write them; the folder, which every node has to see, takes its name when all are there.

        Args: errors, name: as `infer.batch.extract_all` takes them. wanted: picks articles and records.
        Gives: the numbers of articles read and written. Raises: InputError for a format that has no parts.
        """
        if format not in PART_FORMATS:
            raise InputError(
                f"parts in the format {format!r}",
                expected=f"one of {', '.join(PART_FORMATS)}",
                mend="name another --format",
            )
        articles = written = done = number = 0
        with ExitStack() as stack:
            made = stack.enter_context(atomic_folder(Path(output).resolve()))
            unnumbered = stack.enter_context(tempfile.TemporaryDirectory(dir=made, prefix=".unnumbered-"))
            meter = stack.enter_context(Meter(name, sum(source.size for source in sources)))
            asked = {"folder": unnumbered, "format": format, "wanted": wanted}
            for table in self._stream(sources, items, PartWriter, asked):
                for row in table.to_pylist():
                    os.replace(Path(unnumbered, row["file"]), made / f"part-{number:05}.{format}")
                    for fields in json.loads(row["errors"]):
                        errors.add(InputError(**fields))
                    number, done = number + 1, done + row["done"]
                    articles, written = articles + row["articles"], written + row["written"]
                    meter.update(done, f"{articles:,} articles")
        return articles, written

    def _stream(self, sources: Sequence[Source], size: int, step: type[Worker], asked: dict[str, Any]) -> Iterator[Any]:
        """Tables that `step` makes of blocks of `size` items, in order."""
        ray = import_ray()
        logging.getLogger("ray.data").setLevel(logging.ERROR)
        shards = [json.dumps([_absolute(source) for source in shard]) for shard in cut_shards(sources)]
        context = ray.data.DataContext.get_current().copy()
        context.enable_progress_bars = context.print_on_execution_start = False
        context.execution_options.preserve_order = True
        context.target_max_block_size = BLOCK
        with ray.data.DataContext.current(context):  # a dataset keeps the context it was made in
            blocks = (
                ray.data.from_items([{"shard": shard} for shard in shards], override_num_blocks=len(shards))
                .map_batches(
                    read_shard,
                    batch_size=1,
                    # reading waits more than it works; one task feeds hundreds of cores
                    compute=ray.data.TaskPoolStrategy(size=1 + self.share.workers // 64),
                    num_cpus=0,
                )
                .repartition(target_num_rows_per_block=size, strict=True)
                .map_batches(
                    step,
                    fn_constructor_args=self.loading,
                    fn_constructor_kwargs=asked,
                    batch_size=None,
                    batch_format="pyarrow",
                    compute=ray.data.ActorPoolStrategy(size=self.share.workers),
                    num_cpus=self.share.cpus,
                    num_gpus=self.share.gpus,
                )
            )
        with told_plainly(ray):
            for table in blocks.iter_batches(batch_size=None, batch_format="pyarrow"):
                if FATAL in table.column_names:
                    raise InputError(**json.loads(table[FATAL][0].as_py()))
                yield table


def _absolute(source: Source) -> tuple[str, str, str, int]:
    """Where every node finds it, what the user called it, and the rest."""
    if source.path == STDIN:
        raise InputError(
            "standard input with --ray", expected="files that every node sees", mend="save it to a file and name that"
        )
    return os.path.abspath(source.path), source.path, source.name, source.size


@contextmanager
def told_plainly(ray: Any) -> Iterator[None]:
    """Ray's two ways to say that workers cannot work, as what may help."""
    try:
        yield
    except ray.exceptions.ActorDiedError as error:
        raise InputError(
            f"workers on Ray that do not start ({str(error).strip().splitlines()[-1].strip()})",
            expected="giaoban, of this version and with its packages, on every node",
            mend="install it there, or start Ray in its folder",
        ) from None
    except ray.data.exceptions.ExecutionTimeoutError:
        raise InputError(
            "workers on Ray that finish nothing",
            expected="enough memory for each, and no article that kills its worker",
            mend="look at the nodes' memory; run the input in pieces to find the article",
        ) from None
