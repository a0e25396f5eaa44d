"""Whatever a client sends, the SOVD server answers with a status it knows and a GenericError; it never fails itself."""

import asyncio
from typing import Any

import httpx
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.protocols.sovd.operations import OPERATIONS
from app.simulator.description_reading import built_in_description
from app.simulator.sovd_backend import sovd_backend, utc_now
from app.simulator.virtual_vehicle import VirtualVehicle
from app.sovd_server.sovd_app import SovdServer, create_sovd_app
from support.memory_vehicle import settings_for_tests

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)
MEMBERS = (
    *("data", "value", "mode_expiration", "lock_expiration", "break_lock", "scopes", "ids", "resource", "interval"),
    *("duration", "protocol", "capability", "parameters", "timeout", "items", "contexts", "context", "severity", "Key"),
)
BODIES = st.dictionaries(
    st.sampled_from(MEMBERS), JSON | st.sampled_from(["session", "EXTENDED", "fast", 5]), max_size=5
)
IDS = st.sampled_from(["engine", "F190", "0110", "0203", "session", "security", "042000", "logs", "0120"]) | st.text(
    min_size=1, max_size=6
)
QUERIES = st.dictionaries(
    st.sampled_from(
        ["include-schema", "tags", "severity", "scope", "status[x]", "created-after", "category", "groups"]
    ),
    st.text(max_size=6) | st.sampled_from(["true", "1", "error"]),
    max_size=3,
)
KNOWN = {200, 201, 202, 204, 400, 403, 404, 405, 406, 409, 413, 415, 500, 501, 502, 503, 504}


@st.composite
def requests(draw: st.DrawFn) -> dict[str, Any]:
    """A request for something of the standard, with ids, a body and a query that may or may not make sense."""
    operation = draw(st.sampled_from(OPERATIONS))
    path = operation.path.replace("{e}", "components/engine").replace("{entity-collection}", "components")
    parts = [draw(IDS) if part.startswith("{") else part for part in path.strip("/").split("/")]
    encoded = "/".join(_quoted(part) for part in parts)
    method = draw(st.sampled_from([operation.method, operation.method, "PATCH", "PUT"]))
    body: dict[str, Any] = draw(
        st.builds(dict, json=BODIES) | st.builds(dict, json=JSON) | st.builds(dict, content=st.binary(max_size=20))
    )
    return {"method": method, "url": encoded, "params": draw(QUERIES), **body}


def _quoted(part: str) -> str:
    return "".join(f"%{byte:02X}" for byte in part.encode("utf-8", "replace"))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(requests(), min_size=1, max_size=6))
@example([{"method": "GET", "url": "components/engine/faults/%7B%7D"}])  # an id that looks like a placeholder
def test_no_request_makes_the_server_fail(asked: list[dict[str, Any]]) -> None:
    asyncio.run(_ask_all(asked))


async def _ask_all(asked: list[dict[str, Any]]) -> None:
    now = asyncio.get_running_loop().time()
    backend = sovd_backend(VirtualVehicle(built_in_description(), number=1, started_at=now), utc_now)
    app = create_sovd_app(backend, SovdServer(settings_for_tests()))
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://vehicle.test/sovd/v1/") as client:
            for one in asked:
                answer = await client.request(**one)
                assert answer.status_code in KNOWN, one
                if answer.status_code >= 400:
                    error = answer.json()
                    error = error.get("error", error)
                    assert error["message"]
                    assert error["error_code"] != "sovd-server-failure", one
