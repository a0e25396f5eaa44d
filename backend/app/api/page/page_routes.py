"""Serves the page: `/` and every path that belongs to the page alone give `index.html`, `/assets` the rest.

`index.html` is never kept, so that a new release shows at once; files under `/assets` carry their content's digest in
their name and are kept for ever. The policy lets in no inline script and no inline style: the page is built so that it
needs neither, and neither a nonce nor a hash.
"""

import asyncio
import re
from pathlib import Path

from fastapi import APIRouter
from fastapi.requests import Request
from fastapi.responses import Response

from app.api.page.page_files import PageFile, is_built, read_page_file
from app.api.state import ApiState
from app.domain.errors import NotFound

router = APIRouter(include_in_schema=False)

_KEPT_FOR_EVER = "public, max-age=31536000, immutable"
_HOST = re.compile(r"[A-Za-z0-9.\-\[\]:]{1,255}")
_PERMISSIONS = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
_OF_THE_SERVER = ("/api", "/assets", "/docs", "/health", "/metrics", "/openapi.json", "/problems", "/ws")
"""Paths that are never the page's, whatever a browser asks for: an error there is an error."""


def page_folder(request: Request) -> Path | None:
    """Where the page's files are; None where it was not built."""
    state: ApiState | None = getattr(request.app.state, "sovd", None)
    folder = None if state is None else state.settings.page_folder
    return folder if folder is not None and is_built(folder) else None


def belongs_to_page(request: Request) -> bool:
    """Whether a path the server does not know is to be the page's: a browser that opens an address of the page."""
    path = request.url.path
    if request.method not in {"GET", "HEAD"} or any(
        path == own or path.startswith(f"{own}/") for own in _OF_THE_SERVER
    ):
        return False
    return "text/html" in request.headers.get("accept", "")


async def index_response(request: Request) -> Response | None:
    """The page; None where it was not built."""
    folder = page_folder(request)
    if folder is None:
        return None
    found = await asyncio.to_thread(read_page_file, folder, "index.html", _accept_encoding(request))
    if found is None:
        return None
    headers = {
        "Cache-Control": "no-store",
        "Content-Security-Policy": _policy(request),
        "Permissions-Policy": _PERMISSIONS,
    }
    return _response(found, headers)


@router.api_route("/assets/{name}", methods=["GET", "HEAD"])
def get_asset(name: str, request: Request) -> Response:
    """A file of the page. Runs on a thread: it reads a file."""
    folder = page_folder(request)
    found = read_page_file(folder / "assets", name, _accept_encoding(request)) if folder is not None else None
    if found is None:
        raise NotFound("there is no such file")
    return _response(found, {"Cache-Control": _KEPT_FOR_EVER})


def _response(found: PageFile, headers: dict[str, str]) -> Response:
    packed = {} if found.encoding is None else {"Content-Encoding": found.encoding}
    headers = {"Vary": "Accept-Encoding", "Content-Type": found.media_type, **packed, **headers}
    return Response(found.content, headers=headers)


def _accept_encoding(request: Request) -> str:
    return request.headers.get("accept-encoding", "")


def _policy(request: Request) -> str:
    """`'self'` stands for the WebSocket of the own origin only in newer browsers, so that is named, too."""
    host = request.headers.get("host", "")
    sockets = f" ws://{host} wss://{host}" if _HOST.fullmatch(host) else ""
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'{sockets}; "
        "img-src 'self' data:; font-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
    )
