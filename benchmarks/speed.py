"""How fast it is, beside the stock way of transformers, and whether that is what was aimed at.

    python -m benchmarks.speed                                    # everything: about an hour on two cores
    python -m benchmarks.speed end-to-end start-up
    python -m benchmarks.speed fine-tuning --articles 100 --rounds 1   # a quick look

In: the shipped articles and their varied copies, a checkpoint. Out: a table a section, each with its goal and whether
it holds; exit status 1 where one is missed. The outputs of the sides are compared before they are timed; the sides are
run in turn, the best of --rounds counts. A syllable is a space-separated token of raw text.

- end-to-end: raw text to records, `python -m infer` with its start (which is told apart, too), and `Extractor` in this
  process, against the token-classification pipeline with the same weights, fed sentences that are segmented already, at
  its best batch size;
- phobert-size: raw text to scores of words by a tagger of PhoBERT-base's size (random weights), every backend, against
  the same pipeline in float32;
- start-up: from `python -m infer one-article.txt` typed to the table shown, files in the page cache: time, memory;
- ray: two local workers against one process on one core (benchmarks/ray_scale.py);
- fine-tuning, pre-training: words a second against transformers' examples (benchmarks/training_speed.py).
"""

from __future__ import annotations

import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.sides import ROOT, Goal, Settings, best, in_turn, machine, seconds, shipped_articles, syllables
from data.command import make_parser
from data.errors import InputError
from data.schema import Article
from infer.checkpoint import SHIPPED

# what a section says, line by line; a Goal is a line, too
Section = Callable[[Settings], Iterator[str | Goal]]

STOCK_SHARE = 20  # the pipeline gets one article in so many of those that we get
STARTS = 10


