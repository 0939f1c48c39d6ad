# SPDX-License-Identifier: Apache-2.0
"""The house itself: what importing costs, what is public, what every file begins with."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import douane

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "middleware" / "douane").rglob("*.py"))
HEAVY = {
    "aiohttp",
    "cryptography",
    "fastapi",
    "jwt",
    "numpy",
    "opa_client",
    "phonenumbers",
    "py3langid",
    "presidio_analyzer",
    "pydantic",
    "regorus",
    "requests",
    "stdnum",
    "structlog",
    "uvicorn",
    "yaml",
}


def test_importing_the_package_is_cheap() -> None:
    program = "import sys, douane; print(*{name.split('.')[0] for name in sys.modules})"
    modules = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert not HEAVY & set(modules)


def test_the_gateways_process_never_loads_presidio() -> None:
    program = "import sys, douane.gateway, douane.config; print(*{name.split('.')[0] for name in sys.modules})"
    modules = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert not {"presidio_analyzer", "spacy", "regorus"} & set(modules)


def test_the_public_names_are_these() -> None:
    assert sorted(douane.__all__) == ["GuardMiddleware", "Passage", "__version__", "load"]
    assert all(getattr(douane, name) for name in douane.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no `nothing`"):
        _ = douane.nothing


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_says_its_licence_and_what_stands_in_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# SPDX-License-Identifier: Apache-2.0\n")
    assert ast.get_docstring(ast.parse(text))


@pytest.mark.parametrize("path", [path for path in SOURCES if not path.name.startswith("__")], ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_lists_its_public_names(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assigned = {
        getattr(target, "id", ""): node.value
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
    }
    public = assigned.get("__all__")
    assert isinstance(public, ast.List)
    names = [element.value for element in public.elts if isinstance(element, ast.Constant)]
    defined = {getattr(node, "name", "") for node in tree.body} | set(assigned)
    imported = {alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert set(names) <= defined | imported
    assert {name for name in defined if name and not name.startswith("_")} <= set(names)


def test_no_source_is_longer_than_home() -> None:
    assert [path.name for path in SOURCES if len(path.read_text(encoding="utf-8").splitlines()) > 400] == []
