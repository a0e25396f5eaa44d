"""Links of SOVD answers, and paths that a caller asks for: resolved, and never followed to another origin.

Servers write links absolute, root-relative and relative (ISO 17978-3 types them `uri-reference`). A link that leaves
the origin is how a server, or whoever answers in its place, would make us call machines that are none of its business.
"""

from dataclasses import dataclass
from urllib.parse import quote, unquote, urljoin, urlsplit, urlunsplit

LONGEST_URI = 4096
_DEFAULT_PORTS = {"http": 80, "https": 443}
# RFC 3986 pchar and "/": what may stand in a path as it is; "%" is quoted by its own rule
_PATH_SAFE = "/-._~!$&'()*+,;=:@"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Scheme, host and port (RFC 6454): what must be equal for a link to be followed."""

    scheme: str
    host: str
    port: int


def origin_of(uri: str) -> Origin | None:
    """The origin of an absolute http or https URI; None for anything else."""
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError:
        return None
    default = _DEFAULT_PORTS.get(parts.scheme.lower())
    if default is None or not parts.hostname:
        return None
    host = parts.hostname.lower().rstrip(".")
    return Origin(scheme=parts.scheme.lower(), host=host, port=default if port is None else port)


def resolve_link(request_uri: str, link: object) -> str | None:
    """The absolute URI a link means, where it stays on the origin of the request it was found in; otherwise None.

    Fragments are dropped. Credentials inside a link, control signs and foreign schemes make it None.
    """
    if not isinstance(link, str) or not link or len(link) > LONGEST_URI or _has_control_sign(link):
        return None
    try:
        resolved = urlsplit(urljoin(request_uri, link))
        credentials = resolved.username is not None or resolved.password is not None
    except ValueError:
        return None
    uri = urlunsplit((resolved.scheme, resolved.netloc, resolved.path or "/", resolved.query, ""))
    if credentials or origin_of(uri) is None or origin_of(uri) != origin_of(request_uri):
        return None
    return uri


def moved_home(base_uri: str, link: object) -> str | None:
    """A link to another origin, read as one of ours: servers behind a mapped port publish the host they know.

    Only its path is taken, and only where it lies below the base URI's path; the request still goes to our origin.
    """
    if not isinstance(link, str) or len(link) > LONGEST_URI or _has_control_sign(link):
        return None
    try:
        parts, base = urlsplit(link), urlsplit(base_uri)
    except ValueError:
        return None
    below = base.path.rstrip("/") + "/"
    if not parts.scheme or ".." in unquote(parts.path).split("/") or not parts.path.startswith(below):
        return None
    return urlunsplit((base.scheme, base.netloc, parts.path, parts.query, ""))


def follow(request_uri: str, base_uri: str, link: object) -> str | None:
    """What to call for a link found in the answer to `request_uri`; None: it leads elsewhere or is no link."""
    return resolve_link(request_uri, link) or moved_home(base_uri, link)


def below(uri: str, *segments: str) -> str:
    """The URI of something below `uri`; each segment is one id and is percent-encoded as a whole."""
    path = uri.partition("?")[0].rstrip("/")
    return "/".join((path, *(quote(segment, safe="") for segment in segments)))


def path_below_base(base_uri: str, path: str) -> str:
    """The URI of a path that a caller wrote. Raises ValueError, in words for people, if it could leave the base URI.

    Percent-encoding is kept; what is not encoded and has to be is encoded.
    """
    if "://" in path or path.startswith("//"):
        raise ValueError("it names a host; write only the path below the base URI of the vehicle's server")
    if "?" in path or "#" in path:
        raise ValueError("it holds ? or #; give the query apart, and write # inside an id as %23")
    if "\\" in path or _has_control_sign(unquote(path)):
        raise ValueError("it holds a backslash or a control sign")
    segments = path.strip("/").split("/")
    # decoded twice: some servers do that, and a dot segment must not come out of it
    if any(unquote(unquote(segment)) in {".", ".."} or _hides_slash(segment) for segment in segments):
        raise ValueError("it holds a segment like .. that could leave the base URI")
    if any(not segment for segment in segments[:-1]):
        raise ValueError("it holds an empty segment (//)")
    encoded = quote(path.lstrip("/"), safe=_PATH_SAFE + "%")
    return f"{base_uri.rstrip('/')}/{encoded}" if encoded else base_uri


def _hides_slash(segment: str) -> bool:
    """An encoded slash next to dots: servers that decode before they route would walk up by it."""
    decoded = unquote(unquote(segment)).replace("\\", "/")
    return "/" in decoded and any(part in {".", ".."} for part in decoded.split("/"))


def _has_control_sign(text: str) -> bool:
    return any(ord(sign) < 0x20 or ord(sign) == 0x7F for sign in text)
