"""Small pages without script: `/` where the web page was not built, `/docs` and `/problems/…`; all from this server."""

import base64
import hashlib
import html
from importlib.resources import files
from typing import Literal

from fastapi import APIRouter
from fastapi.requests import Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from app.api.page.page_routes import index_response
from app.api.problem_types import PROBLEM_TYPES, ProblemType
from app.domain.errors import NotFound

router = APIRouter(include_in_schema=False)

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:42rem;margin:4rem auto;padding:0 1rem;color:#1b1f24;"
    "background:#fff}code{background:#f0f2f4;padding:.1em .3em;border-radius:3px}a{color:#0550ae}"
    "@media(prefers-color-scheme:dark){body{background:#0d1117;color:#e6edf3}code{background:#21262d}a{color:#6cb6ff}}"
)
_STYLE_DIGEST = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_PAGE_POLICY = f"default-src 'none'; style-src 'sha256-{_STYLE_DIGEST}'; frame-ancestors 'none'; base-uri 'none'"
_DOCS_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
"""Swagger UI sets style attributes; scripts come from files only."""

_START_SCRIPT = """window.addEventListener("load", () => {
  window.ui = SwaggerUIBundle({
    url: "openapi.json", dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null,
    displayRequestDuration: true, filter: true, persistAuthorization: false,
    presets: [SwaggerUIBundle.presets.apis], layout: "BaseLayout",
  });
});
"""

_DOCS_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>SOVD Command API</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="docs/assets/swagger-ui.css"><link rel="icon" href="docs/assets/favicon-32x32.png">
</head><body><div id="swagger-ui"></div>
<script src="docs/assets/swagger-ui-bundle.js"></script><script src="docs/assets/start.js"></script>
</body></html>
"""

_ROOT_BODY = """<h1>SOVD Command</h1>
<p>Sends diagnostic commands to vehicles that are somewhere else, and shows their answers piece by piece.
It speaks SOVD (ISO 17978). This is version {version}.</p>
<ul>
<li><a href="docs">The API, with every call explained</a> (<a href="openapi.json">OpenAPI file</a>)</li>
<li><a href="health/ready">Is everything well?</a> &middot; <a href="metrics">Figures</a></li>
<li><a href="problems">Error codes and what to do about them</a></li>
</ul>
<p>From a terminal: <code>sovd login</code>, <code>sovd vehicles</code>,
<code>sovd run ReadDTC --vehicle VIN</code>.</p>"""

_ASSET_TYPES = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "favicon-32x32.png": "image/png",
}


@router.api_route("/", methods=["GET", "HEAD"])
async def get_root(request: Request) -> Response:
    """The page; where it was not built, what this is and where to go."""
    if (page := await index_response(request)) is not None:
        return page
    return _page("SOVD Command", _ROOT_BODY.format(version=html.escape(request.app.version)))


@router.get("/docs")
async def get_docs() -> HTMLResponse:
    """Swagger UI, from the wheel `fastapi-swagger`: works offline, under a policy without inline scripts."""
    return HTMLResponse(_DOCS_PAGE, headers={"Content-Security-Policy": _DOCS_POLICY})


@router.get("/docs/assets/{name}")
def get_docs_asset(name: str) -> Response:
    """Files of Swagger UI. Runs on a thread: it reads a file."""
    kept = {"Cache-Control": "public, max-age=3600"}
    if name == "start.js":
        return Response(_START_SCRIPT, media_type="text/javascript", headers=kept)
    if name not in _ASSET_TYPES:
        raise NotFound("there is no such file")
    content = (files("fastapi_swagger.resources") / name).read_bytes()
    return Response(content, media_type=_ASSET_TYPES[name], headers=kept)


@router.get("/problems")
async def get_problem_types(request: Request) -> Response:
    """All error codes."""
    if _wanted(request) == "json":
        return JSONResponse({"items": [_as_json(code, kind) for code, kind in PROBLEM_TYPES.items()]})
    rows = "".join(
        f'<li><a href="problems/{code}"><code>{code}</code></a> ({kind.status}): {html.escape(kind.title)}</li>'
        for code, kind in PROBLEM_TYPES.items()
    )
    return _page("Error codes", f"<h1>Error codes</h1><ul>{rows}</ul>")


@router.get("/problems/{code}")
async def get_problem_type(code: str, request: Request) -> Response:
    """What one error code means and what to do: the `type` of a problem leads here."""
    kind = PROBLEM_TYPES.get(code)
    if kind is None:
        raise NotFound("there is no such error code; /problems lists all")
    if _wanted(request) == "json":
        return JSONResponse(_as_json(code, kind))
    title, meaning = html.escape(kind.title), html.escape(kind.meaning)
    return _page(kind.title, f"<h1>{title}</h1><p>Status {kind.status}, <code>{code}</code></p><p>{meaning}</p>")


def _wanted(request: Request) -> Literal["html", "json"]:
    return "html" if "text/html" in request.headers.get("accept", "") else "json"


def _as_json(code: str, kind: ProblemType) -> dict[str, str | int]:
    return {
        "type": ProblemType.uri(code),
        "code": code,
        "status": kind.status,
        "title": kind.title,
        "meaning": kind.meaning,
    }


def _page(title: str, body: str) -> HTMLResponse:
    text = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head>'
        f"<body>{body}</body></html>"
    )
    return HTMLResponse(text, headers={"Content-Security-Policy": _PAGE_POLICY})
