"""What the documents name is there, and the project keeps its own rules of layout."""

from __future__ import annotations

import ast
import importlib.util
import re
from pathlib import Path

import pytest

from tests.conftest import ROOT

DOCUMENTS = [ROOT / "README.md", ROOT / "data" / "GUIDELINES.md", ROOT / "docs" / "scale.md"]
LAYERS = {"data": {"data"}, "infer": {"data", "infer"}, "train": {"data", "infer", "train"}}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)\)", document.read_text(encoding="utf-8"))
    missing = [target for target in targets if "://" not in target and not (document.parent / target).exists()]
    assert not missing


def test_commands_of_the_readme_name_what_is_there() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    commands = [line for language, block in blocks if language in ("", "sh") for line in block.splitlines()]
    modules = {module for line in commands for module in re.findall(r"-m ([a-z_.]+)", line)}
    assert {"data", "infer", "train", "train.evaluate"} <= modules
    for module in modules:
        spec = importlib.util.find_spec(module)
        assert spec is not None, module
        main = (
            Path(spec.origin or "").with_name("__main__.py")
            if spec.submodule_search_locations
            else Path(spec.origin or "")
        )
        assert main.is_file(), module
    for path in re.findall(r"(?:data|configs)/[^\s'`]+", "\n".join(commands)):
        assert list(ROOT.glob(path)), path
    assert {"demo", "test"} <= set(re.findall(r"make (\w+)", text))


def test_imports_run_one_way() -> None:
    for layer, allowed in LAYERS.items():
        for file in (ROOT / layer).glob("*.py"):
            tree = ast.parse(file.read_text(encoding="utf-8"))
            for node in ast.walk(tree):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                reached = {name.partition(".")[0] for name in names} & set(LAYERS)
                assert reached <= allowed, f"{file.relative_to(ROOT)} imports {reached - allowed}"


def test_every_module_says_what_it_is_for_and_stays_readable() -> None:
    for file in [*(ROOT / "data").glob("*.py"), *(ROOT / "infer").glob("*.py"), *(ROOT / "train").glob("*.py")]:
        text = file.read_text(encoding="utf-8")
        if text.strip():
            assert ast.get_docstring(ast.parse(text)), file
        assert text.count("\n") <= 450, file