def end_to_end(settings: Settings) -> Iterator[str | Goal]:
    from benchmarks.stock import StockPipeline, agreement, sentences
    from infer import Extractor
    from infer.backends import AUTO, default_threads, pick
    from infer.workers import workers_for

    articles = shipped_articles(settings.articles)
    few = articles[:: max(1, STOCK_SHARE)]
    extractor = Extractor.load(settings.model)
    given = sentences(extractor, few)
    stock = StockPipeline(settings.model)
    batch, tried = stock.best_batch_size(given[: max(64, len(given) // 4)])
    yield f"the pipeline's sentences a second by batch size: {tried}; best {batch}"
    yield f"words with the same tag: {agreement(extractor, stock, given):.4%} of {len(given)} sentences"
    with tempfile.TemporaryDirectory(prefix="giaoban-") as folder:
        source, output = Path(folder, "articles.jsonl"), Path(folder, "records.jsonl")
        write_jsonl(articles, source)
        command = [sys.executable, "-m", "infer", str(source), "-o", str(output), "--model", settings.model]
        sides = {
            "python -m infer": lambda: run_command(command)[0],
            "Extractor": lambda: seconds(lambda: list(extractor.extract_many(articles))),
            "pipeline": lambda: seconds(lambda: stock.tag(given, batch)),
        }
        times = best(in_turn("end to end", sides, settings.rounds))
        size = source.stat().st_size
        write_jsonl(articles[:1], source)
        started = [
            *(*command, "--backend", pick(settings.model, AUTO, AUTO, size)[0]),
            *("--workers", str(workers_for(settings.model, size, default_threads()))),
        ]
        whole, start = times["python -m infer"], run_command(started)[0]
        yield f"seconds of python -m infer: {whole:.1f}, with one article alone {start:.1f}"
    counts = [syllables([a.text for a in given]) for given in (articles, articles, few)]
    rates = {side: count / times[side] for side, count in zip(sides, counts, strict=True)}
    yield from table("syllables/s", rates, counts)
    yield Goal("syllables a second of python -m infer", rates["python -m infer"], 15_000)
    yield Goal("times the pipeline", rates["python -m infer"] / rates["pipeline"], 6)


def phobert_size(settings: Settings) -> Iterator[str | Goal]:
    from benchmarks.stock import EXACT, StockPipeline, agreement, backends, make_phobert, sentences

    articles = shipped_articles(max(4, settings.articles // 50))
    sizes = sorted(len(article.text.split()) for article in articles)
    yield f"{len(sizes)} articles of {sizes[0]} to {sizes[-1]} syllables, {sizes[len(sizes) // 2]} in the middle"
    with tempfile.TemporaryDirectory(prefix="giaoban-") as folder:
        make_phobert(Path(folder))
        ours = backends(Path(folder))
        exact = ours[EXACT]
        given = sentences(exact, articles)
        stock = StockPipeline(folder)
        size, tried = stock.best_batch_size(given[:64])
        yield f"the pipeline's sentences a second by batch size: {tried}; best {size}"
        for name, extractor in ours.items():
            yield f"{name}: words with the same tag {agreement(extractor, stock, given[:64]):.4%}"
        sides = {name: scoring(extractor, articles) for name, extractor in ours.items()}
        sides["pipeline"] = lambda: seconds(lambda: stock.tag(given, size))
        times = best(in_turn("PhoBERT's size", sides, settings.rounds))
    count = syllables([article.text for article in articles])
    rates = {side: count / time for side, time in times.items()}
    yield from table("syllables/s", rates, [count] * len(rates))
    fastest = max(ours, key=lambda name: rates[name])
    yield Goal(f"times the pipeline, {fastest}", rates[fastest] / rates["pipeline"], 2.5)
    yield Goal("times the pipeline, float32 both", rates[EXACT] / rates["pipeline"], 1.4)


def start_up(settings: Settings) -> Iterator[str | Goal]:
    article = max((ROOT / "data" / "samples").glob("*.txt"), key=lambda file: file.stat().st_size)
    command = [sys.executable, "-m", "infer", str(article), "--model", settings.model]
    run_command(command)  # fills the page cache
    runs = [run_command(command) for _ in range(STARTS)]
    times = sorted(time for time, _ in runs)
    most = max(memory for _, memory in runs)
    count = syllables([article.read_text(encoding="utf-8")])
    yield f"{article.name}, {count} syllables, {STARTS} runs"
    yield f"seconds: best {times[0]:.2f}, median {statistics.median(times):.2f}, worst {times[-1]:.2f}"
    yield f"memory: {most:.0f} MB"
    yield Goal("seconds (median)", statistics.median(times), 1.2, most=True)
    yield Goal("MB of memory", most, 250, most=True)


def ray(settings: Settings) -> Iterator[str | Goal]:
    if importlib.util.find_spec("benchmarks.ray_scale") is None or importlib.util.find_spec("ray") is None:
        yield "left out: it needs benchmarks/ray_scale.py and ray (pip install 'giaoban[ray]')"
        return
    # a process of its own: Ray's, and the number of its threads, would stay for the sections that follow
    done = subprocess.run([sys.executable, "-m", "benchmarks.ray_scale"], cwd=ROOT, capture_output=True, text=True)
    yield (done.stdout or done.stderr[-2000:]).rstrip()


def fine_tuning(settings: Settings) -> Iterator[str | Goal]:
    from benchmarks.training_speed import fine_tuning_rates

    rates, told = fine_tuning_rates(settings, shipped_articles(max(2, settings.articles // 40)))
    yield from told
    yield from table("words/s", rates, None)
    yield Goal("times the stock recipe", rates["giaoban"] / rates["stock"], 2)


def pre_training(settings: Settings) -> Iterator[str | Goal]:
    from benchmarks.training_speed import pre_training_rates

    rates, told = pre_training_rates(settings, shipped_articles(240))
    yield from told
    yield from table("words/s", rates, None)


SECTIONS: dict[str, Section] = {
    "end-to-end": end_to_end,
    "phobert-size": phobert_size,
    "start-up": start_up,
    "ray": ray,
    "fine-tuning": fine_tuning,
    "pre-training": pre_training,
}


# ------------------------------------------------------------------ what sections need


def table(unit: str, rates: dict[str, float], counts: list[int] | None) -> Iterator[str]:
    """A row a side: its rate, and how many times the last side's."""
    *_, last = rates.values()
    of = [f"{count:>12,}" for count in counts] if counts else [""] * len(rates)
    yield f"{'':20}{unit:>14}{'ratio':>8}{'syllables' if counts else '':>12}".rstrip()
    for (side, rate), count in zip(rates.items(), of, strict=True):
        yield f"{side:20}{rate:14,.0f}{rate / last:8.2f}{count}".rstrip()


def write_jsonl(articles: list[Article], file: Path) -> None:
    """Raw texts with their ids, as `python -m infer` reads them."""
    lines = [json.dumps({"id": one.id, "text": one.text}, ensure_ascii=False) for one in articles]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def run_command(command: list[str]) -> tuple[float, float]:
    """Wall seconds of a command that must succeed, and the most memory it had, in MB."""
    with tempfile.TemporaryDirectory(prefix="giaoban-") as folder:
        file = Path(folder, "figures")
        launcher = [sys.executable, "-S", str(ROOT / "benchmarks" / "measured.py"), str(file)]
        said = subprocess.run([*launcher, *command], cwd=ROOT, capture_output=True, text=True).stderr
        taken, status, memory = file.read_text(encoding="ascii").split()
    if status != "0":
        raise InputError(
            f"status {status} of {' '.join(command)}: {said[-500:].strip()}",
            expected="a run without errors",
            mend="run it by itself",
        )
    return float(taken), float(memory) / 1024


def scoring(extractor, articles: list[Article]) -> Callable[[], float]:  # type: ignore[no-untyped-def]
    """Raw text to scores of words: what random weights can be measured by (their records would be rubbish)."""
    return lambda: seconds(lambda: extractor.run([extractor.prepare(article.text) for article in articles]))


def main(argv: list[str] | None = None) -> int:
    """Run the command; gives the exit status: 1 when a goal is missed."""
    parser = make_parser("python -m benchmarks.speed", __doc__)
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"{', '.join(SECTIONS)} (all)")
    parser.add_argument("--cores", type=int, default=2, help="that everything is run on (%(default)s)")
    parser.add_argument(
        "--articles", type=int, default=2000, help="end to end; other sections take shares (%(default)s)"
    )
    parser.add_argument("--rounds", type=int, default=3, help="in which each side is run (%(default)s)")
    parser.add_argument("--model", default=str(SHIPPED), help="a checkpoint (models/mini)")
    parser.add_argument(
        "--encoder", default=str(ROOT / "models" / "mini-encoder"), help="trained on (models/mini-encoder)"
    )
    parser.add_argument("--device", default="cpu", choices=("auto", "cpu"), help="of training (%(default)s)")
    args = parser.parse_args(argv)
    unknown = [name for name in args.sections if name not in SECTIONS]
    if unknown:
        parser.error(f"no section {unknown[0]}; there are {', '.join(SECTIONS)}")
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: args.cores])
    settings = Settings(args.articles, args.rounds, args.model, args.encoder, args.device)
    print(machine(), flush=True)
    missed = 0
    try:
        for name in args.sections or SECTIONS:
            print(f"\n{name}", flush=True)
            for line in SECTIONS[name](settings):
                print(f"  {line}", flush=True)
                missed += isinstance(line, Goal) and not line.holds
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
