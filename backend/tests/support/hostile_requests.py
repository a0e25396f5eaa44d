"""Requests as no client of ours would send them: each must be turned away with a 4xx problem, never with a 5xx."""

import asyncio
import json
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class Hostile:
    """One request, byte for byte. `statuses` are the answers that are fine."""

    name: str
    method: str = "POST"
    path: str = "/api/v1/commands"
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    statuses: frozenset[int] = frozenset({422})


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    def problem(self) -> dict[str, object]:
        """The body as a problem."""
        assert self.headers["content-type"] == "application/problem+json"
        document: dict[str, object] = json.loads(self.body)
        return document


async def send(base_url: str, token: str | None, request: Hostile) -> RawAnswer:
    """Send it over a socket of its own, past any library that would mend it."""
    address = urlsplit(base_url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    headers = {"Host": address.netloc, "Connection": "close", "Content-Length": str(len(request.body))}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    headers |= {"Content-Type": "application/json"} | request.headers
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items() if value != "")
    try:
        async with asyncio.timeout(20):
            writer.write(f"{request.method} {request.path} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + request.body)
            await writer.drain()
            return read_answer(await reader.read())
    finally:
        writer.close()


def read_answer(raw: bytes) -> RawAnswer:
    """Take an answer apart."""
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return RawAnswer(int(first.split()[1]), {name.lower(): value.strip() for name, _, value in pairs}, body)


def submission(**changes: object) -> bytes:
    """A submission that is right but for the changes."""
    right = {"vehicle_id": "00000000-0000-0000-0000-000000000001", "command_name": "ReadDTC", "command_params": {}}
    return json.dumps(right | changes).encode()


_DEEP = b'{"command_params":' + b'{"a":' * 500 + b"1" + b"}" * 500 + b"}"
_VERY_DEEP = b"[" * 100_000
_BAD_ID = frozenset({404, 422})
_BAD = frozenset({400, 422})

HOSTILE = (
    Hostile(name="no body"),
    Hostile(name="body is null", body=b"null"),
    Hostile(name="body is a number", body=b"1e400", statuses=_BAD),
    Hostile(name="body is a list", body=b"[]"),
    Hostile(name="cut JSON", body=b'{"vehicle_id": "', statuses=frozenset({400})),
    Hostile(name="deep JSON", body=_DEEP, statuses=_BAD),
    Hostile(name="very deep JSON", body=_VERY_DEEP, statuses=frozenset({400})),
    Hostile(name="duplicate keys", body=submission()[:-1] + b',"command_name":"Explode"}'),
    Hostile(name="NaN", body=submission()[:-1] + b',"timeout_s":NaN}', statuses=_BAD),
    Hostile(name="infinite number", body=submission()[:-1] + b',"timeout_s":1e999}', statuses=_BAD),
    Hostile(name="huge integer", body=submission()[:-1] + b',"timeout_s":' + b"9" * 5000 + b"}", statuses=_BAD),
    Hostile(name="huge exponent in parameters", body=submission(command_params={"a": 10**40})),
    Hostile(name="NUL in a value", body=submission(reason="a\0b")),
    Hostile(name="NUL in a name", body=submission(command_params={"a\0": 1})),
    Hostile(name="lone surrogate", body=submission(reason="\ud800"), statuses=_BAD),
    Hostile(name="invalid UTF-8", body=b'{"command_name":"\xff\xfe"}', statuses=frozenset({400})),
    Hostile(name="UTF-16", body='{"a":1}'.encode("utf-16"), statuses=_BAD),
    Hostile(name="byte order mark", body=b"\xef\xbb\xbf" + submission(command_name="x"), statuses=_BAD),
    Hostile(name="unknown field", body=submission(surprise=1)),
    Hostile(name="type of everything wrong", body=submission(vehicle_id=[], command_name={}, command_params="x")),
    Hostile(name="negative timeout", body=submission(timeout_s=-1)),
    Hostile(name="text for a number", body=submission(timeout_s="5")),
    Hostile(name="very long name", body=submission(command_name="x" * 200_000)),
    Hostile(name="HTML form", body=b"vehicle_id=1", headers={"Content-Type": "application/x-www-form-urlencoded"}),
    Hostile(name="no content type", body=submission(command_name="x"), headers={"Content-Type": ""}, statuses=_BAD),
    Hostile(name="XML", body=b"<a/>", headers={"Content-Type": "text/xml"}),
    Hostile(name="unknown charset", body=b"{}", headers={"Content-Type": "application/json; charset=klingon"}),
    Hostile(name="too large", body=b" " * 300_000, statuses=frozenset({413})),
    Hostile(name="key with a space", body=submission(), headers={"Idempotency-Key": "a b"}),
    Hostile(name="key too long", body=submission(), headers={"Idempotency-Key": "k" * 201}),
    Hostile(name="key beyond ASCII", body=submission(), headers={"Idempotency-Key": "schlüssel"}),
    Hostile(name="negative limit", method="GET", path="/api/v1/commands?limit=-1"),
    Hostile(name="huge limit", method="GET", path="/api/v1/commands?limit=99999999999999999999999"),
    Hostile(name="negative offset", method="GET", path="/api/v1/vehicles?offset=-1"),
    Hostile(name="huge offset", method="GET", path=f"/api/v1/users?offset={10**30}"),
    Hostile(name="limit as float", method="GET", path="/api/v1/vehicles?limit=1.5"),
    Hostile(name="limit in Arabic digits beyond", method="GET", path="/api/v1/vehicles?limit=%D9%A9%D9%A9%D9%A9"),
    Hostile(name="NUL in the query", method="GET", path="/api/v1/vehicles?search=%00"),
    Hostile(name="NUL in the path", method="GET", path="/api/v1/vehicles/%00"),
    Hostile(name="long id", method="GET", path="/api/v1/commands/" + "a" * 10_000, statuses=_BAD_ID),
    Hostile(name="id beyond ASCII", method="GET", path="/api/v1/commands/%F0%9F%92%A9", statuses=_BAD_ID),
    Hostile(name="id not UTF-8", method="GET", path="/api/v1/commands/%ff%fe", statuses=_BAD_ID),
    Hostile(
        name="way out of the folder", method="GET", path="/docs/assets/..%2f..%2fpages.py", statuses=frozenset({404})
    ),
    Hostile(name="time of year 0", method="GET", path="/api/v1/commands?since=0000-01-01T00:00:00Z"),
    Hostile(name="time before all zones", method="GET", path="/api/v1/commands?since=0001-01-01T00:00:00%2B23:59"),
    Hostile(name="time after all", method="GET", path="/api/v1/audit-logs?until=9999-12-31T23:59:59-23:59"),
    Hostile(name="search of a quote", method="GET", path="/api/v1/vehicles?status='%20OR%201=1"),
    Hostile(name="unknown path", method="GET", path="/api/v2/commands", statuses=frozenset({404})),
    Hostile(name="trailing slash", method="GET", path="/api/v1/commands/", statuses=frozenset({404})),
    Hostile(name="wrong method", method="PUT", path="/api/v1/commands", statuses=frozenset({405})),
    Hostile(name="method of WebDAV", method="PROPFIND", path="/api/v1/commands", statuses=frozenset({405})),
    Hostile(name="SSE after nonsense", method="GET", path=f"/api/v1/commands/{'0' * 8}/events?after=x"),
    Hostile(
        name="last event id nonsense", method="GET", path="/api/v1/commands/x/events", headers={"Last-Event-ID": "-1"}
    ),
)
