"""Schemes of vehicle addresses, and what the service has to know of each: the one place where that is decided.

What an address looks like inside is its connector's affair.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressScheme:
    """What stands before the first colon of an address, in lower case.

    `serves_one_worker`: the vehicle serves our tester over one connection, so all its lanes stay with the worker that
    talks to it (ISO 13400-2: routing activation is denied with 0x03 while the tester is active on another socket).

    `keeps_context`: secrets, settings and diagnostic data are kept for such vehicles; the built-in mock vehicle has
    none and moves nothing, so nothing is looked up before a command is sent to it.
    """

    name: str
    serves_one_worker: bool = False
    keeps_context: bool = True


MOCK = AddressScheme(name="sim", keeps_context=False)
SOVD_HTTP = AddressScheme(name="sovd+http")
SOVD_HTTPS = AddressScheme(name="sovd+https")
DOIP = AddressScheme(name="doip", serves_one_worker=True)

ADDRESS_SCHEMES = {scheme.name: scheme for scheme in (MOCK, SOVD_HTTP, SOVD_HTTPS, DOIP)}
"""All that the connectors of this release serve, by name."""

ONE_WORKER_SCHEMES = tuple(scheme.name for scheme in ADDRESS_SCHEMES.values() if scheme.serves_one_worker)
"""Names of the schemes whose vehicles serve one worker at a time."""


def scheme_of(address: str) -> AddressScheme:
    """The scheme of an address; of a connector that is not listed here: one with nothing special."""
    name = address.partition(":")[0].lower()
    return ADDRESS_SCHEMES.get(name) or AddressScheme(name=name)
