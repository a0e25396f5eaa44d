"""Modes of classic ECUs (ISO 17978-3, Table 343): session (10), security (27), dtcsetting (85), commctrl (28).

Security goes as the Classic Diagnostic Adapter does it: `Level_1_RequestSeed` gives a seed, then `Level_1` with
`{"Key": {"Send_Key": "0x.. 0x.."}}` unlocks; the number is that of the service's sub-function. What the ECU's modes
are now is known from what it confirmed; it is not asked.
"""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from app.domain.json_values import JsonObject, JsonValue
from app.links import uds_services
from app.links.uds_client import UdsClient
from app.protocols.sovd.sovd_errors import invalid_parameter
from app.protocols.uds import requests
from app.protocols.uds.responses import parse_seed
from app.protocols.uds.services import CommunicationType, DtcSetting, Session
from app.sovd_server.backend_values import Asking, Mode, ModeAnswer
from app.sovd_server.entity_tree import EntityKey
from app.uds_adapter.adapted_ecu import AdaptedEcu
from app.uds_adapter.adapted_vehicle import AdaptedVehicle
from app.uds_adapter.ecu_session import COMMUNICATION, LOCKED, SESSION_NAMES, security_text

_ALL_MESSAGES = 0x03
"""Normal and network management messages of all networks (ISO 14229-1, Annex B)."""
_LEVEL = re.compile(r"level_?(\d{1,3})(_?request_?seed)?", re.IGNORECASE)
_NUMBER = re.compile(r"0x[0-7][0-9a-f]", re.IGNORECASE)
_MODES = (
    Mode(
        mode_id="session",
        name="Diagnostic session",
        default=SESSION_NAMES[Session.DEFAULT],
        values=tuple(SESSION_NAMES.values()),
    ),
    Mode(mode_id="security", name="Security access", default=LOCKED),
    Mode(mode_id="dtcsetting", name="Recording of trouble codes", default="on", values=("on", "off")),
    Mode(mode_id="commctrl", name="Communication", default=COMMUNICATION[0], values=COMMUNICATION),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    ecu: AdaptedEcu
    client: UdsClient
    body: JsonObject
    deadline: float

    @property
    def text(self) -> str:
        """The value that is asked for."""
        return str(self.body["value"])


class AdaptedModes:
    """Implements `Modes`."""

    def __init__(self, vehicle: AdaptedVehicle) -> None:
        self._vehicle = vehicle

    async def modes(self, entity: EntityKey, asking: Asking) -> Sequence[Mode]:
        """The four; what the ECU does not have of them it refuses."""
        self._vehicle.ecu(entity)
        return _MODES

    async def mode_value(self, entity: EntityKey, mode_id: str, asking: Asking) -> str:
        """The value that the ECU confirmed last."""
        state = self._vehicle.ecu(entity).state
        return {
            "session": state.session_text,
            "security": state.security_text,
            "dtcsetting": "on" if state.records_faults else "off",
            "commctrl": COMMUNICATION[state.communication],
        }[mode_id]

    async def set_mode(self, entity: EntityKey, mode_id: str, request: JsonObject, asking: Asking) -> ModeAnswer:
        """Ask the ECU to set a mode."""
        ecu = self._vehicle.ecu(entity)
        async with ecu.client(asking.deadline) as client:
            return await _SETTERS[mode_id](_Wish(ecu=ecu, client=client, body=request, deadline=asking.deadline))

    async def reset_mode(self, entity: EntityKey, mode_id: str, asking: Asking) -> None:
        """Back to the default, or to the session that a lock holds, where the mode is not there already."""
        ecu = self._vehicle.ecu(entity)
        async with ecu.client(asking.deadline) as client:
            match mode_id:
                case "session" if ecu.state.session != ecu.held_session:
                    await ecu.enter_session(client, ecu.held_session, asking.deadline)
                case "security" if ecu.state.security_level is not None:
                    await ecu.enter_session(client, ecu.state.session, asking.deadline)
                case "dtcsetting" if not ecu.state.records_faults:
                    await uds_services.control_dtc_setting(client, DtcSetting.ON, asking.deadline)
                    ecu.state.records_faults = True
                case "commctrl" if ecu.state.communication:
                    await uds_services.control_communication(
                        client, CommunicationType.ENABLE_RX_AND_TX, _ALL_MESSAGES, asking.deadline
                    )
                    ecu.state.communication = CommunicationType.ENABLE_RX_AND_TX


async def _set_session(wish: _Wish) -> ModeAnswer:
    by_name = {name.casefold(): number for number, name in SESSION_NAMES.items()}
    session = by_name.get(wish.text.casefold())
    if session is None and _NUMBER.fullmatch(wish.text) and int(wish.text, 16):
        session = int(wish.text, 16)
    if session is None:
        message = f"There is no session {wish.text}; others than the standard's are written as numbers, such as 0x40."
        raise invalid_parameter(message, possiblevalues=list(SESSION_NAMES.values()))
    await wish.ecu.enter_session(wish.client, session, wish.deadline)
    return ModeAnswer(value=wish.ecu.state.session_text)


async def _set_security(wish: _Wish) -> ModeAnswer:
    if wish.text.casefold() == LOCKED.casefold():
        if wish.ecu.state.security_level is not None:  # entering a session locks, also the present one
            await wish.ecu.enter_session(wish.client, wish.ecu.state.session, wish.deadline)
        return ModeAnswer(value=LOCKED)
    found = _LEVEL.fullmatch(wish.text)
    level = int(found[1]) if found else 0
    if found is None or level % 2 == 0 or level > 0x7D:
        raise invalid_parameter(
            f"There is no security level {wish.text}.",
            possiblevalues=[LOCKED, "Level_1", "Level_1_RequestSeed", "and so on with odd numbers up to 125"],
        )
    key = _key(wish.body)
    if (found[2] is not None) != (key is None):
        raise invalid_parameter(f"Level_{level}_RequestSeed goes without a key, and Level_{level} with one.")
    if key is None:
        return await _ask_for_seed(wish, level)
    await wish.client.ask(requests.SecurityAccess(level=level + 1, data=key).encode(), wish.deadline)
    wish.ecu.state.security_level = level
    return ModeAnswer(value=security_text(level))


async def _ask_for_seed(wish: _Wish, level: int) -> ModeAnswer:
    request = requests.SecurityAccess(level=level)
    reading = await uds_services.ask(wish.client, request, wish.deadline, lambda raw: parse_seed(raw, level))
    if not any(reading.value):  # it is open already (ISO 14229-1, 10.4)
        wish.ecu.state.security_level = level
    spelled = " ".join(f"0x{byte:02X}" for byte in reading.value)
    value = f"{security_text(level)}_RequestSeed"
    return ModeAnswer(value=value, extras={"seed": {"Request_Seed": spelled}}, settled=False)


def _key(body: JsonObject) -> bytes | None:
    """The key, in the spellings that clients have. Raises SovdRefusal 400."""
    given: JsonValue = body.get("Key", body.get("key"))
    if isinstance(given, dict):
        given = next((given[name] for name in ("Send_Key", "SendKey", "Security") if name in given), None)
    if given is None:
        return None
    try:
        key = bytes.fromhex(str(given).replace("0x", "").replace("0X", ""))
    except ValueError:
        key = b""
    if not key:
        raise invalid_parameter("The key is written as bytes in hex: `0x1A 0x2B`.")
    return key


async def _set_dtc_setting(wish: _Wish) -> ModeAnswer:
    value = _one_of(wish, "dtcsetting", ("on", "off"))
    setting = DtcSetting.ON if value == "on" else DtcSetting.OFF
    await uds_services.control_dtc_setting(wish.client, setting, wish.deadline)
    wish.ecu.state.records_faults = value == "on"
    return ModeAnswer(value=value)


async def _set_communication(wish: _Wish) -> ModeAnswer:
    value = _one_of(wish, "commctrl", COMMUNICATION)
    kind = COMMUNICATION.index(value)
    await uds_services.control_communication(wish.client, kind, _ALL_MESSAGES, wish.deadline)
    wish.ecu.state.communication = kind
    return ModeAnswer(value=value)


def _one_of(wish: _Wish, mode_id: str, values: Sequence[str]) -> str:
    for value in values:
        if wish.text.casefold() == value.casefold():
            return value
    raise invalid_parameter(f"{mode_id} has no value {wish.text}.", possiblevalues=list(values))


_SETTERS: Mapping[str, Callable[[_Wish], Awaitable[ModeAnswer]]] = MappingProxyType(
    {
        "session": _set_session,
        "security": _set_security,
        "dtcsetting": _set_dtc_setting,
        "commctrl": _set_communication,
    }
)
