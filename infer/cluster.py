"""The same extraction on Ray, by as many workers as this machine or a cluster has: `python -m infer … --ray [ADDRESS]`.

    with connect("local"):                                   # or "auto", "10.0.0.1:6379", "ray://10.0.0.1:10001"
        crew = Crew.gather("models/mini")
        for item in crew.extract_items(find_sources(["news"]), "extracting", Place(), PART):
            ...                                              # as infer.batch.extract_all gives them

In: sources that every node sees under the same absolute path, and a checkpoint that only the caller needs to see: it
travels through Ray's object store. Out: extracted items, or parts that the workers write (`Crew.write_parts`), equal to
those of one process.

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
import tempfile
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, astuple, dataclass, replace
from functools import cached_property
from itertools import islice
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from data.errors import InputError
from data.files import read_bytes
from data.progress import Meter
from data.schema import Article, Directive, Entity
from infer.backends import AUTO, TORCH, pick
from infer.batch import extract_all
from infer.checkpoint import default_model
from infer.extractor import CHUNK, Extractor
from infer.filters import Filter
from infer.inputs import STDIN, Item, Place, Source, read_items
from infer.nodes import Share, connect, import_ray, share_out
from infer.outputs import open_file, writing
from infer.parts import PartWriter
from infer.tally import Tally

BLOCK = 2**20  # bytes of articles that pass from reading on together
SHARD = 8 * 2**20  # bytes of small files that one task reads
COLUMN = "json"  # of every table: one JSON value a row
FATAL = "fatal"  # the key of a value that ends the run


# ------------------------------------------------------------------ what travels


def pack(result: Article | InputError) -> dict[str, Any]:
    """An article or an error as JSON values."""
    return {"error": _fields(result)} if isinstance(result, InputError) else {"article": result.to_json()}


def _fields(error: InputError) -> dict[str, Any]:
    return {name: getattr(error, name) for name in ("found", "expected", "mend", "path", "line", "column")}


def unpack(value: Mapping[str, Any]) -> Article | InputError:
    """What `pack` packed, unchecked: it comes from ourselves."""
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


def _table(values: Iterable[Any]) -> Any:
    """JSON values as an Arrow table of one column."""
    pyarrow = importlib.import_module("pyarrow")
    return pyarrow.table({COLUMN: pyarrow.array([json.dumps(value) for value in values], pyarrow.string())})


def _values(table: Any) -> list[Any]:
    return [json.loads(line) for line in table[COLUMN].to_pylist()] if table.num_rows else []


def _row(item: Item) -> list[Any]:
    return [pack(item.result), item.done, item.place, item.path, item.line]


def _item(row: Sequence[Any]) -> Item:
    packed, done, place, path, line = row
    return Item(unpack(packed), done, Place(*place), path, line)


# ------------------------------------------------------------------ steps, on the nodes


class Shard(NamedTuple):
    """Sources for one reading task: a large file, or small ones up to SHARD bytes.

    sources: as the nodes find them. names: their paths as the user wrote them, for messages. first: the number of the
    first among all sources. row: articles of it that are not wanted.
    """

    sources: list[Source]
    names: list[str]
    first: int
    row: int


def cut_shards(sources: Sequence[Source], start: Place = Place()) -> list[Shard]:  # noqa: B008  # immutable
    """All sources from `start` on, in their order."""
    shards: list[Shard] = []
    size = 0
    for number, source in enumerate(sources[start.source :], start.source):
        if not shards or size + source.size > SHARD:
            shards.append(Shard([], [], number, 0 if shards else start.row))
            size = 0
        shards[-1].sources.append(replace(source, path=os.path.abspath(source.path)))
        shards[-1].names.append(source.path)
        size += source.size
    return shards


def read_shard(batch: dict[str, Any]) -> Iterator[Any]:
    """The items of shards, a few at a time; in each, `done` counts the bytes of the item alone."""
    for line in batch[COLUMN]:
        sources, names, first, row = json.loads(line)
        shard = Shard([Source(*source) for source in sources], names, first, row)
        named = {source.path: name for source, name in zip(shard.sources, shard.names, strict=True)}
        items = _as_named(read_items(shard.sources, Place(0, row)), named, first)
        while some := list(islice(items, CHUNK)):
            yield _table(map(_row, some))


def _as_named(items: Iterable[Item], named: Mapping[str, str], first: int) -> Iterator[Item]:
    before = 0
    for item in items:
        result = item.result
        if isinstance(result, InputError) and result.path:
            result.path = named.get(result.path, result.path)
        place = Place(item.place.source + first, item.place.row)
        yield replace(item, result=result, done=item.done - before, place=place, path=named[item.path])
        before = item.done


class Worker:
    """Blocks of items to the same with annotated articles, in an actor that holds an Extractor."""

    def __init__(self, files: Sequence[Any], options: Mapping[str, Any]) -> None:
        """files: one reference to the checkpoint's files by name, uint8 arrays in the object store. options: those that
        `Extractor.load` takes."""
        self._files, self._options = files[0], options

    @cached_property
    def extractor(self) -> Extractor:
        """Loaded with the first block, so that what a node lacks for it is told like any other error."""
        with tempfile.TemporaryDirectory(prefix="giaoban-model-") as folder:
            for name, content in importlib.import_module("ray").get(self._files).items():
                Path(folder, name).write_bytes(content)
            return Extractor.load(folder, **self._options)

    def __call__(self, block: Any) -> Any:
        """What `work` makes of a block; the InputError that keeps this node from working, in a table of its own."""
        try:
            return self.work(block)
        except InputError as error:  # Ray would hand on its text alone
            return _table([{FATAL: _fields(error)}])

    def work(self, block: Any) -> Any:
        """block: a table of items, as many as `_stream` was asked for but in the last."""
        return _table(map(_row, self.extract(block)))

    def extract(self, block: Any) -> Iterator[Item]:
        """The items of a block, extracted."""
        items = map(_item, _values(block))
        return extract_all(self.extractor, items, 0, "block", block.num_rows or CHUNK)


class Collected:
    """Errors as JSON values."""

    def __init__(self) -> None:
        self.fields: list[dict[str, Any]] = []

    def add(self, error: InputError) -> None:
        """Keep one."""
        self.fields.append(_fields(error))


class BlockWriter(Worker):
    """Blocks of items to a file of records each, written whole or not at all, and what is to be told of it."""

    def __init__(self, *loading: Any, folder: str, format: str, wanted: Filter) -> None:
        super().__init__(*loading)
        self._folder, self._format, self._wanted = Path(folder), format, wanted

    def work(self, block: Any) -> Any:
        """One row: the file, what it counts up to, the errors, where it ends, the bytes read."""
        file = self._folder / f"{uuid.uuid4().hex}.{self._format}"  # a number it gets where the order is known
        name, _, compression = self._format.partition(".")
        tally, errors, place, done = Tally(), Collected(), Place(), 0
        with writing(file), open_file(file, name, compression) as sink:
            for item in self.extract(block):
                tally.write(item, self._wanted, [sink], errors)
                place, done = item.place, done + item.done
        return _table([[str(file), asdict(tally), errors.fields, place, done]])


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
        device: str = AUTO,
        backend: str = AUTO,
        threads: int | None = None,
        text_bytes: int = 0,
        workers: int | None = None,
    ) -> Crew:
        """Put a checkpoint where workers find it, after loading it here once: what is wrong with it shows at once.

        Args: as `Extractor.load` takes them, `threads` for each worker (None: 1). The backend is the one that `auto`
            means here, on every node. workers: how many; None for as many as there is room for.
        Raises: InputError for a bad checkpoint, and for a cluster without room.
        """
        ray = import_ray()
        total = ray.cluster_resources()
        share = share_out(total.get("CPU", 0), total.get("GPU", 0), device, workers, threads or 1)
        folder = Path(default_model() if model is None else model)
        backend = TORCH if backend == AUTO and share.gpus else pick(folder, backend, "cpu", text_bytes)[0]
        options: dict[str, Any] = {"segmenter": segmenter, "backend": backend, "threads": threads or 1}
        Extractor.load(folder, device="cpu", **options)
        files = {
            file.name: np.frombuffer(read_bytes(file), dtype=np.uint8) for file in folder.iterdir() if file.is_file()
        }
        return cls(share, ([ray.put(files)], options | {"device": "cuda" if share.gpus else "cpu"}))

    def extract_items(self, sources: Sequence[Source], name: str, start: Place, part_size: int) -> Iterator[Item]:
        """Every item of the sources from `start` on, in order, extracted; as `infer.batch.extract_all` gives them."""
        # the multiples at which chunks end: of CHUNK, and of the parts
        size = part_size if part_size % CHUNK else CHUNK
        count = 0
        done = _bytes(sources[: start.source])
        with Meter(name, _bytes(sources)) as meter:
            for row in self._stream(sources, start, size, Worker, {}):
                item = _item(row)
                done += item.done
                count += isinstance(item.result, Article)
                yield replace(item, done=done)
                meter.update(done, f"{count:,} articles")

    def write_parts(
        self, sources: Sequence[Source], writer: PartWriter, format: str, wanted: Filter, name: str, part_size: int
    ) -> None:
        """Have the workers write the parts that a run has yet to finish, each from `part_size` items."""
        start = writer.progress.place
        asked = {"folder": str(writer.side_folder()), "format": format, "wanted": wanted}
        done = _bytes(sources[: start.source])
        with Meter(name, _bytes(sources)) as meter:
            for file, tally, errors, place, read in self._stream(sources, start, part_size, BlockWriter, asked):
                writer.adopt(Path(file), [InputError(**fields) for fields in errors])
                writer.finish(Place(*place), **tally)
                done += read
                meter.update(done, f"{writer.progress.articles:,} articles")

    def _stream(
        self, sources: Sequence[Source], start: Place, size: int, step: type[Worker], asked: dict[str, Any]
    ) -> Iterator[Any]:
        """What `step` makes of blocks of `size` items, in order, as JSON values."""
        ray = import_ray()
        logging.getLogger("ray.data").setLevel(logging.ERROR)
        shards = [{COLUMN: json.dumps(_plain(shard))} for shard in cut_shards(sources, start)]
        if not shards:
            return  # all was read by the run that is taken up
        context = ray.data.DataContext.get_current().copy()
        context.enable_progress_bars = context.print_on_execution_start = False
        context.execution_options.preserve_order = True
        context.target_max_block_size = BLOCK
        with ray.data.DataContext.current(context):  # a dataset keeps the context it was made in
            blocks = (
                ray.data.from_items(shards, override_num_blocks=len(shards))
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
                for value in _values(table):
                    if FATAL in value:
                        raise InputError(**value[FATAL])
                    yield value


def _plain(shard: Shard) -> list[Any]:
    if STDIN in shard.names:
        raise InputError(
            "standard input with --ray", expected="files that every node sees", mend="save it to a file and name that"
        )
    return [[astuple(source) for source in shard.sources], *shard[1:]]


def _bytes(sources: Sequence[Source]) -> int:
    return sum(source.size for source in sources)


@contextmanager
def open_crew(address: str, gather: Callable[[], Crew]) -> Iterator[Crew]:
    """What `gather` puts together on the cluster at `address` (see `connect`), until the block ends."""
    with connect(address):
        yield gather()


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
