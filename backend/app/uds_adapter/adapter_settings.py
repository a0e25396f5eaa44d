"""What the adapter needs to know of the vehicle before it talks to it."""

from dataclasses import dataclass, field

from app.links.doip_settings import DoipSettings
from app.protocols.uds.timing import UdsTiming


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterSettings:
    """One vehicle behind one gateway."""

    gateway: DoipSettings
    ecus: tuple[int, ...] = ()
    """Logical addresses of the ECUs; empty: those that the data describes and those that answer the functional one."""
    timing: UdsTiming = field(default_factory=UdsTiming)
    find_within_s: float = 10.0
    """How long looking for the ECUs may take when the adapter starts."""
    lock_is_needed: bool = True
    """Whether what changes an ECU needs a lock, as the Classic Diagnostic Adapter has it."""
