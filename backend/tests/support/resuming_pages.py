"""Pages that lose their connection, come back with `after`, and note everything they were shown."""

import asyncio
import random
from dataclasses import dataclass, field
from functools import partial

from websockets.exceptions import InvalidHandshake

from app.domain.json_values import JsonObject
from support.page_socket import PageSocket, page_socket
from support.resuming_viewers import ResumingViewer

_PAUSE_S = 0.05
_MOST_BREAKS = 3
_FRAMES_BEFORE_BREAK = 100
_FOR_GOOD = frozenset({1008})


@dataclass
class ResumingPage:
    """Watches many commands over one `/ws/events` socket at a time, and the states of all commands beside."""

    base_url: str
    token: str
    viewers: list[ResumingViewer]
    """What was shown of each command; they are not entered, only noted into."""
    chance: random.Random | None = None
    """Where given, the page breaks its connection up to three times, each after a random number of frames."""
    connections: int = 0
    states: dict[str, list[str]] = field(default_factory=dict)
    resyncs: int = 0
    ended: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, base_url: str, token: str, commands: list[str], chance: random.Random | None = None) -> "ResumingPage":
        """A page that watches these commands."""
        viewers = [ResumingViewer(base_url, command, token) for command in commands]
        return cls(base_url, token, viewers, chance)

    async def watch(self, *, within_s: float = 30.0) -> None:
        """Until the server has said of every command that it has ended. Raises TimeoutError."""
        async with asyncio.timeout(within_s):
            while len(self.ended) < len(self.viewers):
                try:
                    await self._connect_once()
                except (OSError, InvalidHandshake, TimeoutError):
                    await asyncio.sleep(_PAUSE_S)  # the server is away; real pages wait before they come back, too

    async def _connect_once(self) -> None:
        self.connections += 1
        async with page_socket(self.base_url.replace("http://", "ws://"), self.token) as page:
            gone = asyncio.create_task(page.socket.wait_closed())
            following = asyncio.create_task(self._follow(page))
            ends = {gone, following}
            seen = None
            if self.chance is not None and self.connections <= _MOST_BREAKS:
                seen = self.chance.randint(1, _FRAMES_BEFORE_BREAK)
                ends.add(asyncio.create_task(page.has(seen)))
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            page.socket.transport.abort()
            for task in ends:
                task.cancel()
            await asyncio.gather(*ends, return_exceptions=True)
        assert page.socket.close_code not in _FOR_GOOD, page.socket.close_reason
        for frame in page.frames[:seen]:  # what came after the moment of the break was never shown
            self._note(frame)

    async def _follow(self, page: PageSocket) -> None:
        """Subscribe to everything that has not ended, and wait until all of it has."""
        await self._subscribed(page, id="all", topic="commands")
        wanted = [viewer for viewer in self.viewers if viewer.command_id not in self.ended]
        for viewer in wanted:
            viewer.outcomes, viewer.errors = [], []  # said again on every connection
            command, after = viewer.command_id, len(viewer.numbers)
            await self._subscribed(page, id=command, topic="command", command_id=command, after=after)
        for viewer in wanted:
            await page.is_told({"event": "unsubscribed", "id": viewer.command_id, "reason": "ended"})

    async def _subscribed(self, page: PageSocket, **wanted: object) -> None:
        """Subscribe; again after a pause where the server says that this can help."""
        while True:
            seen = len(page.frames)
            await page.say(op="subscribe", **wanted)
            if (await page.when(partial(_is_answer_to, wanted["id"]), since=seen))["event"] == "subscribed":
                return
            await asyncio.sleep(_PAUSE_S)

    def _note(self, frame: JsonObject) -> None:
        match frame:
            case {"sub": "all", "event": "resync"}:
                self.resyncs += 1
            case {"sub": "all", "event": "command"}:
                self.states.setdefault(str(frame["command_id"]), []).append(str(frame["status"]))
            case {"sub": command}:
                next(viewer for viewer in self.viewers if viewer.command_id == command).note(frame)
            case {"event": "unsubscribed", "id": command, "reason": "ended"}:
                self.ended.add(str(command))
            case {"event": "error", "retry_can_help": True}:
                pass  # it was asked for again
            case {"event": "error"}:
                raise AssertionError(f"the server refused: {frame}")


def _is_answer_to(frame_id: object, frame: JsonObject) -> bool:
    return frame.get("id") == frame_id and frame["event"] in {"subscribed", "error"}
