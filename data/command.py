"""What every command of the project does alike: help from its module's docstring."""

from __future__ import annotations

import argparse


def make_parser(prog: str, doc: str | None) -> argparse.ArgumentParser:
    """A parser whose help is the docstring: its first line above the options, the rest below, as it stands."""
    summary, _, details = (doc or "").partition("\n")
    return argparse.ArgumentParser(
        prog=prog, description=summary, epilog=details, formatter_class=argparse.RawDescriptionHelpFormatter
    )
