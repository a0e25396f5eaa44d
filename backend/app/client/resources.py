"""The calls of contract 4.1, one class per kind of object."""

import uuid
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import TypeVar

from app.client import json_reading as read
from app.client.http_transport import API, Call, HttpTransport
from app.client.presence_values import PresenceHistoryView, read_presence_history
from app.client.values import (
    ChunkView,
    CommandView,
    Page,
    TokenPair,
    UserView,
    VehicleView,
    read_chunk,
    read_command,
    read_tokens,
    read_user,
    read_vehicle,
)
from app.domain.json_values import JsonObject

T = TypeVar("T")
Query = Mapping[str, str | int | None]

PAGE = 200
"""Largest page the server gives."""

_CHUNKS_AT_ONCE = 1000
"""Largest part of an answer the server gives when asked for parts."""

VERIFIED_WITHIN_S = 3600.0
"""How long a verification may take; ten million entries take a few minutes."""


class Resource:
    """Calls of one kind of object."""

    def __init__(self, transport: HttpTransport) -> None:
        self._transport = transport

    async def _get(self, path: str, query: Query | None = None, *, within_s: float | None = None) -> JsonObject:
        given = {name: value for name, value in (query or {}).items() if value is not None}
        call = Call(method="GET", path=f"{API}{path}", query=given, repeatable=True, within_s=within_s)
        return await self._transport.json(call)

    async def _page(self, path: str, query: Query, item: Callable[[JsonObject], T]) -> Page[T]:
        body = await self._get(path, query)
        return Page(
            items=tuple(item(entry) for entry in read.objects(body, "items")),
            total=read.whole(body, "total"),
            limit=read.whole(body, "limit"),
            offset=read.whole(body, "offset"),
        )

    async def _all(self, path: str, query: Query, item: Callable[[JsonObject], T]) -> AsyncGenerator[T, None]:
        """Every item, page by page."""
        offset = 0
        while True:
            page = await self._page(path, {**query, "limit": PAGE, "offset": offset}, item)
            for entry in page.items:
                yield entry
            offset += len(page.items)
            if not page.items or offset >= page.total:
                return


class Account(Resource):
    """The caller's own account."""

    async def login(self, username: str, password: str) -> TokenPair:
        """Sign in. Raises Unauthorized for a wrong name or password, RateLimited after too many tries."""
        body: JsonObject = {"username": username, "password": password}
        call = Call(method="POST", path=f"{API}/auth/login", body=body, signed=False)
        return read_tokens(await self._transport.json(call))

    async def logout(self) -> None:
        """End this session on the server."""
        await self._transport.send(Call(method="POST", path=f"{API}/auth/logout"))

    async def me(self) -> UserView:
        """Who the token belongs to."""
        return read_user(await self._get("/auth/me"))


class Vehicles(Resource):
    """The registry."""

    async def list(
        self, *, status: str | None = None, search: str | None = None, limit: int = PAGE, offset: int = 0
    ) -> Page[VehicleView]:
        """A part of the fleet; `search` looks into VIN, make and model."""
        query: Query = {"status": status, "search": search, "limit": limit, "offset": offset}
        return await self._page("/vehicles", query, read_vehicle)

    def all(self, *, status: str | None = None, search: str | None = None) -> AsyncGenerator[VehicleView, None]:
        """The whole fleet, page by page."""
        return self._all("/vehicles", {"status": status, "search": search}, read_vehicle)

    async def get(self, vehicle_id: str) -> VehicleView:
        """One vehicle."""
        return read_vehicle(await self._get(f"/vehicles/{vehicle_id}"))

    async def presence_history(self, vehicle_id: str, query: Query | None = None) -> PresenceHistoryView:
        """When it was there; `query` takes `since`, `until`, `before` and `limit`."""
        return read_presence_history(await self._get(f"/vehicles/{vehicle_id}/presence-history", query))

    async def add(self, body: JsonObject) -> VehicleView:
        """Register a vehicle: `vin`, `make`, `model`, `year`, `address`, `metadata`. Admins only."""
        return read_vehicle(
            await self._transport.json(Call(method="POST", path=f"{API}/vehicles", body=body, repeatable=False))
        )

    async def change(self, vehicle_id: str, body: JsonObject) -> VehicleView:
        """Change the given members. Admins only."""
        call = Call(method="PATCH", path=f"{API}/vehicles/{vehicle_id}", body=body, repeatable=True)
        return read_vehicle(await self._transport.json(call))

    async def remove(self, vehicle_id: str) -> None:
        """Take a vehicle out of the registry; its history stays. Admins only."""
        await self._transport.send(Call(method="DELETE", path=f"{API}/vehicles/{vehicle_id}"))


