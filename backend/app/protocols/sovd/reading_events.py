"""Server-sent events read by a client, bounded; and the EventEnvelope (ISO 17978-3) inside each."""

import codecs
from dataclasses import dataclass
from datetime import datetime

import orjson

from app.domain.json_values import JsonValue
from app.protocols.sovd.reading import as_object, as_text
from app.protocols.sovd.reading_errors import SovdProblem, read_problems

LARGEST_EVENT = 1024 * 1024


class EventTooLarge(ValueError):
    """An event, or a line of it, is larger than anything a vehicle has to say at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event. `moment` None: the server told none that can be read; `problem`: it could not read the resource."""

    moment: datetime | None
    payload: JsonValue
    problem: SovdProblem | None


class EventReader:
    """Cuts a byte stream into the data of its events (WHATWG server-sent events). Feed it what arrives."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._text = ""
        self._data: list[str] = []
        self._size = 0

    def feed(self, arrived: bytes) -> list[str]:
        """Data of the events that are complete now. Raises EventTooLarge."""
        self._text += self._decoder.decode(arrived)
        ends_in_return = self._text.endswith("\r")  # its line feed may be in the next piece
        held_back = "\r" if ends_in_return else ""
        lines = (
            (self._text[:-1] if ends_in_return else self._text).replace("\r\n", "\n").replace("\r", "\n").split("\n")
        )
        self._text = lines.pop() + held_back
        if len(self._text) + self._size > LARGEST_EVENT:
            raise EventTooLarge("an event is larger than 1 MiB")
        found = [self._line(line) for line in lines]
        return [data for data in found if data is not None]

    def _line(self, line: str) -> str | None:
        if not line:
            data, self._data, self._size = self._data, [], 0
            return "\n".join(data) if data else None
        name, _, value = line.partition(":")
        if name == "data":
            self._data.append(value.removeprefix(" "))
            self._size += len(value)
            if self._size > LARGEST_EVENT:
                raise EventTooLarge("an event is larger than 1 MiB")
        return None


def read_event(data: str) -> Event | None:
    """An EventEnvelope, or a bare value that a server sends without one; None: it is not JSON."""
    try:
        body = orjson.loads(data)
    except ValueError:
        return None
    document = as_object(body)
    is_envelope = "payload" in document or "timestamp" in document or ("error" in document and "data" not in document)
    if not is_envelope:
        return Event(moment=None, payload=body, problem=None)
    problems = read_problems(document.get("error"))
    return Event(
        moment=read_moment(document.get("timestamp")),
        payload=document.get("payload"),
        problem=problems[0] if problems else None,
    )


def read_moment(value: object) -> datetime | None:
    """An RFC 3339 time with its zone; anything else None."""
    text = as_text(value)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
