"""Rules for the code that no linter knows: read from the syntax trees, so that they hold for every file."""

import ast
import re
import tokenize
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

ROOT = Path(__file__).parents[3]
APP = ROOT / "backend" / "app"
TESTS = ROOT / "backend" / "tests"

APP_FILES = sorted(APP.rglob("*.py"))
ALL_FILES = [*APP_FILES, *sorted(TESTS.rglob("*.py"))]
MOST_LINES, MOST_FUNCTION_LINES = 400, 60

WALL_CLOCK = re.compile(r"datetime\.(?:now|utcnow|today)\(|date\.today\(|\btime\.(?:time|time_ns|localtime|gmtime)\(")
WALL_CLOCK_ALLOWED = {
    "cli/vehicle_acts.py": "shows people how long ago something was",
    "cli/history_acts.py": "shows people how long ago something was, and reads `--since 2h`",
    "cli/doctor_checks.py": "compares the clock of this machine with the database's",
    "connectors/answer_parts.py": "when something was read, and since when a vehicle works: shown, decides nothing",
    "connectors/simulated_pace.py": "since when a simulated unit says it works: shown, decides nothing",
    "simulator/sovd_backend.py": "times that answers of simulated vehicles show: they decide nothing",
    "uds_adapter/adapter_serving.py": "times that answers of the adapter show: they decide nothing",
    "security/rate_limits.py": "takes back the wall-clock time that the library has added",
}
"""Files of the app that may read the wall clock, and why. Everywhere else PostgreSQL's clock decides."""

EMPTY_NAMES = {"utils", "util", "helpers", "helper", "manager", "managers", "common", "misc", "base", "core"}

WRITTEN_ONCE = APP / "storage" / "migrations" / "versions"
"""A migration is a list of statements, never read but from top to bottom and never changed."""

_SUPPRESSION = re.compile(r"#\s*(?:noqa|type:\s*ignore|pragma:|nosec|mypy:|ruff:)", re.IGNORECASE)
_WITH_REASON = re.compile(
    r"#\s*(?:noqa:\s*[A-Z0-9, ]+?|type:\s*ignore\[[a-z, -]+\])\s*(?:-|#)\s*\S.{3,}$", re.IGNORECASE
)


def name_of(path: Path) -> str:
    """A file as it is called in failures and allow-lists."""
    return path.relative_to(APP if path.is_relative_to(APP) else ROOT).as_posix()


def tree_of(path: Path) -> ast.Module:
    """The file's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"))


Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def public_definitions(body: list[ast.stmt], prefix: str = "") -> Iterator[tuple[str, Definition]]:
    """Public classes, functions and methods; what is inside a function or a private class is nobody's interface."""
    for node in body:
        if not isinstance(node, Definition) or node.name.startswith("_"):
            continue
        yield prefix + node.name, node
        if isinstance(node, ast.ClassDef):
            yield from public_definitions(node.body, f"{prefix}{node.name}.")


def is_override(node: Definition) -> bool:
    """Marked as an override: the documentation is the base's."""
    return any(isinstance(mark, ast.Name) and mark.id in {"override", "overload"} for mark in node.decorator_list)


def comments_of(path: Path) -> Iterator[tuple[int, str]]:
    """Line numbers and texts of the comments."""
    for token in tokenize.generate_tokens(StringIO(path.read_text(encoding="utf-8")).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def test_everything_public_has_a_docstring() -> None:
    missing = []
    for path in APP_FILES:
        tree = tree_of(path)
        if not ast.get_docstring(tree):
            missing.append(name_of(path))
        missing += [
            f"{name_of(path)}:{node.lineno}: {name}"
            for name, node in public_definitions(tree.body)
            if not is_override(node) and not ast.get_docstring(node)
        ]
    assert not missing


def test_files_stay_short() -> None:
    lines = {name_of(path): path.read_text(encoding="utf-8").count("\n") for path in ALL_FILES}
    assert {name: count for name, count in lines.items() if count > MOST_LINES} == {}


def test_functions_stay_short() -> None:
    long = [
        f"{name_of(path)}:{node.name}"
        for path in ALL_FILES
        if not path.is_relative_to(WRITTEN_ONCE)
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno >= MOST_FUNCTION_LINES
    ]
    assert not long


def test_names_of_modules_say_what_is_inside() -> None:
    steps = {path: path.relative_to(ROOT).with_suffix("").parts for path in ALL_FILES}
    parts = {name_of(path): {part for step in found for part in step.split("_")} for path, found in steps.items()}
    assert [name for name, words in parts.items() if words & EMPTY_NAMES] == []


def test_the_wall_clock_decides_nothing() -> None:
    readers = set()
    for path in APP_FILES:
        code = "\n".join(line.partition("#")[0] for line in path.read_text(encoding="utf-8").splitlines())
        if WALL_CLOCK.search(code):
            readers.add(name_of(path))
    assert readers == WALL_CLOCK_ALLOWED.keys()


def test_every_suppression_gives_its_reason() -> None:
    silent = [
        f"{name_of(path)}:{number}: {comment}"
        for path in ALL_FILES
        for number, comment in comments_of(path)
        if _SUPPRESSION.search(comment) and not _WITH_REASON.search(comment)
    ]
    assert not silent


def test_skips_and_expected_failures_give_their_reason() -> None:
    silent = []
    for path in sorted(TESTS.rglob("*.py")):
        lines = path.read_text(encoding="utf-8").splitlines()
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Attribute) and node.attr in {"skip", "skipif", "xfail"}:
                line = lines[node.lineno - 1]
                if "reason=" not in line and not re.search(r"\(\s*f?\"", line):
                    silent.append(f"{name_of(path)}:{node.lineno}: {line.strip()}")
    assert not silent
