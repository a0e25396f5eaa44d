"""Writes docs/reference/sovd-operations.md from the tables of the server; a test compares the two.

`python -m app.sovd_server.operations_page` prints the page.
"""

import sys

from app.protocols.sovd.operations import OPERATIONS, SovdOperation
from app.sovd_server.offered import is_offered, refusal_status

_HEAD = """# SOVD operations

Made from the program by `python -m app.sovd_server.operations_page > docs/reference/sovd-operations.md`; do not edit
it by hand.

ISO 17978-3 (template 1.1.0-rc1) has {total} operations. This server offers **{offered}** of them, where the vehicle
behind it has the resource; the other {others} are refused as the standard says for what a server does not offer, with
a GenericError. `{{e}}` stands for an entity, such as `components/engine`. Simulated vehicles are served by it.

Beyond the standard's list it answers `GET /version-info`, `GET` of the base URI, the relations `contains`, `hosts` and
`depends-on`, server-level locks, and the events of a cyclic subscription at `…/cyclic-subscriptions/{{id}}/events`.

| chapter of operations | offered | of |
|---|---|---|
{counts}

| # | method | path | answer | offered |
|---|---|---|---|---|
{rows}
"""


def operations_page() -> str:
    """The page as text."""
    offered = sum(is_offered(operation) for operation in OPERATIONS)
    return _HEAD.format(
        total=len(OPERATIONS),
        offered=offered,
        others=len(OPERATIONS) - offered,
        counts="\n".join(_counts()),
        rows="\n".join(_row(operation) for operation in OPERATIONS),
    )


def _counts() -> list[str]:
    groups: dict[str, list[SovdOperation]] = {}
    for operation in OPERATIONS:
        groups.setdefault(operation.collection or "entities and their description", []).append(operation)
    return [f"| {name} | {sum(map(is_offered, group))} | {len(group)} |" for name, group in groups.items()]


def _row(operation: SovdOperation) -> str:
    has = is_offered(operation)
    codes = operation.success if has else (refusal_status(operation.method, operation.path),)
    answer = ", ".join(map(str, codes))
    path = operation.path.replace("|", "\\|")
    return f"| {operation.number} | {operation.method} | `{path}` | {answer} | {'yes' if has else 'no'} |"


if __name__ == "__main__":
    sys.stdout.write(operations_page())