class Commands(Resource):
    """Sending commands and reading what became of them."""

    async def definitions(self) -> tuple[JsonObject, ...]:
        """Every command there is, with the JSON Schema of its parameters."""
        return tuple(read.objects(await self._get("/command-definitions"), "items"))

    async def submit(
        self,
        *,
        vehicle_id: str,
        command_name: str,
        command_params: JsonObject | None = None,
        timeout_s: float | None = None,
        expires_in_s: float | None = None,
        reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> CommandView:
        """Send a command. Always keyed, so repeats after a broken connection (made here) act once.

        ServerUnreachable leaves open whether it was accepted: submitting again with the same key tells.
        """
        body: JsonObject = {
            "vehicle_id": vehicle_id,
            "command_name": command_name,
            "command_params": command_params or {},
        }
        optional = {"timeout_s": timeout_s, "expires_in_s": expires_in_s, "reason": reason}
        body |= {name: value for name, value in optional.items() if value is not None}
        headers = {"Idempotency-Key": idempotency_key or uuid.uuid4().hex}
        call = Call(method="POST", path=f"{API}/commands", body=body, headers=headers, repeatable=True)
        return read_command(await self._transport.json(call))

    async def preview(self, vehicle_id: str, command_name: str, command_params: JsonObject) -> JsonObject:
        """What a command would send, and what is to be said about it; nothing is sent. Raises as `submit` does."""
        body: JsonObject = {"command_name": command_name, "command_params": command_params}
        path = f"{API}/vehicles/{vehicle_id}/command-previews"
        return await self._transport.json(Call(method="POST", path=path, body=body, repeatable=True))

    async def list(self, query: Query) -> Page[CommandView]:
        """A part of the history, newest first."""
        return await self._page("/commands", query, read_command)

    def all(self, query: Query) -> AsyncGenerator[CommandView, None]:
        """The whole history that matches, newest first."""
        return self._all("/commands", query, read_command)

    async def get(self, command_id: str) -> CommandView:
        """One command."""
        return read_command(await self._get(f"/commands/{command_id}"))

    async def responses(self, command_id: str) -> tuple[ChunkView, ...]:
        """The stored chunks in order, fetched in parts of an answer that is long."""
        found: list[ChunkView] = []
        while True:
            query: Query = {"after": found[-1].sequence_number if found else None, "limit": _CHUNKS_AT_ONCE}
            body = await self._get(f"/commands/{command_id}/responses", query)
            part = [read_chunk(entry) for entry in read.objects(body, "items")]
            found += part
            if not part or len(found) >= read.number(body, "total"):
                return tuple(found)

    async def timeline(self, command_id: str) -> tuple[JsonObject, ...]:
        """Every change of state with its time and reason."""
        return tuple(read.objects(await self._get(f"/commands/{command_id}/timeline"), "items"))

    async def cancel(self, command_id: str, reason: str | None) -> CommandView:
        """Ask to cancel. The command's state tells the honest outcome, which may come later."""
        body: JsonObject = {} if reason is None else {"reason": reason}
        call = Call(method="POST", path=f"{API}/commands/{command_id}/cancel", body=body, repeatable=True)
        return read_command(await self._transport.json(call))


class VehicleSecrets(Resource):
    """Secrets of vehicles: set and forgotten, never read. Admins only."""

    async def list(self, vehicle_id: str) -> tuple[JsonObject, ...]:
        """Names and times."""
        return tuple(read.objects(await self._get(f"/vehicles/{vehicle_id}/secrets"), "items"))

    async def put(self, vehicle_id: str, name: str, value: str) -> None:
        """Keep a secret, in place of an earlier one."""
        path = f"{API}/vehicles/{vehicle_id}/secrets/{name}"
        await self._transport.send(Call(method="PUT", path=path, body={"value": value}, repeatable=True))

    async def remove(self, vehicle_id: str, name: str) -> None:
        """Forget a secret."""
        path = f"{API}/vehicles/{vehicle_id}/secrets/{name}"
        await self._transport.send(Call(method="DELETE", path=path, repeatable=True))


class Users(Resource):
    """Accounts. Admins only."""

    def all(self) -> AsyncGenerator[UserView, None]:
        """Every account."""
        return self._all("/users", {}, read_user)

    async def add(self, body: JsonObject) -> UserView:
        """Create an account: `username`, `password`, `role`, optional `email`."""
        return read_user(await self._transport.json(Call(method="POST", path=f"{API}/users", body=body)))

    async def change(self, user_id: str, body: JsonObject) -> UserView:
        """Change `email`, `role`, `is_active` or `password`."""
        call = Call(method="PATCH", path=f"{API}/users/{user_id}", body=body, repeatable=True)
        return read_user(await self._transport.json(call))


class Audit(Resource):
    """The audit trail. Admins only."""

    async def list(self, query: Query) -> Page[JsonObject]:
        """A part of the trail."""
        return await self._page("/audit-logs", query, lambda entry: entry)

    async def verify(self, expected_head: tuple[int, str] | None = None) -> JsonObject:
        """Recompute the hash chain on the server; names the first bad entry.

        Against a head noted earlier (position, chain digest) it also finds that the end was cut off.
        """
        query: Query = {}
        if expected_head is not None:
            query = {"expected_position": expected_head[0], "expected_digest": expected_head[1]}
        return await self._get("/audit-logs/verification", query, within_s=VERIFIED_WITHIN_S)

    def export(self) -> AsyncGenerator[str, None]:
        """Every entry, oldest first, with its seal: one JSON object per line."""
        return self._transport.lines(Call(method="GET", path=f"{API}/audit-logs/export"))
