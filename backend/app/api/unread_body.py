"""A body that a route reads itself, or refuses to read."""

from starlette.types import Message, Receive, Send

_MOST_DROPPED = 16 * 1024 * 1024
"""What is read and dropped of a refused body: closing on a client that still writes loses the answer."""


class UnreadBody:
    """Stands between a route and the connection: before an early answer leaves, a bounded rest of the body is read."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._more = True

    async def receive(self) -> Message:
        """The next message of the connection."""
        message = await self._receive()
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            self._more = False
        return message

    async def send(self, message: Message) -> None:
        """Pass the answer on; first drop what the client still sends."""
        dropped = 0
        while message["type"] == "http.response.start" and self._more and dropped < _MOST_DROPPED:
            dropped += len((await self.receive()).get("body", b"")) or 1
        await self._send(message)
