"""Packages that only some of giaoban needs: one that is not installed is named with the extra that brings it.

In: names of packages. Out: nothing, or an `InputError` with the line that installs them.
"""

from __future__ import annotations

from importlib.util import find_spec

from data.errors import InputError


def missing(*packages: str) -> list[str]:
    """Those of the packages that are not installed; none is imported."""
    return [name for name in packages if find_spec(name) is None]


def need(extra: str, purpose: str, *packages: str) -> None:
    """Raises InputError when one of the packages, which the extra brings, is not installed."""
    if absent := missing(*packages):
        raise InputError(
            f"no package {' and no '.join(absent)}",
            expected=f"it to be installed for {purpose}",
            mend=f"pip install 'giaoban[{extra}]'",
        )
