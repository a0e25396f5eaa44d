"""Where vehicles may be: networks that no connection to a vehicle may lead into, decided on numeric addresses.

Whoever may register vehicles chooses where this service connects to. Cloud machines answer on a fixed address with
credentials of their own, so those addresses are closed unless somebody opens them (server-side request forgery,
CWE-918).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from app.domain.errors import VehicleUnreachable

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

METADATA_NETWORKS = ("169.254.169.254/32", "fd00:ec2::254/128", "100.100.100.200/32")
"""The instance metadata services of AWS, Azure, Google Cloud and others, of AWS over IPv6, and of Alibaba Cloud."""
_NAT64 = IPv6Network("64:ff9b::/96")
"""Well-known prefix of RFC 6052: the last 32 bits are the IPv4 address that is meant."""
_IPV4_COMPATIBLE = IPv6Network("::/96")


class VehicleNetworkDenied(VehicleUnreachable):
    """The settings close this network for vehicles: nothing was sent, and trying again changes nothing."""

    code = "vehicle_network_denied"
    retry_can_help = False


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleNetworks:
    """The networks that vehicles may be in. `denied` wins over `allowed`; nothing in `allowed` means all others."""

    denied: tuple[Network, ...] = tuple(ip_network(text) for text in METADATA_NETWORKS)
    allowed: tuple[Network, ...] = ()

    @classmethod
    def from_text(cls, *, denied: Sequence[str], allowed: Sequence[str]) -> "VehicleNetworks":
        """From networks in CIDR notation. Raises ValueError that names the wrong one."""
        return cls(denied=tuple(map(read_network, denied)), allowed=tuple(map(read_network, allowed)))

    def why_denied(self, text: str) -> str | None:
        """Which setting closes a numeric address; None where a vehicle may be there. Raises ValueError for a name."""
        address = _numeric(text)
        meant = _meant(address)
        for network in self.denied:
            if any(one in network for one in (address, meant, *_carried(meant))):
                return f"SOVD_VEHICLE_NETWORKS_DENIED closes {network} for vehicles"
        if self.allowed and not any(meant in network for network in self.allowed):
            return "SOVD_VEHICLE_NETWORKS_ALLOWED opens no network for vehicles that it is in"
        return None

    def why_literal_denied(self, host: str) -> str | None:
        """The same for the host of an address; a name says nothing until it is resolved, and gives None."""
        try:
            return self.why_denied(host)
        except ValueError:
            return None


def read_network(text: str) -> Network:
    """A network in CIDR notation; an address alone is a network of one. Raises ValueError that says what is wrong."""
    try:
        return ip_network(text.strip())
    except ValueError as error:
        raise ValueError(f"{error}; write a network as 10.20.0.0/16 or fd00::/8") from error


def denied_network(host: str, address: str, why: str) -> VehicleNetworkDenied:
    """The error for a connection that is not made."""
    where = host if host == address else f"{host} ({address})"
    return VehicleNetworkDenied(
        f"No connection to {where} is made: {why}. Nothing was sent. Mend the vehicle's address, or have the setting "
        "changed.",
        details={"reason": why, "retryCanHelp": False},
    )


def _numeric(text: str) -> Address:
    return ip_address(text.partition("%")[0])  # the part after % is the interface, which changes no network


def _meant(address: Address) -> Address:
    """The address that the system connects to: it takes `::ffff:a.b.c.d` for IPv4, and the unspecified for itself."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if address.is_unspecified:
        return IPv4Address("127.0.0.1") if address.version == 4 else IPv6Address("::1")
    return address


def _carried(address: Address) -> tuple[Address, ...]:
    """IPv4 addresses inside an IPv6 one, to which a gateway on the way may translate it."""
    if isinstance(address, IPv4Address):
        return ()
    last = IPv4Address(int(address) & 0xFFFF_FFFF)
    found = [last] if address in _NAT64 or (address in _IPV4_COMPATIBLE and not address.is_loopback) else []
    return (*found, *([address.sixtofour] if address.sixtofour is not None else []))
