"""The hash chain over the audit trail: digests, and verification as a fold that names the first bad row. Pure.

entry digest = SHA-256(canonical JSON of the entry)
chain digest = SHA-256(previous chain digest || entry digest)

The canonical JSON has the members of `SealableEntry`, sorted. `details` enters as the very text that is stored, so a
digest depends neither on how numbers or escapes are read nor on what a JSON library can represent.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import NamedTuple

from app.domain.json_values import JsonObject, encode_json_canonical

GENESIS = bytes(32)
"""Chain digest before the first seal."""


class SealableEntry(NamedTuple):
    """A stored audit entry with its details as text: exactly what a digest covers.

    A tuple, not a dataclass, as `Seal`: verification makes one of each row, and this takes a tenth of the time.
    """

    entry_id: int
    occurred_at: datetime
    actor_type: str
    actor_id: str | None
    actor_name: str | None
    action: str
    outcome: str
    object_type: str | None
    object_id: str | None
    details: str
    correlation_id: str | None
    ip_address: str | None


class Seal(NamedTuple):
    """One link of the chain. Positions are 1, 2, 3, … without a gap."""

    position: int
    entry_id: int
    entry_digest: bytes
    chain_digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainHead:
    """Where the chain stands: the position and chain digest of its last link; the start is position 0 and GENESIS."""

    position: int = 0
    chain_digest: bytes = GENESIS


class FaultKind(StrEnum):
    """What is wrong with a row of the trail."""

    CHANGED_ENTRY = "changed_entry"
    MISSING_ENTRY = "missing_entry"
    MISSING_SEAL = "missing_seal"
    SEAL_OUT_OF_ORDER = "seal_out_of_order"
    BROKEN_CHAIN = "broken_chain"
    TRUNCATED = "truncated"
    ANCHOR_MISMATCH = "anchor_mismatch"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainFault:
    """The first bad row: its place in the chain, the entry it is about (None: not known), and words for people."""

    kind: FaultKind
    position: int
    entry_id: int | None
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """Result of a walk along the chain: links found good, where it ends, what is not sealed yet, the first bad row."""

    checked: int
    head: ChainHead
    unsealed: int
    fault: ChainFault | None = None

    @property
    def is_intact(self) -> bool:
        """Whether nothing bad was found."""
        return self.fault is None


def canonical_members(entry: SealableEntry) -> JsonObject:
    """What a digest covers, as a JSON object. Different entries have different canonical texts."""
    members = entry._asdict()
    members["occurred_at"] = entry.occurred_at.astimezone(UTC).isoformat(timespec="microseconds")
    return members


def entry_digest(entry: SealableEntry) -> bytes:
    """Digest of all that an entry says."""
    return sha256(encode_json_canonical(canonical_members(entry))).digest()


def link(head: ChainHead, entry: SealableEntry) -> Seal:
    """The seal of `entry` when it follows `head`."""
    digest = entry_digest(entry)
    return Seal(
        position=head.position + 1,
        entry_id=entry.entry_id,
        entry_digest=digest,
        chain_digest=_chain_digest(head.chain_digest, digest),
    )


def head_after(seal: Seal) -> ChainHead:
    """The head once `seal` is the last link."""
    return ChainHead(position=seal.position, chain_digest=seal.chain_digest)


def follow(head: ChainHead, rows: Iterable[tuple[Seal, SealableEntry | None]]) -> tuple[ChainHead, ChainFault | None]:
    """Verify rows in the order of their seals' positions: the last good head, and what is wrong with the next row.

    Each seal comes with the stored entry it names, None where there is none any more.
    """
    position, digest = head.position, head.chain_digest
    for seal, entry in rows:
        chain_digest = _chain_digest(digest, seal.entry_digest)
        if (
            seal.position != position + 1
            or entry is None
            or entry.entry_id != seal.entry_id
            or entry_digest(entry) != seal.entry_digest
            or chain_digest != seal.chain_digest
        ):
            return ChainHead(position=position, chain_digest=digest), _name_fault(position + 1, seal, entry)
        position, digest = seal.position, chain_digest
    return ChainHead(position=position, chain_digest=digest), None


def _name_fault(expected: int, seal: Seal, entry: SealableEntry | None) -> ChainFault:
    """Words for a row that failed a check of `follow`; asks in the same order, so the last one is what is left."""
    if seal.position > expected:
        return _fault(FaultKind.MISSING_SEAL, expected, None, f"seal {expected} is missing")
    if seal.position < expected:
        message = f"seal {seal.position} stands where {expected} belongs"
        return _fault(FaultKind.SEAL_OUT_OF_ORDER, seal.position, seal.entry_id, message)
    if entry is None:
        return _fault(FaultKind.MISSING_ENTRY, expected, seal.entry_id, f"entry {seal.entry_id} was sealed and is gone")
    if entry.entry_id != seal.entry_id or entry_digest(entry) != seal.entry_digest:
        return _fault(FaultKind.CHANGED_ENTRY, expected, seal.entry_id, f"entry {seal.entry_id} is not what was sealed")
    return _fault(
        FaultKind.BROKEN_CHAIN, expected, seal.entry_id, f"seal {expected} does not follow from the one before"
    )


def compare_with_anchor(anchor: ChainHead, head: ChainHead) -> ChainFault | None:
    """Compare a head noted outside with the chain's head at that position, or with its end where it is shorter."""
    if head.position < anchor.position:
        message = f"the chain ends at {head.position}, it once reached {anchor.position}: its end was cut off"
        return _fault(FaultKind.TRUNCATED, head.position + 1, None, message)
    if head.position == anchor.position and head.chain_digest != anchor.chain_digest:
        message = f"the chain digest at {anchor.position} is not the expected one: the chain was made anew"
        return _fault(FaultKind.ANCHOR_MISMATCH, anchor.position, None, message)
    return None


def _chain_digest(previous: bytes, digest: bytes) -> bytes:
    return sha256(previous + digest).digest()


def _fault(kind: FaultKind, position: int, entry_id: int | None, message: str) -> ChainFault:
    return ChainFault(kind=kind, position=position, entry_id=entry_id, message=message)
