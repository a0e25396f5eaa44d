"""What is needed to talk to one DoIP gateway. Equal settings share one connection."""

from dataclasses import dataclass, field

from app.links.breaker import BreakerSettings
from app.protocols.doip.codes import DEFAULT_VERSION, TCP_PORT
from app.protocols.doip.stream import DEFAULT_MAX_PAYLOAD


@dataclass(frozen=True, slots=True, kw_only=True)
class DoipTiming:
    """Limits of a link, in seconds; ISO 13400-2 Table 40 has the entity's side of them."""

    connect_s: float = 5.0
    """TCP and TLS."""
    activation_s: float = 2.0
    """The answer to a routing activation request (A_DoIP_Ctrl)."""
    confirmation_s: float = 60.0
    """From "confirmation required" until someone confirmed in the vehicle."""
    acknowledge_s: float = 3.0
    """The gateway's acknowledgement of a message: A_DoIP_Diagnostic_Message and a second for the way."""
    quiet_s: float = 1.0
    """A request waits and nothing came for so long: ask the gateway whether it is alive."""
    alive_answer_s: float = 1.5
    """Its answer to that. After it, a link on which an acknowledgement or such answers are due counts as dead."""
    check_after_idle_s: float = 5.0
    """A connection unused for so long is checked before it is used: what is sent into a dead one may have acted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DoipSettings:
    """One gateway and how to enter it. Certificates are PEM texts, see `client_tls_context`."""

    host: str
    port: int = TCP_PORT
    """13400, over TLS usually 3496."""
    tester_address: int = 0x0E00
    activation_type: int = 0x00
    manufacturer_data: bytes | None = None
    """Four bytes for routing activation, where the manufacturer wants them."""
    functional_address: int = 0xE400
    """Beside 0xE400 to 0xEFFF: a channel to it collects the answers of all ECUs."""
    version: int = DEFAULT_VERSION
    """Of the protocol, tried first; a gateway that refuses it is asked in the others."""
    tls: bool = False
    trusted_certificates: str | None = field(default=None, repr=False)
    client_certificate: str | None = field(default=None, repr=False)
    tls_server_name: str | None = None
    max_payload: int = DEFAULT_MAX_PAYLOAD
    """Bytes; larger messages of the gateway are skipped."""
    max_waiting_messages: int = 64
    """Per channel: messages that came and that nobody has fetched. When full, the oldest is dropped and counted."""
    timing: DoipTiming = field(default_factory=DoipTiming)
    breaker: BreakerSettings = field(default_factory=BreakerSettings)

    @property
    def gateway(self) -> str:
        """How messages for people name it."""
        return f"{self.host}:{self.port}"

    def is_functional(self, address: int) -> bool:
        """Whether many ECUs may answer to this address (ISO 13400-2, Table 13)."""
        return address == self.functional_address or 0xE400 <= address <= 0xEFFF
