"""What the adapter knows of the state that an ECU keeps for its tester, and how SOVD modes spell it."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from app.protocols.uds.services import Session

SESSION_NAMES: Mapping[int, str] = MappingProxyType(
    {
        Session.DEFAULT: "DEFAULT",
        Session.PROGRAMMING: "PROGRAMMING",
        Session.EXTENDED: "EXTENDED",
        Session.SAFETY_SYSTEM: "SAFETY_SYSTEM",
    }
)
"""Values of the mode `session` for the sessions that ISO 14229-1 fixes; others are written as numbers (`0x40`)."""
COMMUNICATION = ("enableRxAndEnableTx", "enableRxAndDisableTx", "disableRxAndEnableTx", "disableRxAndDisableTx")
"""Values of commctrl, by control type (ISO 14229-1, table 53)."""
LOCKED = "Locked"


@dataclass(slots=True)
class EcuSession:
    """As the ECU confirmed it. What only a session keeps up ends with it (ISO 14229-1, clause 10.2)."""

    session: int = Session.DEFAULT
    security_level: int | None = None
    records_faults: bool = True
    communication: int = 0x00

    def enter(self, session: int) -> None:
        """The ECU is in this session now; security access ends with every change."""
        self.session = session
        self.security_level = None
        if session == Session.DEFAULT:
            self.records_faults = True
            self.communication = 0x00

    @property
    def is_default(self) -> bool:
        """Whether nothing has to be kept alive."""
        return self.session == Session.DEFAULT

    @property
    def session_text(self) -> str:
        """The value of the mode `session`."""
        return session_text(self.session)

    @property
    def security_text(self) -> str:
        """The value of the mode `security`."""
        return LOCKED if self.security_level is None else security_text(self.security_level)


def session_text(session: int) -> str:
    """How a session is called."""
    return SESSION_NAMES.get(session, f"0x{session:02X}")


def security_text(level: int) -> str:
    """How an unlocked security level is called; `level` is the odd number its seed is asked for with."""
    return f"Level_{level}"
