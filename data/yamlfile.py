"""YAML in and out, for headers, records and configurations.

In: YAML text. Out: plain values (dates stay text, `3e-5` is a number, a key that stands twice is refused) and the nodes
with their places, or an `InputError` with file, line and column. And values back, on one line, so that reading gives
exactly what was written.
"""

from __future__ import annotations

import re
import unicodedata
from os import PathLike
from typing import Any

import yaml

from data.errors import InputError

LONGEST_KEY = 1000  # YAML 1.1 ends the search for a key's colon after 1,024 characters


class _Loader(yaml.SafeLoader):
    """SafeLoader without its surprises."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a key that is no word", key.start_mark)
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"the key {key.value!r} twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except (ValueError, KeyError) as error:  # what looks like a number to YAML and not to Python
            raise yaml.constructor.ConstructorError(None, None, f"no value ({error})", node.start_mark) from None


# a date is text here: the public form has ISO strings, and a day that does not exist must not end in a ValueError
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
# YAML 1.1 wants a point in 3e-5; nobody who writes a learning rate does
_Loader.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"[-+]?\d+[eE][-+]?\d+"), list("-+0123456789"))


def read_yaml(source: str, path: str | PathLike[str] | None, first_line: int = 1) -> tuple[Any, yaml.Node | None]:
    """The value of YAML text, and its node (`start_mark` counts lines from 0).

    Args:
        source: the text. path: named in errors. first_line: the line of the file that `source` begins on.
    Raises: InputError where it is broken.
    """
    try:
        loader = _Loader(source)
        try:
            node = loader.get_single_node()
            return (None if node is None else loader.construct_document(node)), node
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise InputError(
            f"broken YAML ({getattr(error, 'problem', None) or error})",
            expected="valid YAML",
            mend="mend the line; quote values that hold `: ` or begin with a special character",
            path=path,
            line=None if mark is None else first_line + mark.line,
            column=None if mark is None else mark.column + 1,
        ) from None
    except RecursionError:
        raise InputError(
            "brackets nested too deeply", expected="valid YAML", mend="mend it", path=path, line=first_line
        ) from None


def write_flow(value: Any) -> str:
    """A value of strings, numbers, lists and mappings as YAML on one line.

    Raises: InputError for a key that YAML cannot hold.
    """
    plain = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=1 << 30, sort_keys=False)
    plain = plain.removesuffix("\n").removesuffix("\n...")
    if "\n" not in plain and _reads_back(plain, value):
        return plain
    return _quoted(value)


def write_pair(key: str, value: Any) -> str:
    """`key: value` on one line of a block mapping. Raises: InputError for a key that YAML cannot hold."""
    plain = f"{write_flow(key)}: {write_flow(value)}"
    return plain if _reads_back(f"{{{plain}}}", {key: value}) else f"{_quoted_key(key)}: {_quoted(value)}"


def _reads_back(text: str, value: Any) -> bool:
    try:
        return repr(read_yaml(f"[{text}]", None)[0]) == repr([value])
    except InputError:
        return False


def _quoted(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_quoted_key(key)}: {_quoted(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_quoted, value)) + "]"
    if isinstance(value, str):
        return '"' + "".join(map(_escaped, value)) + '"'
    return write_flow(value)


def _quoted_key(key: str) -> str:
    if len(key) > LONGEST_KEY:
        raise InputError(
            f"a key of {len(key)} characters", expected=f"at most {LONGEST_KEY}", mend="give it a shorter name"
        )
    return _quoted(key)


def _escaped(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    if char != " " and unicodedata.category(char)[0] in "CZ":  # what cannot be seen, or breaks a line
        return f"\\U{ord(char):08x}"
    return char
