"""Which ECUs are behind the gateway, and what they call themselves."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from app.diagnostic_data.port import DiagnosticData
from app.domain.errors import VehicleError, VehicleRefused, VehicleTimeout
from app.links import uds_services
from app.links.port import DiagnosticLink
from app.links.uds_client import UdsClient
from app.links.uds_errors import NegativeResponse
from app.protocols.uds.identifiers import VIN
from app.protocols.uds.requests import ReadDataByIdentifier, TesterPresent
from app.protocols.uds.timing import UdsTiming
from app.uds_adapter.adapted_ecu import AdaptedEcu

_FUNCTIONAL_WAIT_S = 1.0
"""For the way there and back, beside P2: everybody waits this long for those who do not exist."""
_SYSTEM_NAME = 0xF197
_NO_SIGN_OF_AN_ID = re.compile(r"[^a-z0-9_]+")
_ID_BY_ADDRESS = re.compile(r"ecu_[0-9a-f]{4}")


async def answering_ecus(
    link: DiagnosticLink, functional_address: int, timing: UdsTiming, deadline: float
) -> tuple[int, ...]:
    """Who answers the functional address: to TesterPresent, or to the question for the VIN.

    Empty where the gateway has no functional addressing. Raises VehicleUnreachable, VehicleConnectionLost.
    """
    quick = replace(timing, network_s=min(timing.network_s, _FUNCTIONAL_WAIT_S))
    found: set[int] = set()
    try:
        async with link.channel(functional_address, deadline) as channel:
            client = UdsClient(channel, timing=quick)
            for request in (TesterPresent().encode(), ReadDataByIdentifier(data_ids=(VIN,)).encode()):
                found |= {response.source for response in await client.ask_all(request, deadline)}
    except (VehicleRefused, VehicleTimeout):
        pass  # no functional addressing
    return tuple(sorted(found))


async def identify(ecu: AdaptedEcu, data: DiagnosticData, deadline: float) -> None:
    """Find out its variant, if there is something to tell apart, and what it calls itself.

    Raises VehicleError where it does not answer.
    """
    requests: Sequence[bytes] = await data.identification_requests(ecu.address)
    answers: dict[bytes, bytes] = {}
    async with ecu.client(deadline) as client:
        for request in requests or (TesterPresent().encode(),):
            try:
                answers[request] = (await client.ask(request, deadline)).raw
            except NegativeResponse as error:
                answers[request] = error.raw
        if ecu.name is None:
            ecu.name = await _system_name(client, deadline)
    if requests:
        ecu.variant = await data.identify_variant(ecu.address, answers)


async def _system_name(client: UdsClient, deadline: float) -> str | None:
    try:
        record = (await uds_services.read_data(client, _SYSTEM_NAME, deadline)).value
    except VehicleError:
        return None
    text = record.rstrip(b" \x00\xff")
    return text.decode("ascii") if text and all(0x20 <= byte < 0x7F for byte in text) else None


def component_ids(names: Iterable[tuple[int, str | None]]) -> dict[int, str]:
    """An id for every ECU: its name in the diagnostic data as an id can be written, else `ecu_1010`. Each is unique."""
    ids: dict[int, str] = {}
    for address, name in names:
        plain = _NO_SIGN_OF_AN_ID.sub("_", (name or "").lower()).strip("_")
        own = f"ecu_{address:04x}"
        taken = not plain or plain in ids.values() or _ID_BY_ADDRESS.fullmatch(plain) is not None
        ids[address] = own if taken else plain
    return ids
