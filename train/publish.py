"""`python -m train.publish MODEL REPO`: a checkpoint folder, pushed to the Hugging Face hub.

In: a folder that `python -m train` wrote. Out: a repository of the hub that holds the checkpoint's own files, neither
the trainer's checkpoints and logs nor whatever else lies beside them. The card is checked before anything is sent. With
`--dry-run FOLDER` the same files are written there; that needs neither network nor token.

    python -m train.publish runs/mine name/mine --dry-run pushed
    python -m train.publish runs/mine name/mine --private
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import yaml
from huggingface_hub import HfApi, ModelCard, get_token
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, HTTPError  # type: ignore[attr-defined]
from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

from data.bpe import CODES_FILE, VOCAB_FILE
from data.command import make_parser
from data.errors import InputError
from data.files import atomic_folder
from infer.checkpoint import CHAIN_FILE, SETTINGS_FILE, WEIGHTS_FILE, read_chain, read_settings
from train.card import LANGUAGE, LIBRARY, TASK
from train.model import CARD_FILE
from train.training_report import PICTURE_FILE, TRAINING_FILE

NEEDED = (
    CARD_FILE,
    VOCAB_FILE,
    CODES_FILE,
    CHAIN_FILE,
    "config.json",
    SETTINGS_FILE,
    WEIGHTS_FILE,
    "tokenizer_config.json",
)
WELCOME = (TRAINING_FILE, PICTURE_FILE, "model.onnx", "model.onnx.json")
# what the hub finds and runs the model by; None: any value but none at all
_FIELDS = {"language": LANGUAGE, "library_name": LIBRARY, "pipeline_tag": TASK, "license": None, "tags": None}
_REFUSED = (401, 403)


def files_to_push(folder: Path) -> list[str]:
    """The names of the files that belong to a checkpoint, in order.

    Raises: InputError when the folder is no complete checkpoint or its card would not do.
    """
    read_chain(folder, read_settings(folder))
    missing = [name for name in NEEDED if not (folder / name).is_file()]
    if missing:
        raise InputError(
            f"no {' and no '.join(missing)}",
            expected="a whole checkpoint, with its card",
            mend="train it again, or copy the whole folder",
            path=folder,
        )
    check_card(folder / CARD_FILE)
    return sorted([*NEEDED, *(name for name in WELCOME if (folder / name).is_file())])


def check_card(file: Path) -> None:
    """Raises InputError where a card lacks what the hub needs to know, or cannot be read."""
    mend = "put it right in the lines between the first two `---` (https://huggingface.co/docs/hub/model-cards)"
    try:
        metadata = ModelCard.load(file).data
    except (ValueError, TypeError, KeyError, AttributeError, yaml.YAMLError) as error:
        raise InputError(
            f"metadata that cannot be read ({' '.join(str(error).split())})",
            expected="a block of YAML at the top",
            mend=mend,
            path=file,
        ) from None
    for field, wanted in _FIELDS.items():
        value = metadata.get(field)
        if not value or (wanted and value != wanted):
            raise InputError(
                f"{field}: {value}" if value else f"no {field}",
                expected=f"{field}: {wanted}" if wanted else f"a value of {field}",
                mend=mend,
                path=file,
            )


def publish(folder: Path, repository: str, *, private: bool) -> str:
    """Push a checkpoint; gives the repository's address.

    Raises: InputError when there is nothing to push, no token, no network, or no right to write there.
    """
    names = files_to_push(folder)
    _check_name(repository)
    token = get_token()
    if not token:
        raise InputError(
            "no token for the Hugging Face hub",
            expected="one that may write",
            mend="`hf auth login`, or set HF_TOKEN; --dry-run FOLDER needs none",
        )
    api = HfApi(token=token)
    try:
        made = api.create_repo(repository, private=private or None, exist_ok=True)
        api.upload_folder(
            repo_id=made.repo_id,
            folder_path=folder,
            allow_patterns=names,
            commit_message=f"Checkpoint {folder.resolve().name}",
        )
    except HfHubHTTPError as error:
        raise _answer_of_the_hub(error, repository) from None
    # what the client raises without a network: its own errors, and OSError where it was told to stay offline
    except (HTTPError, OSError) as error:
        raise InputError(
            f"no way to the Hugging Face hub ({type(error).__name__}: {' '.join(str(error).split())})",
            expected="a network, and HF_HUB_OFFLINE unset",
            mend="try again there; --dry-run FOLDER needs none",
        ) from None
    return str(made)


def _answer_of_the_hub(error: HfHubHTTPError, repository: str) -> InputError:
    status = error.response.status_code
    said = " ".join(str(error.server_message or error).split())
    if status in _REFUSED:
        return InputError(
            f"a token that may not write to {repository} ({status}: {said})",
            expected="a token with the right to write there",
            mend="`hf auth login` with another, or name a repository of your own",
        )
    return InputError(
        f"the hub's answer {status}: {said}",
        expected="that it takes the files",
        mend="see what it says, or try again later",
    )


def dry_run(folder: Path, repository: str, target: Path) -> None:
    """Write into `target`, a folder that is not there yet or is empty, exactly what `publish` would push."""
    names = files_to_push(folder)
    _check_name(repository)
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise InputError(
            "something there already",
            expected="a folder that is not there yet, or is empty",
            mend="name another, or delete it",
            path=target,
        )
    with atomic_folder(target) as made:
        for name in names:
            shutil.copyfile(folder / name, made / name)


def _check_name(repository: str) -> None:
    try:
        validate_repo_id(repository)
    except HFValidationError as error:
        raise InputError(
            f"{repository!r} ({error})", expected="NAME/REPOSITORY, as the hub takes it", mend="correct the name"
        ) from None


# ------------------------------------------------------------------ the command


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; gives the exit status."""
    parser = make_parser("python -m train.publish", __doc__)
    parser.add_argument("model", metavar="MODEL", type=Path, help="a checkpoint folder, for instance runs/mine")
    parser.add_argument("repository", metavar="REPO", help="of the hub, for instance name/mine; made where it is not")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--private", action="store_true", help="a new repository is for you alone")
    how.add_argument(
        "--dry-run", metavar="FOLDER", type=Path, help="write there what would be pushed, and push nothing"
    )
    args = parser.parse_args(argv)
    try:
        if args.dry_run:
            dry_run(args.model, args.repository, args.dry_run)
            address = str(args.dry_run)
        else:
            address = publish(args.model, args.repository, private=args.private)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    for name in files_to_push(args.model):
        print(f"{name:24} {(args.model / name).stat().st_size:>13,} bytes")
    print(f"{'written' if args.dry_run else 'pushed'}: {address}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
