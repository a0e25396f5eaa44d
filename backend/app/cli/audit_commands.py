"""`sovd audit …`: declarations only, the work is in `audit_acts`."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli.options import JsonOption, LimitOption, ServerOption, finish

audit_app = typer.Typer(no_args_is_help=True, help="The audit trail: who did what to which vehicle (administrators).")


@audit_app.command("list")
def list_(
    *,
    action: Annotated[
        str | None, typer.Option("--action", help="Only this act, for example command.submitted.")
    ] = None,
    actor: Annotated[str | None, typer.Option("--actor", help="Only what this user (name or id) did.")] = None,
    object_id: Annotated[str | None, typer.Option("--object", metavar="ID", help="Only what was done to this.")] = None,
    outcome: Annotated[str | None, typer.Option("--outcome", help="success or refused.")] = None,
    since: Annotated[str | None, typer.Option("--since", metavar="WHEN", help="Age (2h, 7d) or time.")] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="WHEN", help="Age (30min) or time.")] = None,
    limit: LimitOption = 50,
    as_json: JsonOption = False,
    server: ServerOption = None,
) -> None:
    """List entries, newest first."""
    from app.cli.audit_acts import AuditRequest, list_audit  # noqa: PLC0415 - --help must appear at once

    filters = {"action": action, "actor": actor, "object_id": object_id, "outcome": outcome}
    request = AuditRequest(server=server, filters=filters, since=since, until=until, limit=limit, as_json=as_json)
    finish(list_audit(request))


@audit_app.command("verify")
def verify(
    expected_head: Annotated[
        str | None,
        typer.Option(
            "--expected-head", metavar="POSITION:DIGEST", help="A head noted earlier: finds a cut-off trail too."
        ),
    ] = None,
    as_json: JsonOption = False,
    server: ServerOption = None,
) -> None:
    """Recompute the hash chain. Exit code 1 and the first bad entry where somebody changed the trail."""
    from app.cli.audit_acts import verify_audit  # noqa: PLC0415 - --help must appear at once

    finish(verify_audit(server, expected_head, as_json))


@audit_app.command("export")
def export(
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write; it must not exist yet.")] = None,
    server: ServerOption = None,
) -> None:
    """Write every entry with its seal, oldest first, one JSON object per line."""
    from app.cli.audit_acts import export_audit  # noqa: PLC0415 - --help must appear at once

    finish(export_audit(server, output))


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.add_typer(audit_app, name="audit", rich_help_panel="Fleet and accounts")
