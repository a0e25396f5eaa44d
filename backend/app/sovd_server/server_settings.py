"""Settings of the SOVD server, with what is injected into it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from app.domain.json_values import JsonValue
from app.sovd_server.identity import Identify, anyone

Clock = Callable[[], datetime]
"""Gives the time as aware UTC. It is only shown; what happens when is decided by the clock of the event loop."""

INTERVALS_S = MappingProxyType({"fast": 0.05, "normal": 0.2, "slow": 0.5})


@dataclass(frozen=True, slots=True, kw_only=True)
class SovdServerSettings:
    """One set for all vehicles of an app. Limits are per vehicle."""

    now: Clock
    identify: Identify = anyone
    version_info_is_open: bool = True
    """Whether version-info is answered without `identify`."""
    base_path: str = "/sovd/v1"
    version: str = "1.1"
    public_url: str | None = None
    """Scheme and host that links shall show, where requests come over a proxy that does not keep `Host`."""
    absolute_links: bool = False
    """Whether `href` names scheme and host; Location headers always do."""
    vendor_info: Mapping[str, JsonValue] = field(default_factory=lambda: MappingProxyType({}))
    answer_within_s: float = 60.0
    """How long a backend has for an answer; then 504."""
    largest_json: int = 1024 * 1024
    """Bytes."""
    largest_upload: int = 64 * 1024 * 1024
    """Bytes."""
    most_locks: int = 64
    longest_lock_s: int = 3600
    locks_can_be_broken: bool = True
    most_data_lists: int = 64
    most_executions: int = 64
    """Executions that are remembered, running ones included; the oldest finished ones go first."""
    longest_execution_s: int = 24 * 3600
    most_subscriptions: int = 32
    most_streams: int = 32
    """Event streams that are open at the same time."""
    longest_subscription_s: int = 24 * 3600
    intervals_s: Mapping[str, float] = field(default_factory=lambda: INTERVALS_S)
    """Cyclic subscriptions: seconds between two values, by name."""
