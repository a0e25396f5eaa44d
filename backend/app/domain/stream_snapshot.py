"""What the store knows about one command's stream at one moment."""

from dataclasses import dataclass
from datetime import datetime

from app.domain.command import Chunk, CommandError
from app.domain.command_states import CommandStatus
from app.domain.identifiers import CommandId


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSnapshot:
    """Chunks after `after` and how the command stands, all of the same moment.

    `chunks` are contiguous from `after + 1` on, but may stop before `last_sequence_number` where a page was full.
    """

    command_id: CommandId
    after: int
    chunks: tuple[Chunk, ...]
    last_sequence_number: int
    status: CommandStatus
    error: CommandError | None
    completed_at: datetime | None

    @property
    def reaches_end(self) -> bool:
        """Whether no stored chunk follows those in `chunks`."""
        reached = self.chunks[-1].sequence_number if self.chunks else self.after
        return reached >= self.last_sequence_number


@dataclass(frozen=True, slots=True)
class HighWaterMark:
    """Number of the last stored chunk (0 where there is none yet) and the status, of the same moment."""

    last_sequence_number: int
    status: CommandStatus
