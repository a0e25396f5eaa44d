"""Whether a request comes from the page itself (defence against cross-site request forgery).

A cookie is sent by the browser whoever caused the request. Three walls stand in the way: the cookie is
`SameSite=Strict`; a header that no form and no foreign script can send without asking first (Fetch standard, 4.8);
and `Origin`, where the browser sends it, must be the page's own.
"""

from urllib.parse import urlsplit

from fastapi.requests import Request

from app.domain.errors import Forbidden

PAGE_HEADER = "X-SOVD-Request"
PAGE_MARK = "page"


def require_own_origin(request: Request, allowed: tuple[str, ...]) -> None:
    """Raise Forbidden (`csrf_refused`) where `Origin` is there and is neither ours nor one of `allowed`."""
    origin = request.headers.get("origin")
    if origin is None or origin in allowed or _is_own(origin, request):
        return
    raise Forbidden("the request comes from another site's page", code="csrf_refused")


def require_page_request(request: Request, allowed: tuple[str, ...]) -> None:
    """As `require_own_origin`, and the page's own header must be there."""
    require_own_origin(request, allowed)
    if request.headers.get(PAGE_HEADER) != PAGE_MARK:
        raise Forbidden(f"send the header {PAGE_HEADER}: {PAGE_MARK}", code="csrf_refused")


def is_over_https(request: Request) -> bool:
    """Whether the browser speaks HTTPS, also where a proxy of the same name ends it and does not tell."""
    return request.url.scheme == "https" or request.headers.get("origin", "").startswith("https://")


def _is_own(origin: str, request: Request) -> bool:
    """Same host and port as the request was sent to. A page over HTTP is not the one that is served over HTTPS."""
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    if parts.scheme not in {"http", "https"} or (parts.scheme == "http" and request.url.scheme == "https"):
        return False
    return parts.netloc.lower() == request.headers.get("host", "").lower()
