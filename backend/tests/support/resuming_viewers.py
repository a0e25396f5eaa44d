"""Viewers that lose their connection, come back with `after`, and note everything they were shown."""

import asyncio
import random
from collections.abc import Iterable
from dataclasses import dataclass, field

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from app.domain.command_states import BAD_ENDINGS, CommandStatus
from app.domain.json_values import JsonObject, decode_json_object
from support.ledger import Account, Ledger

_PAUSE_S = 0.05
_FOR_GOOD = frozenset({1008, 4404})


@dataclass
class ResumingViewer:
    """Watches one command over a WebSocket, across any number of connections."""

    base_url: str
    command_id: str
    token: str
    chance: random.Random | None = None
    """Where given, the viewer breaks its connection up to `most_breaks` times, at random moments."""
    most_breaks: int = 3
    numbers: list[int] = field(default_factory=list)
    outcomes: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    connections: int = 0
    close_code: int | None = None

    async def watch(self, *, within_s: float = 30.0) -> None:
        """Until the server has said the outcome and closed with 1000. Raises TimeoutError."""
        async with asyncio.timeout(within_s):
            while self.close_code != 1000:
                assert self.close_code not in _FOR_GOOD, f"closed with {self.close_code}"
                try:
                    await self._connect_once()
                except (OSError, InvalidHandshake, TimeoutError):
                    await asyncio.sleep(_PAUSE_S)  # the server is away; real viewers wait before they come back, too

    def faults(self, account: Account) -> list[str]:
        """Where what was shown differs from what is stored."""
        faults = []
        if self.numbers != [chunk.number for chunk in account.chunks]:
            faults.append(f"saw chunks {self.numbers}, stored are {len(account.chunks)}")
        if self.outcomes != [account.status]:
            faults.append(f"saw outcomes {self.outcomes}, stored is {account.status}")
        if len(self.errors) != int(account.status in BAD_ENDINGS):
            faults.append(f"saw errors {self.errors} for {account.status}")
        return [f"viewer of {self.command_id}: {text}" for text in faults]

    async def _connect_once(self) -> None:
        url = f"{self.base_url.replace('http://', 'ws://')}/ws/responses/{self.command_id}?after={len(self.numbers)}"
        headers = {"Authorization": f"Bearer {self.token}"}
        self.connections += 1
        self.close_code = None
        self.outcomes, self.errors = [], []  # said again on every connection
        async with connect(
            url, additional_headers=headers, proxy=None, compression=None, open_timeout=10, close_timeout=1
        ) as socket:
            try:
                await self._read(socket)
            except ConnectionClosed:
                self.close_code = socket.close_code

    async def _read(self, socket: ClientConnection) -> None:
        breaks_after = self._breaks_after()
        while breaks_after is None or breaks_after > 0:
            self.note(decode_json_object(await socket.recv()))
            breaks_after = None if breaks_after is None else breaks_after - 1
        socket.transport.abort()

    def _breaks_after(self) -> int | None:
        """How many events of this connection are read before it is broken; None: stays."""
        if self.chance is None or self.connections > self.most_breaks:
            return None
        return self.chance.choice((0, 1, 1, 2, 3))

    def note(self, event: JsonObject) -> None:
        """Take note of one event."""
        match event["event"]:
            case "response":
                assert not self.outcomes, "a chunk after the outcome"
                self.numbers.append(int(str(event["sequence_number"])))
            case "status" if CommandStatus(str(event["status"])).is_terminal:
                self.outcomes.append(str(event["status"]))
            case "error":
                self.errors.append(str(event["code"]))


def check_viewers(viewers: Iterable[ResumingViewer], ledger: Ledger) -> None:
    """Every viewer saw every chunk exactly once and in order, then the outcome."""
    faults = [fault for viewer in viewers for fault in viewer.faults(ledger.of(viewer.command_id))]
    assert faults == []
