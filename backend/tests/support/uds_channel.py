"""A way to an ECU without a network: a function answers, and what was sent is kept."""

import asyncio
from collections.abc import Callable, Iterable

from app.domain.errors import VehicleError
from app.links.port import DiagnosticMessage

Script = Callable[[bytes], Iterable[bytes]]


class ScriptedChannel:
    """An EcuChannel. `script` answers requests; `fails_with` is what sending raises, `refused` for which of them."""

    def __init__(self, script: Script, *, ecu_address: int = 0x1010) -> None:
        self._script = script
        self._ecu_address = ecu_address
        self._arrived: asyncio.Queue[DiagnosticMessage] = asyncio.Queue()
        self.sent: list[bytes] = []
        self.refused: list[bytes] = []
        self.fails_with: VehicleError | None = None

    @property
    def ecu_address(self) -> int:
        return self._ecu_address

    async def send(self, payload: bytes, deadline: float) -> float:
        if self.fails_with is not None:
            self.refused.append(payload)
            raise self.fails_with
        self.sent.append(payload)
        for answer in self._script(payload):
            self.arrive(answer)
        await asyncio.sleep(0)
        return asyncio.get_running_loop().time()

    def arrive(self, payload: bytes) -> None:
        """A message comes from the ECU, asked for or not."""
        now = asyncio.get_running_loop().time()
        self._arrived.put_nowait(DiagnosticMessage(source=self._ecu_address, payload=payload, received_at=now))

    async def receive(self, deadline: float) -> DiagnosticMessage:
        async with asyncio.timeout_at(deadline):
            return await self._arrived.get()

    def discard(self) -> int:
        count = self._arrived.qsize()
        while not self._arrived.empty():
            self._arrived.get_nowait()
        return count


def answers(table: dict[str, str]) -> Script:
    """A script from hex to hex; several answers are separated by `|`. What is not in the table stays unanswered."""
    plain = {bytes.fromhex(key): [bytes.fromhex(part) for part in value.split("|")] for key, value in table.items()}
    return lambda payload: plain.get(payload, ())
