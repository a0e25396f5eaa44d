"""Addresses of vehicles behind a DoIP gateway: `doip://host:13400?tester=0x0E00&ecus=0x1010,0x1020&tls=1`."""

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from urllib.parse import SplitResult, urlsplit

from app.connectors.port import VehicleContext, address_error
from app.domain.vehicle_secrets import SecretName
from app.links.doip_settings import DoipSettings

SCHEME = "doip"
PORT, TLS_PORT = 13400, 3496
MOST_ECUS = 256
_HOST = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9._-]{0,251}[A-Za-z0-9_.])?|[0-9A-Fa-f:.]{2,45}(%25[A-Za-z0-9_.~-]+)?")
_HEX = re.compile(r"0x[0-9A-Fa-f]{1,4}")


@dataclass(frozen=True, slots=True, kw_only=True)
class DoipAddress:
    """Where a vehicle's gateway is and how to enter it.

    `ecus` empty: found out by asking. `scan` are addresses to try one by one where nobody answers the functional
    address. `keep_alive_during_pending`: ECUs that need TesterPresent also while they work on a request (`78`).
    """

    host: str
    port: int
    tester: int = 0x0E00
    functional: int = 0xE400
    activation: int = 0x00
    tls: bool = False
    ecus: tuple[int, ...] = ()
    scan: tuple[int, ...] = ()
    keep_alive_during_pending: tuple[int, ...] = ()

    def settings(self, context: VehicleContext) -> DoipSettings:
        """What a link needs; certificates come from the vehicle's secrets."""
        return DoipSettings(
            host=self.host,
            port=self.port,
            tester_address=self.tester,
            activation_type=self.activation,
            functional_address=self.functional,
            tls=self.tls,
            trusted_certificates=context.secrets.get(SecretName.TRUSTED_CERTIFICATES) if self.tls else None,
            client_certificate=context.secrets.get(SecretName.CLIENT_CERTIFICATE) if self.tls else None,
        )


@functools.lru_cache(maxsize=4096)
def parse_doip_address(address: str) -> DoipAddress:
    """Read an address strictly. Raises InvalidRequest that names the wrong part and how to mend it."""
    scheme, _, rest = address.partition("://")
    if scheme.lower() != SCHEME or not rest:
        raise address_error("a DoIP vehicle is written doip://host or doip://host:13400?ecus=0x1010,0x1020")
    if any(sign.isspace() or not sign.isprintable() for sign in address):
        raise address_error("it holds a space or a control sign")
    parts = _split(f"{SCHEME}://{rest}")
    values: dict[str, Any] = {}
    for part in parts.query.split("&") if parts.query else ():
        name, _, text = part.partition("=")
        if name not in _READERS:
            raise address_error(f"there is no setting {name[:40]!r}; use one of {', '.join(_READERS)}")
        field, read = _READERS[name]
        if field in values:
            raise address_error(f"the setting {name} stands there twice; keep one")
        values[field] = read(name, text)
    default_port = TLS_PORT if values.get("tls") else PORT
    return DoipAddress(host=parts.hostname or "", port=parts.port or default_port, **values)


def _split(uri: str) -> SplitResult:
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError as error:
        raise address_error("host or port cannot be read; write host:port, an IPv6 host as [::1]") from error
    if parts.username is not None or parts.password is not None:
        raise address_error("it holds credentials; keep them as secrets of the vehicle instead")
    if not parts.hostname or _HOST.fullmatch(parts.hostname) is None or parts.netloc.endswith(":"):
        raise address_error("the host is missing or not a host name or IP address")
    if port == 0:
        raise address_error("the port is from 1 to 65535")
    if parts.path not in {"", "/"} or "#" in uri:
        raise address_error("only settings may follow the host: doip://host?setting=value")
    return parts


def _number(highest: int) -> Callable[[str, str], int]:
    def read(name: str, text: str) -> int:
        if _HEX.fullmatch(text) is None or int(text, 16) > highest:
            raise address_error(f"{name} takes a number from 0x0 to 0x{highest:X}, such as {name}=0x{highest // 16:X}")
        return int(text, 16)

    return read


def _numbers(name: str, text: str) -> tuple[int, ...]:
    parts = text.split(",")
    if len(parts) > MOST_ECUS or any(_HEX.fullmatch(part) is None for part in parts):
        raise address_error(
            f"{name} takes up to {MOST_ECUS} ECU addresses with commas between, such as {name}=0x1010,0x1020"
        )
    return tuple(dict.fromkeys(int(part, 16) for part in parts))


def _span(name: str, text: str) -> tuple[int, ...]:
    first, dash, last = text.partition("-")
    if not dash or _HEX.fullmatch(first) is None or _HEX.fullmatch(last) is None:
        raise address_error(f"{name} takes a range of ECU addresses, such as {name}=0x1000-0x10FF")
    found = range(int(first, 16), int(last, 16) + 1)
    if not 1 <= len(found) <= MOST_ECUS:
        raise address_error(f"{name} takes 1 to {MOST_ECUS} addresses, the lower one first")
    return tuple(found)


def _switch(name: str, text: str) -> bool:
    if text not in {"0", "1"}:
        raise address_error(f"{name} takes 0 or 1")
    return text == "1"


_READERS: Mapping[str, tuple[str, Callable[[str, str], object]]] = MappingProxyType(
    {
        "tester": ("tester", _number(0xFFFF)),
        "ecus": ("ecus", _numbers),
        "scan": ("scan", _span),
        "functional": ("functional", _number(0xFFFF)),
        "activation": ("activation", _number(0xFF)),
        "tls": ("tls", _switch),
        "keep_alive_during_pending": ("keep_alive_during_pending", _numbers),
    }
)
