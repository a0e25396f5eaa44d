"""The audit trail, for administrators."""

from dataclasses import dataclass
from pathlib import Path

from app.cli.connection import signed_in
from app.cli.exit_codes import ExitCode
from app.cli.history_acts import moment_text
from app.cli.plain_text import one_line
from app.cli.tables import audit_table
from app.cli.terminal import Terminal
from app.cli.usage_errors import UsageRefused
from app.domain.json_values import JsonObject

_SHOWN_EVERY = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRequest:
    """Filters of `sovd audit list`; None means any."""

    server: str | None
    filters: dict[str, str | None]
    since: str | None
    until: str | None
    limit: int
    as_json: bool


async def list_audit(request: AuditRequest) -> int:
    """List entries, newest first."""
    terminal = Terminal(request.as_json)
    query: dict[str, str | int | None] = {
        **request.filters,
        "since": moment_text("--since", request.since),
        "until": moment_text("--until", request.until),
        "limit": request.limit,
    }
    async with signed_in(request.server) as client:
        page = await client.audit.list(query)
    if request.as_json:
        terminal.json({"items": list(page.items), "total": page.total})
        return ExitCode.DONE
    terminal.show(audit_table(page.items))
    if page.total > len(page.items):
        terminal.note(f"{len(page.items)} of {page.total} shown; `sovd audit export` gives all")
    return ExitCode.DONE


_NOTE_THE_HEAD = (
    "Note the head elsewhere: `audit verify --expected-head` with it also finds a trail cut off at its end."
)


async def verify_audit(server: str | None, expected_head: str | None, as_json: bool) -> int:
    """Let the server recompute the chain. Exit code 1 where it does not hold."""
    terminal = Terminal(as_json)
    expected = parse_head(expected_head) if expected_head else None
    async with signed_in(server) as client:
        with terminal.working("the server checks the audit trail"):
            found = await client.audit.verify(expected)
    if as_json:
        terminal.json(found)
    else:
        for line in verification_lines(found):
            terminal.line(one_line(line))
        if found.get("intact") is True and expected is None:
            terminal.note(_NOTE_THE_HEAD)
    return ExitCode.DONE if found.get("intact") is True else ExitCode.FAILED


def parse_head(text: str) -> tuple[int, str]:
    """A head noted earlier, as `verify` prints it: `31:752029bc…`. Raises UsageRefused. Pure."""
    position, _, digest = text.partition(":")
    if not position.isdecimal() or not digest:
        raise UsageRefused(
            f"{text!r} is no head of the audit chain", "Write POSITION:DIGEST as `audit verify` prints it."
        )
    return int(position), digest.lower()


def verification_lines(found: JsonObject) -> list[str]:
    """The verdict for people. Pure."""
    head = found.get("head") or {}
    waiting = f"; {found['unsealed']} newer ones are not sealed yet" if found.get("unsealed") else ""
    if found.get("intact") is True:
        return [
            f"intact: {found.get('checked')} sealed entries checked{waiting}",
            f"head {head.get('position')}:{head.get('chain_digest')}",
        ]
    bad = found.get("first_bad") or {}
    entry = f"entry {bad.get('entry_id')}" if bad.get("entry_id") is not None else "an entry"
    return [
        f"NOT intact: {bad.get('kind')} at position {bad.get('position')} ({entry}): {bad.get('message')}",
        f"{found.get('checked')} sealed entries before it are good{waiting}",
    ]


async def export_audit(server: str | None, output: Path | None) -> int:
    """Write every entry, oldest first, one JSON object per line."""
    terminal = Terminal()
    if output is None:
        async with signed_in(server) as client:
            async for line in client.audit.export():
                terminal.line(line)
        return ExitCode.DONE
    count = 0
    try:
        # Created only where there is none: an export must not overwrite an earlier one.
        with output.open("x", encoding="utf-8") as stream:
            async with signed_in(server) as client:
                with terminal.working("entries are written") as show:
                    async for line in client.audit.export():
                        stream.write(line + "\n")
                        count += 1
                        if count % _SHOWN_EVERY == 0:
                            show(f"{count} entries are written")
    except FileExistsError as error:
        raise UsageRefused(f"{output} exists already", "Name another file; an export is never overwritten.") from error
    terminal.note(f"{count} entries written to {output}")
    return ExitCode.DONE
