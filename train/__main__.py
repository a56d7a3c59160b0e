"""`python -m train CONFIG [key=value …]`: fine-tune a tagger.

    python -m train configs/mini.yaml
    python -m train configs/phobert-base.yaml training.learning_rate=3e-5 --resume
    accelerate launch --num_processes 2 -m train configs/mini.yaml

In: a configuration and overrides. Out: a checkpoint folder (training.output) with its card and a picture of the run; in
its `run/` the trainer's own checkpoints, TensorBoard's logs and the configuration, which `--resume` goes on from.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import yaml

from data.command import make_parser
from data.errors import InputError
from data.files import atomic_file
from data.schema import Article
from train.config import Config, read_config
from train.launch import processes_wanted, run_processes

RUN, CHECKPOINTS, LOGS, CONFIG = "run", "checkpoints", "logs", "config.yaml"


def main(argv: list[str] | None = None) -> int:
    """Run the command; gives the exit status."""
    parser = make_parser("python -m train", __doc__)
    parser.add_argument("config", help="a YAML file, for instance configs/mini.yaml")
    parser.add_argument("overrides", nargs="*", metavar="KEY=VALUE", help="for instance training.epochs=5")
    start = parser.add_mutually_exclusive_group()
    start.add_argument("--resume", action="store_true", help="go on from the run's last checkpoint")
    start.add_argument("--overwrite", action="store_true", help="start anew where an earlier run wrote")
    args = parser.parse_intermixed_args(argv)  # options may stand before the overrides, too
    try:
        config = read_config(args.config, args.overrides)
        processes = processes_wanted()
        if processes > 1:
            return run_processes(processes, sys.argv[1:] if argv is None else argv)
        return fine_tune(config, args.config, resume=args.resume, overwrite=args.overwrite)
    except InputError as error:
        if _main_process():
            print(f"error: {error}", file=sys.stderr)
        return 1


def _main_process() -> bool:
    return os.environ.get("RANK", "0") == "0"


def fine_tune(config: Config, config_file: str, *, resume: bool = False, overwrite: bool = False) -> int:
    """Train as configured and write the checkpoint; gives the exit status.

    Raises: InputError for bad articles, a bad model, or an output folder that holds another run.
    """
    output = Path(config.training.output)
    run = output / RUN
    _check_output(run, config, resume=resume, overwrite=overwrite)
    splits = read_splits(config)

    # the slow imports come after everything that a user may have got wrong
    from transformers import set_seed
    from transformers.utils import logging

    from data.encode import Encoder
    from data.segment import load_segmenter
    from infer.checkpoint import Settings
    from train.augment import augment
    from train.card import model_card
    from train.checkpoint import fingerprint, library_versions, round_weights, write_checkpoint
    from train.model import CARD_FILE, load_model
    from train.trainer import be_deterministic, last_whole, make_examples, make_trainer
    from train.training_report import PICTURE_FILE, TRAINING_FILE, as_json, draw, summarize

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    segmenter = load_segmenter(config.segmenter)
    set_seed(config.training.seed)
    be_deterministic()
    model, bpe = load_model(config, config_file)
    encoder = Encoder(segmenter, bpe, config.window.max_length, config.window.stride)
    read = splits | {
        "train": splits["train"] + augment(splits["train"], config.training.augmented, config.training.seed)
    }
    examples = {name: make_examples(articles, encoder, config.labels) for name, articles in read.items()}
    os.environ["TENSORBOARD_LOGGING_DIR"] = str(run / LOGS)
    trainer = make_trainer(
        model, encoder, config.labels, config.training, run / CHECKPOINTS, examples["train"], examples["dev"]
    )
    main = trainer.is_world_process_zero()
    if main:
        _prepare_output(run, config, resume=resume)
        _announce(config, examples, trainer.args.world_size)
    trainer.accelerator.wait_for_everyone()
    last = last_whole(run / CHECKPOINTS) if resume and main else None
    # every process goes on from the same checkpoint, whatever the folder looked like when it looked
    last = _broadcast(last)
    trainer.train(resume_from_checkpoint=str(last) if last else None)
    history = list(trainer.state.log_history)
    round_weights(trainer.accelerator.unwrap_model(trainer.model))
    dev = {name.removeprefix("eval_"): value for name, value in trainer.evaluate().items()}
    if main:
        settings = Settings(
            labels=config.labels,
            segmenter=segmenter.name,
            max_length=config.window.max_length,
            stride=config.window.stride,
            fingerprints={name: fingerprint(articles) for name, articles in splits.items()},
            versions=library_versions(),
            dev=dict(dev),
        )
        tagger = trainer.accelerator.unwrap_model(trainer.model)
        training = summarize(history, trainer.state.best_global_step)
        card = model_card(output.resolve().name, config, settings, splits, training, tagger.num_parameters())
        more = {
            TRAINING_FILE: as_json(training),
            PICTURE_FILE: draw(training, config.labels),
            CARD_FILE: card.encode(),
        }
        write_checkpoint(output, tagger, bpe, settings, encoder.max_length, more)
        print(f"{output}: dev F1 {dev['f1']:.4f} (strict), best of {trainer.state.epoch:.0f} epochs")
    return 0


def read_splits(config: Config) -> dict[str, list[Article]]:
    """The articles of train and dev. Raises InputError for the first thing that is wrong with them."""
    from data.load import article_of, load, split_sources

    named = {"train": config.data.train, "dev": config.data.dev}
    places = split_sources(config.data.source, named)
    missing = {"train", "dev"} - set(places)
    if missing:
        raise InputError(
            f"no split {' and no split '.join(sorted(missing))}",
            expected="a split to train on and a split to choose on",
            mend="add it, or name it with data.train= or data.dev=",
            path=config.data.source,
        )
    wanted = {name: places[name] for name in ("train", "dev")}
    loaded = load(wanted, config.labels, segmented=config.segmenter == "none")
    return {name: [article_of(row) for row in rows] for name, rows in loaded.items()}


def _check_output(run: Path, config: Config, *, resume: bool, overwrite: bool) -> None:
    earlier = run / CONFIG
    if not earlier.is_file() or overwrite:
        return
    if not resume:
        raise InputError(
            "an earlier run",
            expected="a folder that no run has written to",
            mend="--resume goes on with it, --overwrite starts anew, training.output=FOLDER writes elsewhere",
            path=run,
        )
    before = read_config(earlier)
    if before != config:
        changed = [name for name in Config.model_fields if getattr(before, name) != getattr(config, name)]
        raise InputError(
            f"another configuration than this run's ({', '.join(changed)} differ)",
            expected="the same configuration for --resume",
            mend=f"resume with {earlier}, or start anew with --overwrite",
            path=run,
        )


def _prepare_output(run: Path, config: Config, *, resume: bool) -> None:
    if not resume and run.exists():
        shutil.rmtree(run)
    with atomic_file(run / CONFIG) as out:
        yaml.safe_dump(config.model_dump(), out, allow_unicode=True, sort_keys=False)


def _announce(config: Config, examples, processes: int) -> None:  # type: ignore[no-untyped-def]
    for name, group in examples.items():
        windows = [example.encoded.windows for example in group]
        print(
            f"{name}: {len(group)} articles, {sum(len(e.encoded.words) for e in group):,} words, "
            f"{sum(len(w.windows) for w in windows)} windows of at most {config.window.max_length} subwords; split: "
            f"{sum(w.split_words for w in windows)} words, {sum(w.split_sentences for w in windows)} sentences"
        )
    print(f"training on {processes} process{'es' if processes > 1 else ''}", flush=True)


def _broadcast(value: Path | None) -> Path | None:
    from accelerate.utils import broadcast_object_list

    box = [value]
    broadcast_object_list(box)
    return box[0]


if __name__ == "__main__":
    sys.exit(main())
