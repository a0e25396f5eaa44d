"""Accounts, for administrators."""

from collections.abc import Sequence

from app.cli.connection import signed_in
from app.cli.exit_codes import ExitCode
from app.cli.tables import user_table
from app.cli.terminal import Terminal
from app.cli.usage_errors import UsageRefused
from app.cli.vehicle_lookup import find_vehicle
from app.client import SovdClient
from app.client.values import UserView
from app.domain.json_values import JsonObject


async def list_users(server: str | None, as_json: bool) -> int:
    """List all accounts."""
    terminal = Terminal(as_json)
    async with signed_in(server) as client:
        users = [user async for user in client.users.all()]
    if as_json:
        terminal.json({"items": [user.raw for user in users], "total": len(users)})
    else:
        terminal.show(user_table(users))
    return ExitCode.DONE


async def add_user(server: str | None, body: JsonObject, vehicles: Sequence[str], as_json: bool) -> int:
    """Create an account."""
    terminal = Terminal(as_json)
    async with signed_in(server) as client:
        if vehicles:
            body = body | {"vehicle_ids": await _vehicle_ids(client, vehicles)}
        user = await client.users.add(body)
    _tell(terminal, user, f"added {user.username} as {user.role}")
    return ExitCode.DONE


async def change_user(
    server: str | None, username: str, body: JsonObject, *, told: str, vehicles: Sequence[str] = (), as_json: bool
) -> int:
    """Change an account; `told` says it for people."""
    terminal = Terminal(as_json)
    async with signed_in(server) as client:
        user = await find_user(client, username)
        if vehicles:
            body = body | {"vehicle_ids": await _vehicle_ids(client, vehicles)}
        if not body:
            raise UsageRefused("nothing to change was given", "Name at least one member, for example --role.")
        changed = await client.users.change(user.user_id, body)
    _tell(terminal, changed, f"{told} {changed.username}")
    return ExitCode.DONE


async def find_user(client: SovdClient, wanted: str) -> UserView:
    """The account with this name or id. Raises UsageRefused."""
    async for user in client.users.all():
        if wanted in {user.username, user.user_id}:
            return user
    raise UsageRefused(f"there is no user {wanted!r}", "List them with `sovd user list`.")


async def _vehicle_ids(client: SovdClient, wanted: Sequence[str]) -> list[str]:
    return [(await find_vehicle(client, vehicle)).vehicle_id for vehicle in wanted]


def _tell(terminal: Terminal, user: UserView, told: str) -> None:
    if terminal.as_json:
        terminal.json(user.raw)
    else:
        terminal.line(told)
