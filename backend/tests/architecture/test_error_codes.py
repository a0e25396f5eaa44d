"""Every error code that the code can raise is in the table of problems, and the reference page tells of it."""

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import app
from app.api.problem_types import PROBLEM_TYPES
from app.domain.errors import SovdError

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "reference" / "errors.md").read_text()
START_UP_CODES = {
    "disk_full",
    "embedded_engine_error",
    "embedded_engine_failed",
    "embedded_engine_missing",
    "home_unusable",
    "metrics_port_taken",
    "port_taken",
    "schema_unknown",
}
"""Said on standard error by a process that cannot start; no request can meet them."""


def codes_in_the_text() -> Iterator[tuple[str, str]]:
    """Literal codes handed to errors and problems, with the place."""
    for path in sorted((ROOT / "backend" / "app").rglob("*.py")):
        if "client" in path.parts or "cli" in path.parts:
            continue  # those read codes that others made
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "code" and isinstance(node.value, ast.Constant):
                yield str(node.value.value), f"{path.name}:{node.value.lineno}"


def codes_of_classes() -> Iterator[tuple[str, str]]:
    """Codes of all error classes of the server."""
    for module in pkgutil.walk_packages(app.__path__, "app."):
        if not module.name.startswith(("app.client", "app.cli", "app.storage.migrations")):
            importlib.import_module(module.name)
    waiting = [SovdError]
    while waiting:
        error = waiting.pop()
        yield error.code, error.__name__
        waiting += error.__subclasses__()


def test_every_code_is_explained() -> None:
    codes = {code: place for code, place in (*codes_in_the_text(), *codes_of_classes()) if code not in START_UP_CODES}
    assert {code: place for code, place in codes.items() if f"| `{code}` |" not in PAGE} == {}


def test_codes_of_start_up_are_still_used() -> None:
    assert {code for code, _ in codes_of_classes()} >= START_UP_CODES


def test_every_problem_is_on_the_page() -> None:
    assert [code for code in PROBLEM_TYPES if f"| `{code}` |" not in PAGE] == []
