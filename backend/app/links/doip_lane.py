"""The way to one ECU over a shared connection: one user at a time, in the order they came, and the messages for it."""

import asyncio
from collections import deque

from app.links.doip_socket import DoipSocket, settle
from app.links.port import DiagnosticMessage


class EcuLane:
    """One ECU's, or one functional address's, queue and turn. Kept by the link while somebody uses or awaits it."""

    def __init__(self, ecu_address: int, max_waiting_messages: int) -> None:
        self.ecu_address = ecu_address
        self.turn = asyncio.Lock()
        self.users = 0
        """Holder and those who wait for their turn."""
        self._messages: deque[DiagnosticMessage] = deque(maxlen=max_waiting_messages)
        self._news: asyncio.Future[Exception | None] | None = None

    @property
    def is_held(self) -> bool:
        """Somebody has the turn, so messages have somebody to go to."""
        return self.turn.locked()

    def put(self, message: DiagnosticMessage) -> bool:
        """Keep a message for the holder. False: it was full, and the oldest was dropped for it."""
        is_full = len(self._messages) == self._messages.maxlen
        self._messages.append(message)
        self.wake()
        return not is_full

    def wake(self) -> None:
        """Have the holder look again: a message came, or the connection changed."""
        if self._news is not None:
            settle(self._news, None)

    def discard(self) -> int:
        """Throw away what waits; gives how many that were."""
        count = len(self._messages)
        self._messages.clear()
        return count

    def next_now(self) -> DiagnosticMessage | None:
        """The oldest message that waits."""
        return self._messages.popleft() if self._messages else None

    async def news(self, connection: DoipSocket, deadline: float) -> None:
        """Wait until `wake`. Raises TimeoutError at the deadline."""
        self._news = asyncio.get_running_loop().create_future()
        try:
            await connection.wait(self._news, deadline)
        finally:
            self._news = None
