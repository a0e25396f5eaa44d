"""Security access of a virtual ECU (ISO 14229-1, service 0x27): seeds, keys, attempts and the delay. No clock."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from app.protocols.uds.negative_responses import Nrc
from app.simulator.description import SecurityDescription
from app.simulator.ecu_refusal import EcuRefused


@dataclass(slots=True)
class _Attempts:
    wrong: int = 0
    blocked_until: float = 0.0


class SecurityAccess:
    """One level at most is unlocked. The key is the seed XOR the level's mask: a demonstration, not a protection."""

    def __init__(self, levels: Iterable[SecurityDescription], seed_source: str) -> None:
        self._levels = {item.level: item for item in levels}
        self._attempts = {level: _Attempts() for level in self._levels}
        self._seed_source = seed_source
        self._seeds_given = 0
        self._pending: tuple[int, bytes] | None = None
        self.unlocked_level: int | None = None

    @property
    def levels(self) -> tuple[int, ...]:
        """The levels there are."""
        return tuple(self._levels)

    def request_seed(self, level: int, now: float) -> bytes:
        """A seed; all zero where the level is unlocked already. Raises EcuRefused: no such level, or the delay runs."""
        known = self._known(level)
        if self.unlocked_level == level:
            return bytes(len(known.mask))
        if now < self._attempts[level].blocked_until:
            raise EcuRefused(Nrc.REQUIRED_TIME_DELAY_NOT_EXPIRED, "too many wrong keys: wait")
        self._seeds_given += 1
        seed = self._seed(known)
        self._pending = (level, seed)
        return seed

    def send_key(self, level: int, key: bytes, now: float) -> None:
        """Unlock. Raises EcuRefused: no seed was asked for, wrong length, wrong key, too many wrong keys."""
        known = self._known(level)
        if self._pending is None or self._pending[0] != level:
            raise EcuRefused(Nrc.REQUEST_SEQUENCE_ERROR, "ask for a seed first")
        if len(key) != len(known.mask):
            raise EcuRefused(Nrc.INCORRECT_MESSAGE_LENGTH_OR_INVALID_FORMAT, f"the key has {len(known.mask)} bytes")
        seed = self._pending[1]
        self._pending = None
        attempts = self._attempts[level]
        if key != key_for(seed, known.mask):
            attempts.wrong += 1
            self._refuse_key(known, attempts, now)
        attempts.wrong = 0
        self.unlocked_level = level

    def lock(self) -> None:
        """Lock again: the session has changed, or the ECU starts anew. Counted wrong keys stay counted."""
        self.unlocked_level = None
        self._pending = None

    def _refuse_key(self, known: SecurityDescription, attempts: _Attempts, now: float) -> None:
        if attempts.wrong >= known.attempts:
            attempts.wrong = 0
            attempts.blocked_until = now + known.delay_s
            raise EcuRefused(Nrc.EXCEED_NUMBER_OF_ATTEMPTS, f"{known.attempts} wrong keys")
        raise EcuRefused(Nrc.INVALID_KEY, "the key is wrong")

    def _seed(self, known: SecurityDescription) -> bytes:
        text = f"{self._seed_source}/{known.level}/{self._seeds_given}".encode()
        seed = hashlib.shake_128(text).digest(len(known.mask))
        return seed if any(seed) else b"\x01" * len(known.mask)  # all zero would mean: unlocked already

    def _known(self, level: int) -> SecurityDescription:
        known = self._levels.get(level)
        if known is None:
            raise EcuRefused(Nrc.SUB_FUNCTION_NOT_SUPPORTED, f"there is no security level {level}")
        return known


def key_for(seed: bytes, mask: bytes) -> bytes:
    """The key of the demonstration algorithm: seed XOR mask, byte by byte."""
    return bytes(left ^ right for left, right in zip(seed, mask, strict=True))
