"""Whether a vehicle behind a DoIP gateway answers: one ECU's real answer, nothing less."""

from dataclasses import replace

from app.connectors.doip_address import DoipAddress
from app.connectors.doip_commands.doip_discovery import FUNCTIONAL_WAIT_S
from app.domain.errors import VehicleRefused, VehicleTimeout, VehicleUnreachable
from app.links import uds_services
from app.links.doip_link import DoipLink
from app.links.uds_client import UdsClient
from app.links.uds_errors import NegativeResponse
from app.protocols.uds.requests import TesterPresent
from app.protocols.uds.timing import UdsTiming

MOST_ASKED = 3
_TESTER_ACTIVE_ELSEWHERE = "0x03"
"""Routing activation response code: source address already activated on another socket (ISO 13400-2, Table 49)."""


async def probe_vehicle(
    link: DoipLink, address: DoipAddress, *, timing: UdsTiming, owing: set[int], deadline: float
) -> None:
    """Return when an ECU has answered TesterPresent. Raises VehicleError by `deadline` (loop seconds).

    ECUs of the address are asked one after the other, those first that no command is busy with; where it names none,
    or all of them are busy, all at once. A gateway that answers that our tester address talks to it over another
    connection already has answered, too: another worker is busy with the vehicle.
    """
    try:
        await _probe_ecus(link, address, timing, owing, deadline)
    except VehicleUnreachable as error:
        if error.details.get("activationCode") != _TESTER_ACTIVE_ELSEWHERE:
            raise


async def _probe_ecus(
    link: DoipLink, address: DoipAddress, timing: UdsTiming, owing: set[int], deadline: float
) -> None:
    trouble: VehicleTimeout | VehicleRefused | None = None
    free = [ecu for ecu in address.ecus if not link.is_taken(ecu)]
    for ecu in free[:MOST_ASKED]:
        try:
            async with link.channel(ecu, deadline) as channel:
                await uds_services.tester_present(UdsClient(channel, timing=timing, owing=owing), deadline)
        except NegativeResponse:
            return  # who refuses is there
        except (VehicleTimeout, VehicleRefused) as error:
            trouble = error
        else:
            return
    if free:
        raise trouble or VehicleTimeout("No ECU of the vehicle answered.")
    await _ask_everybody(link, address, timing, deadline)


async def _ask_everybody(link: DoipLink, address: DoipAddress, timing: UdsTiming, deadline: float) -> None:
    short = replace(timing, network_s=min(timing.network_s, FUNCTIONAL_WAIT_S))
    async with link.channel(address.functional, deadline) as channel:
        answers = await UdsClient(channel, timing=short).ask_all(TesterPresent().encode(), deadline)
    if not answers:
        raise VehicleTimeout(
            "The gateway took the question, and no ECU answered it. Check that the vehicle is awake; name its ECUs in "
            "the address (ecus=0x1010) where the gateway has no functional addressing."
        )
