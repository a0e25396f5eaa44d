"""The calls of diagnostic data: sets, assignments, previews, re-decodings."""

from collections.abc import AsyncGenerator

from app.client import json_reading as read
from app.client.http_transport import API, Call
from app.client.resources import Resource
from app.domain.json_values import JsonObject

LOADED_WITHIN_S = 600.0
"""How long a file may take to be sent and loaded."""


class DiagnosticData(Resource):
    """Sets of diagnostic data. Objects are given as received."""

    async def add(self, file_name: str, content: bytes, *, name: str | None, version: str | None) -> JsonObject:
        """Add a file; the same bytes again give the set that is there. Raises BadRequest for no diagnostic data."""
        given = {"file_name": file_name, "name": name, "version": version}
        call = Call(
            method="POST",
            path=f"{API}/diagnostic-data",
            content=content,
            query={key: value for key, value in given.items() if value is not None},
            headers={"Content-Type": "application/octet-stream"},
            repeatable=True,
            within_s=LOADED_WITHIN_S,
        )
        return await self._transport.json(call)

    def all(self) -> AsyncGenerator[JsonObject, None]:
        """Every set, newest first."""
        return self._all("/diagnostic-data", {}, lambda entry: entry)

    async def get(self, data_set_id: str) -> JsonObject:
        """A set with its variants and the report of its loading."""
        return await self._get(f"/diagnostic-data/{data_set_id}")

    async def remove(self, data_set_id: str) -> None:
        """Throw its file away. Raises Conflict while it is assigned."""
        await self._transport.send(Call(method="DELETE", path=f"{API}/diagnostic-data/{data_set_id}"))

    async def description(self, data_set_id: str, variant: str | None) -> JsonObject:
        """What a set says about a variant."""
        return await self._get(f"/diagnostic-data/{data_set_id}/description", {"variant": variant})

    async def assignments(self, data_set_id: str) -> tuple[JsonObject, ...]:
        """Where a set counts."""
        return tuple(read.objects(await self._get(f"/diagnostic-data/{data_set_id}/assignments"), "items"))

    async def assign(self, data_set_id: str, body: JsonObject) -> JsonObject:
        """Let a set count: `vehicle_id`, `ecu_address`, `variant`, each optional."""
        path = f"{API}/diagnostic-data/{data_set_id}/assignments"
        return await self._transport.json(Call(method="POST", path=path, body=body))

    async def unassign(self, data_set_id: str, assignment_id: str) -> None:
        """Take an assignment away."""
        path = f"{API}/diagnostic-data/{data_set_id}/assignments/{assignment_id}"
        await self._transport.send(Call(method="DELETE", path=path))

    async def preview(self, data_set_id: str, body: JsonObject) -> str:
        """The bytes of a request in hex. Raises BadRequest naming ranges and choices."""
        path = f"{API}/diagnostic-data/{data_set_id}/encodings"
        return read.text(await self._transport.json(Call(method="POST", path=path, body=body, repeatable=True)), "raw")

    async def redecode(self, command_id: str, data_set_id: str | None) -> JsonObject:
        """Decode a stored answer again; the original stays."""
        body: JsonObject = {} if data_set_id is None else {"data_set_id": data_set_id}
        path = f"{API}/commands/{command_id}/redecodings"
        return await self._transport.json(Call(method="POST", path=path, body=body))

    async def redecodings(self, command_id: str) -> tuple[JsonObject, ...]:
        """All re-decodings of an answer, oldest first."""
        return tuple(read.objects(await self._get(f"/commands/{command_id}/redecodings"), "items"))
