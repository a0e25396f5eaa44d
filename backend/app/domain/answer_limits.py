"""How much of one command's answer is kept: a subscription must not fill the disk, nor the memory of who reads it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.domain.errors import AnswerTooLong, FieldError, InvalidRequest

_MEBIBYTE = 1024 * 1024
_PARTS_BESIDE = 1
"""Parts of a subscription that are no samples: the final one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerLimits:
    """The most of one answer: parts (chunks), and bytes of their payloads as JSON."""

    chunks: int = 50_000
    size: int = 64 * _MEBIBYTE

    def check(self, *, chunks: int, size: int) -> None:
        """Whether an answer may grow to this. Raises AnswerTooLong that says how to ask for less."""
        if chunks > self.chunks:
            raise AnswerTooLong(
                f"The answer has more than {self.chunks} parts, the most that is kept of one command; it was stopped "
                "there. Ask for less: a shorter duration, a longer interval, or fewer identifiers.",
                details={"chunk_limit": self.chunks},
            )
        if size > self.size:
            raise AnswerTooLong(
                f"The answer is larger than {self.size / _MEBIBYTE:.3g} MiB, the most that is kept of one command; it "
                "was stopped there. Ask for less.",
                details={"byte_limit": self.size},
            )

    def check_wanted(self, params: Mapping[str, Any]) -> None:
        """Whether samples at the wanted interval for the wanted duration fit. Raises InvalidRequest naming what would.

        For parameters that have been checked; those of commands without interval and duration always pass.
        """
        interval_ms, duration_s = params.get("intervalMs"), params.get("durationS")
        if interval_ms is None or duration_s is None:
            return
        samples = int(duration_s * 1000 / interval_ms) + 1
        room = self.chunks - _PARTS_BESIDE
        if samples <= room:
            return
        shortest_ms = int(duration_s * 1000 / room) + 1
        message = (
            f"gives {samples} samples in {duration_s:g} s, and at most {room} are kept of one command: take "
            f"{shortest_ms} ms or more, or a shorter duration"
        )
        pointer = "/command_params/intervalMs"
        raise InvalidRequest(f"The interval {message}.", [FieldError(pointer, message)], code="invalid_params")
