"""Short ways to ask a SOVD server in tests."""

from typing import Any

import httpx


async def ask(
    client: httpx.AsyncClient, method: str, path: str, status: int, body: object = None, **more: Any
) -> httpx.Response:
    """Ask, and expect a status; paths are relative to the client's base. Every error must be a GenericError."""
    if body is not None:
        more["json"] = body
    answer = await client.request(method, client.base_url.join(path), **more)
    assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
    if status >= 400:
        error = answer.json()
        error = error.get("error", error)
        assert error["error_code"]
        assert error["message"]
        assert ("vendor_code" in error) == (error["error_code"] == "vendor-specific")
    return answer


async def read(client: httpx.AsyncClient, path: str, status: int = 200) -> dict[str, Any]:
    """The JSON object at a path."""
    body: dict[str, Any] = (await ask(client, "GET", path, status)).json()
    return body


def ids(body: dict[str, Any], key: str = "id") -> list[str]:
    """The ids of a list."""
    return [item[key] for item in body["items"]]
