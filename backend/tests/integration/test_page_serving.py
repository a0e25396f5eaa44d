"""The page's files over real HTTP: which form, how long kept, under which policy, and for which addresses."""

import gzip
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from app.api.page.page_files import accepted_encodings
from support.running_app import RunningApp

HTML = {"Accept": "text/html,application/xhtml+xml"}
INDEX = "<!doctype html><title>SOVD Command</title>"
SCRIPT = "console.log('" + "x" * 500 + "')"


@pytest.fixture
async def visitor(running_app: RunningApp, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody before a server with a built page."""
    assets = tmp_path / "assets"
    assets.mkdir()
    (tmp_path / "index.html").write_text(INDEX)
    (tmp_path / "secret.txt").write_text("not an asset")
    (assets / "index-Ab12.js").write_text(SCRIPT)
    (assets / "index-Ab12.js.gz").write_bytes(gzip.compress(SCRIPT.encode()))
    (assets / "index-Ab12.js.br").write_bytes(b"brotli's bytes")
    (assets / "plain-Cd34.css").write_text("a{}")
    state = running_app.app.state
    state.sovd = replace(state.sovd, settings=replace(state.sovd.settings, page_folder=tmp_path))
    async with httpx.AsyncClient(base_url=running_app.base_url, trust_env=False) as client:
        yield client


@pytest.mark.parametrize("path", ["/", "/vehicles", "/commands/8c9e", "/never/heard/of.this", "/apix"])
async def test_addresses_of_the_page_give_the_page_and_it_is_never_kept(visitor: httpx.AsyncClient, path: str) -> None:
    answer = await visitor.get(path, headers=HTML)
    assert (answer.status_code, answer.text, answer.headers["cache-control"]) == (200, INDEX, "no-store")
    host = visitor.base_url.netloc.decode()
    assert answer.headers["content-security-policy"] == (
        f"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' ws://{host} wss://{host}; "
        "img-src 'self' data:; font-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
    )
    for name in ("x-content-type-options", "referrer-policy", "permissions-policy"):
        assert answer.headers[name]


@pytest.mark.parametrize("path", ["/", "/vehicles", "/assets/index-Ab12.js"])
async def test_monitors_may_ask_for_the_head_alone(visitor: httpx.AsyncClient, path: str) -> None:
    answer = await visitor.head(path, headers=HTML)
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) > 0


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api", "/ws/nothing", "/assets/nothing.js", "/docs/nothing"])
async def test_addresses_of_the_server_stay_errors(visitor: httpx.AsyncClient, path: str) -> None:
    answer = await visitor.get(path, headers=HTML)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_programs_that_ask_for_no_html_get_an_error(visitor: httpx.AsyncClient) -> None:
    assert (await visitor.get("/vehicles")).status_code == 404
    assert (await visitor.post("/vehicles", headers=HTML)).status_code == 404


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("identity", None),
        ("", None),
    ],
)
async def test_assets_come_packed_and_are_kept_for_ever(
    visitor: httpx.AsyncClient, accepted: str, encoding: str | None
) -> None:
    async with visitor.stream("GET", "/assets/index-Ab12.js", headers={"Accept-Encoding": accepted}) as answer:
        raw = b"".join([part async for part in answer.aiter_raw()])
    assert (answer.status_code, answer.headers.get("content-encoding")) == (200, encoding)
    if encoding == "br":
        assert raw == b"brotli's bytes"
    else:
        assert (gzip.decompress(raw) if encoding else raw) == SCRIPT.encode()
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert (answer.headers["vary"], answer.headers["content-type"]) == (
        "Accept-Encoding",
        "text/javascript; charset=utf-8",
    )


async def test_an_asset_that_is_not_packed_comes_as_it_is(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.get("/assets/plain-Cd34.css", headers={"Accept-Encoding": "br"})
    assert (answer.text, "content-encoding" in answer.headers) == ("a{}", False)


@pytest.mark.parametrize("name", ["index-Ab12.js.br", "..%2Fsecret.txt", "%2e%2e", "x" * 300 + ".js"])
async def test_nothing_but_assets_is_served(visitor: httpx.AsyncClient, name: str) -> None:
    assert (await visitor.get(f"/assets/{name}")).status_code == 404


async def test_a_host_that_is_none_does_not_get_into_the_policy(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.get("/", headers={"Host": "evil; script-src *"})
    assert "evil" not in answer.headers.get("content-security-policy", "")


def test_codings_with_a_weight_of_nothing_are_not_accepted() -> None:
    assert accepted_encodings("br;q=0, gzip; q=0.000, deflate;q=0.1, zstd") == {"deflate", "zstd"}
