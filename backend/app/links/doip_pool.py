"""The links to all gateways: connectors with equal settings share one, and unused ones are closed after a while."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from app.links import doip_errors
from app.links.doip_link import DoipLink
from app.links.doip_settings import DoipSettings
from app.links.vehicle_hosts import VehicleHosts

IDLE_CLOSE_S = 60.0
MAX_LINKS = 512


@dataclass(slots=True)
class _Entry:
    link: DoipLink
    users: int = 0
    expiry: asyncio.TimerHandle | None = None


class DoipLinks:
    """Owner of all DoIP links of a process: `async with DoipLinks() as links`, or `close()` at the end."""

    def __init__(
        self, *, idle_close_s: float = IDLE_CLOSE_S, max_links: int = MAX_LINKS, hosts: VehicleHosts | None = None
    ) -> None:
        self.hosts = hosts or VehicleHosts()
        self._idle_close_s = idle_close_s
        self._max_links = max_links
        self._entries: dict[DoipSettings, _Entry] = {}
        self._is_closed = False

    async def __aenter__(self) -> Self:
        """Opens nothing yet."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close all links."""
        await self.close()

    def __len__(self) -> int:
        """How many links there are, used or not."""
        return len(self._entries)

    @asynccontextmanager
    async def use(self, settings: DoipSettings) -> AsyncIterator[DoipLink]:
        """The link with these settings, which stays open at least until the end of the block.

        Raises VehicleUnreachable where as many links as allowed are in use.
        """
        entry = self._entry(settings)
        if entry.expiry is not None:
            entry.expiry.cancel()
            entry.expiry = None
        entry.users += 1
        try:
            yield entry.link
        finally:
            entry.users -= 1
            if not entry.users and self._entries.get(settings) is entry:
                # at the end of the order: the first unused one is the one that was left longest ago
                self._entries[settings] = self._entries.pop(settings)
                loop = asyncio.get_running_loop()
                entry.expiry = loop.call_later(self._idle_close_s, self._remove, settings, entry)

    async def close(self) -> None:
        """Close all links; those who use one get VehicleConnectionLost, new users VehicleUnreachable."""
        self._is_closed = True
        entries = list(self._entries.values())
        self._entries.clear()
        for entry in entries:
            if entry.expiry is not None:
                entry.expiry.cancel()
        async with asyncio.TaskGroup() as group:
            for entry in entries:
                group.create_task(entry.link.close())

    def _entry(self, settings: DoipSettings) -> _Entry:
        if self._is_closed:
            raise doip_errors.unreachable(settings.gateway, "this process is stopping")
        entry = self._entries.get(settings)
        if entry is None:
            if len(self._entries) >= self._max_links:
                self._make_room(settings)
            entry = self._entries[settings] = _Entry(DoipLink(settings, self.hosts))
        return entry

    def _make_room(self, settings: DoipSettings) -> None:
        for known, entry in self._entries.items():
            if not entry.users:
                self._remove(known, entry)
                return
        why = f"all {self._max_links} connections of this process are in use; try again in a moment"
        raise doip_errors.unreachable(settings.gateway, why)

    def _remove(self, settings: DoipSettings, entry: _Entry) -> None:
        if entry.users or self._entries.get(settings) is not entry:
            return
        if entry.expiry is not None:
            entry.expiry.cancel()
        del self._entries[settings]
        entry.link.drop()
