"""Writes the contract files, or compares them with the code: `python -m app.api.openapi_file [--check]`.

`contracts/openapi.json` is what the routes say, `contracts/stream-events.schema.json` describes the live events,
`contracts/page-events.schema.json` the frames of the page's socket, `contracts/command-definitions.json` is the
catalogue as `GET /api/v1/command-definitions` gives it, and `docs/reference/errors.md` lists the error codes.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from app.api.application import describe_api
from app.api.events_schema import PAGE_EVENTS_SCHEMA
from app.api.problem_types import errors_page
from app.api.state import ApiSettings
from app.api.stream_events_schema import STREAM_EVENTS_SCHEMA
from app.api.v1.definition_routes import definition_list

CONTRACT_VERSION = "1"
"""Of the contract, not of the program: a release that changes nothing in it leaves the file alone."""


def contract_files() -> dict[str, str]:
    """Path from the root of the repository, and text, of each file; the same code gives the same bytes."""
    document = describe_api(ApiSettings(version=CONTRACT_VERSION)).openapi()
    return {
        "contracts/openapi.json": _as_text(document),
        "contracts/stream-events.schema.json": _as_text(STREAM_EVENTS_SCHEMA),
        "contracts/page-events.schema.json": _as_text(PAGE_EVENTS_SCHEMA),
        "contracts/command-definitions.json": _definitions(),
        "docs/reference/errors.md": errors_page(),
    }


def _definitions() -> str:
    # As the server sends it: forms show the parameters in this order.
    return _as_text(definition_list().model_dump(mode="json"), sort_keys=False)


def _as_text(document: Mapping[str, Any], *, sort_keys: bool = True) -> str:
    return json.dumps(document, indent=2, sort_keys=sort_keys, ensure_ascii=False) + "\n"


def main(arguments: Sequence[str], root: Path) -> int:
    """Write the files below `root`, or with `--check` compare: 1 where one differs."""
    wanted = contract_files()
    if "--check" in arguments:
        stale = [name for name, text in wanted.items() if _read(root / name) != text]
        if stale:
            sys.stderr.write(f"out of date: {', '.join(stale)}; run python -m app.api.openapi_file\n")
        return 1 if stale else 0
    for name, text in wanted.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return 0


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], Path(__file__).parents[3]))
