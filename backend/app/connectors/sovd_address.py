"""Addresses of vehicles with their own SOVD server: `sovd+https://host:8443/` and `sovd+http://host/?base=/sovd/v1`."""

import functools
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qsl, urlsplit

from app.connectors.port import address_error

SCHEMES = ("sovd+http", "sovd+https")
_HOST = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9._-]{0,251}[A-Za-z0-9_.])?|[0-9A-Fa-f:.]{2,45}(%25[A-Za-z0-9_.~-]+)?")
_PATH = re.compile(r"(/[A-Za-z0-9._~!$&'()*+,;=:@%-]+)*/?")


@dataclass(frozen=True, slots=True, kw_only=True)
class SovdAddress:
    """Where a vehicle's server is. `root` ends without a slash; `base_uri` None: version-info tells it."""

    root: str
    base_uri: str | None

    @property
    def secure(self) -> bool:
        """Whether it is reached over TLS."""
        return self.root.startswith("https:")

    @property
    def host(self) -> str:
        """Name or number, without the brackets of IPv6."""
        return urlsplit(self.root).hostname or ""

    @property
    def version_info_uri(self) -> str:
        """Where the server tells its versions (ISO 17978-3, 7.4)."""
        return f"{self.root}/version-info"


@functools.lru_cache(maxsize=4096)
def parse_sovd_address(address: str) -> SovdAddress:
    """Read an address strictly. Raises InvalidRequest that names the wrong part and how to mend it."""
    scheme, _, rest = address.partition("://")
    if scheme.lower() not in SCHEMES or not rest:
        raise address_error("a SOVD server is written sovd+https://host:port/ or sovd+http://host:port/")
    if any(sign.isspace() or ord(sign) < 0x20 or ord(sign) == 0x7F for sign in address):
        raise address_error("it holds a space or a control sign")
    if "#" in rest:
        raise address_error("nothing may follow a #; leave it out")
    parts = _split(f"{scheme.lower().removeprefix('sovd+')}://{rest}")
    _check_path("the path", parts.path)
    root = f"{parts.scheme}://{_authority(parts)}{parts.path.rstrip('/')}"
    return SovdAddress(root=root, base_uri=_base_uri(parts))


def _split(uri: str) -> SplitResult:
    try:
        parts = urlsplit(uri)
        parts.port  # noqa: B018 - asked for its error
    except ValueError as error:
        raise address_error("host or port cannot be read; write host:port, an IPv6 host as [::1]") from error
    if parts.username is not None or parts.password is not None:
        raise address_error("it holds credentials; keep them as secrets of the vehicle instead (bearer_token)")
    if not parts.hostname or _HOST.fullmatch(parts.hostname) is None or parts.netloc.endswith(":"):
        raise address_error("the host is missing or not a host name or IP address")
    if parts.port == 0:
        raise address_error("the port is from 1 to 65535")
    return parts


def _authority(parts: SplitResult) -> str:
    host = parts.hostname or ""
    shown = f"[{host}]" if ":" in host else host
    return shown if parts.port is None else f"{shown}:{parts.port}"


def _base_uri(parts: SplitResult) -> str | None:
    base: str | None = None
    for name, value in _settings(parts.query):
        if name != "base":
            raise address_error(f"there is no setting {name[:40]!r}; use base, such as ?base=/sovd/v1")
        if base is not None:
            raise address_error("the setting base stands there twice; keep one")
        base = value
    if base is None:
        return None
    if not base.startswith("/"):
        raise address_error("base takes the path of the server's base URI, such as base=/sovd/v1")
    _check_path("base", base)
    return f"{parts.scheme}://{_authority(parts)}{base.rstrip('/')}"


def _settings(query: str) -> list[tuple[str, str]]:
    if not query:
        return []
    try:
        return parse_qsl(query, keep_blank_values=True, strict_parsing=True, max_num_fields=8)
    except ValueError as error:
        raise address_error("what follows the ? is not setting=value, such as ?base=/sovd/v1") from error


def _check_path(what: str, path: str) -> None:
    if path and _PATH.fullmatch(path) is None:
        raise address_error(f"{what} holds an empty segment or a sign that a path may not hold")
    if any(segment in {".", ".."} for segment in path.lower().replace("%2e", ".").split("/")):
        raise address_error(f"{what} holds a segment . or ..")
