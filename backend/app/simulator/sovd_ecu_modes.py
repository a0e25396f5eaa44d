"""Modes of virtual ECUs (ISO 17978-3, Table 343): session, security, dtcsetting and commctrl.

Security goes as the Classic Diagnostic Adapter does it: `Level_1_RequestSeed` gives a seed, then `Level_1` with
`{"Key": {"Send_Key": "0x.. 0x.."}}` unlocks.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.domain.json_values import JsonObject, JsonValue
from app.protocols.sovd.sovd_errors import invalid_parameter, resource_unknown
from app.protocols.uds.negative_responses import Nrc
from app.protocols.uds.services import Service
from app.simulator.ecu_refusal import EcuRefused
from app.simulator.sovd_access import EcuAccess, refusals_of, security_name, session_name
from app.simulator.virtual_ecu import DEFAULT_SESSION, VirtualEcu
from app.sovd_server.backend_values import Asking, Mode, ModeAnswer
from app.sovd_server.entity_tree import EntityKey

_LOCKED = "Locked"
_SEED = "_RequestSeed"
COMMUNICATION = ("enableRxAndEnableTx", "enableRxAndDisableTx", "disableRxAndEnableTx", "disableRxAndDisableTx")
"""Values of commctrl, by control type (ISO 14229-1, 10.5.2)."""

_SERVICES = {
    "session": Service.DIAGNOSTIC_SESSION_CONTROL,
    "security": Service.SECURITY_ACCESS,
    "dtcsetting": Service.CONTROL_DTC_SETTING,
    "commctrl": Service.COMMUNICATION_CONTROL,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    ecu: VirtualEcu
    mode: Mode
    body: JsonObject
    now: float

    @property
    def value(self) -> str:
        """The value that is asked for, as the mode spells it. Raises SovdRefusal 400."""
        wanted = self.body["value"]
        for value in self.mode.values:
            if isinstance(wanted, str) and value.casefold() == wanted.casefold():
                return value
        raise invalid_parameter(f"{self.mode.mode_id} has no value {wanted}.", possiblevalues=list(self.mode.values))


class EcuModes:
    """Implements `Modes`."""

    def __init__(self, access: EcuAccess) -> None:
        self._access = access
        self._setters: dict[str, Callable[[_Wish], ModeAnswer]] = {
            "session": _set_session,
            "security": _set_security,
            "dtcsetting": _set_dtc_setting,
            "commctrl": _set_communication,
        }

    async def modes(self, entity: EntityKey, asking: Asking) -> Sequence[Mode]:
        """Those the ECU has."""
        return _modes(self._access.ecu(entity))

    async def mode_value(self, entity: EntityKey, mode_id: str, asking: Asking) -> str:
        """The value now."""
        ecu = self._access.ecu(entity)
        ecu.settle(self._access.now())
        level = ecu.security.unlocked_level
        return {
            "session": session_name(ecu.session),
            "security": _LOCKED if level is None else security_name(level),
            "dtcsetting": "on" if ecu.records_faults else "off",
            "commctrl": COMMUNICATION[ecu.communication],
        }[mode_id]

    async def set_mode(self, entity: EntityKey, mode_id: str, request: JsonObject, asking: Asking) -> ModeAnswer:
        """Ask the ECU to set a mode."""
        ecu = await self._access.awake(entity)
        mode = next((mode for mode in _modes(ecu) if mode.mode_id == mode_id), None)
        if mode is None:
            raise resource_unknown(f"mode {mode_id}")
        with refusals_of(ecu, _SERVICES[mode_id]):
            return self._setters[mode_id](_Wish(ecu=ecu, mode=mode, body=request, now=self._access.now()))

    async def reset_mode(self, entity: EntityKey, mode_id: str, asking: Asking) -> None:
        """Back to the default."""
        ecu, now = self._access.ecu(entity), self._access.now()
        match mode_id:
            case "session":
                ecu.change_session(DEFAULT_SESSION, now)
            case "security":
                ecu.security.lock()
            case "dtcsetting":
                ecu.settle(now)
                ecu.records_faults = True
            case _:
                ecu.communication = 0x00


def _modes(ecu: VirtualEcu) -> tuple[Mode, ...]:
    sessions = tuple(session_name(session) for session in ecu.description.sessions)
    modes = [
        Mode(mode_id="session", name="Diagnostic session", default=session_name(DEFAULT_SESSION), values=sessions),
        Mode(mode_id="dtcsetting", name="Recording of trouble codes", default="on", values=("on", "off")),
        Mode(mode_id="commctrl", name="Communication", default=COMMUNICATION[0], values=COMMUNICATION),
    ]
    if ecu.security.levels:
        levels = [security_name(level) for level in ecu.security.levels]
        values = (_LOCKED, *levels, *(f"{level}{_SEED}" for level in levels))
        modes.append(Mode(mode_id="security", name="Security access", default=_LOCKED, values=values))
    return tuple(modes)


def _set_session(wish: _Wish) -> ModeAnswer:
    value = wish.value
    session = next(number for number in wish.ecu.description.sessions if session_name(number) == value)
    wish.ecu.change_session(session, wish.now, held=True)
    return ModeAnswer(value=value)


def _set_dtc_setting(wish: _Wish) -> ModeAnswer:
    value = wish.value
    _check_session(wish)
    wish.ecu.records_faults = value == "on"
    return ModeAnswer(value=value)


def _set_communication(wish: _Wish) -> ModeAnswer:
    value = wish.value
    _check_session(wish)
    wish.ecu.communication = COMMUNICATION.index(value)
    return ModeAnswer(value=value)


def _set_security(wish: _Wish) -> ModeAnswer:
    value = wish.value
    if value == _LOCKED:
        wish.ecu.security.lock()
        return ModeAnswer(value=value)
    _check_session(wish)
    name = value.removesuffix(_SEED)
    level = next(number for number in wish.ecu.security.levels if security_name(number) == name)
    key = _key(wish.body)
    if value.endswith(_SEED) != (key is None):
        raise invalid_parameter(f"{name}{_SEED} goes without a key, and {name} with one.")
    if key is None:
        seed = wish.ecu.request_seed(level, wish.now)
        return ModeAnswer(value=value, extras={"seed": {"Request_Seed": _spelled(seed)}}, settled=False)
    wish.ecu.send_key(level, key, wish.now)
    return ModeAnswer(value=value)


def _key(body: JsonObject) -> bytes | None:
    """The key, in the spellings that clients have. Raises SovdRefusal 400."""
    given: JsonValue = body.get("Key", body.get("key"))
    if isinstance(given, dict):
        given = next((given[name] for name in ("Send_Key", "SendKey", "Security") if name in given), None)
    if given is None:
        return None
    try:
        return bytes.fromhex(str(given).replace("0x", "").replace("0X", ""))
    except ValueError as error:
        raise invalid_parameter("The key is written as bytes in hex: `0x1A 0x2B`.") from error


def _spelled(raw: bytes) -> str:
    return " ".join(f"0x{byte:02X}" for byte in raw)


def _check_session(wish: _Wish) -> None:
    """ISO 14229-1, Table 23: the default session does not have these services."""
    wish.ecu.settle(wish.now)
    if wish.ecu.session == DEFAULT_SESSION:
        raise EcuRefused(Nrc.SERVICE_NOT_SUPPORTED_IN_ACTIVE_SESSION, "not in the default session")
