"""The program's reference page is the program's own, its how-to names real options, and its help comes at once."""

import json
import re
import subprocess
import sys
from pathlib import Path

from app.cli.application import run
from app.cli.reference_page import reference_page

DOCS = Path(__file__).parents[3] / "docs"
HOW_TO = (DOCS / "how-to" / "script-a-bench.md").read_text()
PAGE = (DOCS / "reference" / "cli.md").read_text()

HEAVY = {"asyncio", "fastapi", "httpx", "pydantic", "sqlalchemy", "websockets"}


def test_the_reference_page_is_up_to_date() -> None:
    assert reference_page() == PAGE, "write it anew: python -m app.cli.reference_page > docs/reference/cli.md"


def test_the_how_to_names_only_commands_and_options_there_are() -> None:
    calls = re.findall(r"sovd ((?:[a-z]+)(?: list| verify| export)?)((?:[^\n|;`']|\\\n)*)", HOW_TO)
    known = set(re.findall(r"^#{2,3} sovd ([a-z -]+)$", PAGE, flags=re.MULTILINE))
    used = {name.strip() for name, _ in calls}
    assert used <= known | {"reconnects"}
    options = set(re.findall(r"(?<![\w-])--[a-z-]+", HOW_TO)) - {"--json"}
    assert options <= set(re.findall(r"--[a-z-]+", PAGE))


def test_help_needs_nothing_heavy() -> None:
    code = (
        "import sys, json\nfrom app.cli.application import run\nrun(['--help'])\nprint(json.dumps(sorted(sys.modules)))"
    )
    package_folder = str(Path(__file__).parents[2])
    done = subprocess.run(  # noqa: S603 - our own interpreter with a text of ours
        [sys.executable, "-c", code],
        capture_output=True,
        check=True,
        env={"PYTHONPATH": package_folder, "PATH": ""},
        text=True,
        timeout=60,
    )
    *shown, modules = done.stdout.splitlines()
    assert "doctor" in "\n".join(shown)
    assert HEAVY.isdisjoint(json.loads(modules))


def test_wrong_usage_has_exit_code_2() -> None:
    assert run(["nonsense"]) == 2
    assert run(["run"]) == 2
    assert run(["vehicle", "--help"]) == 0
