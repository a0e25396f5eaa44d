"""The hash chain over the audit trail: digests, and verification as a fold that names the first bad row. Pure.

entry digest = SHA-256(canonical JSON of the entry)
chain digest = SHA-256(previous chain digest || entry digest)

The canonical JSON has the members of `SealableEntry`, sorted. `details` enters as the very text that is stored, so a
digest depends neither on how numbers or escapes are read nor on what a JSON library can represent.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256

from app.domain.json_values import JsonObject, encode_json_canonical

GENESIS = bytes(32)
"""Chain digest before the first seal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealableEntry:
    """A stored audit entry with its details as text: exactly what a digest covers."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
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
    return {
        "entry_id": entry.entry_id,
        "occurred_at": entry.occurred_at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor_type": entry.actor_type,
        "actor_id": entry.actor_id,
        "actor_name": entry.actor_name,
        "action": entry.action,
        "outcome": entry.outcome,
        "object_type": entry.object_type,
        "object_id": entry.object_id,
        "details": entry.details,
        "correlation_id": entry.correlation_id,
        "ip_address": entry.ip_address,
    }


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


def follow(head: ChainHead, seal: Seal, entry: SealableEntry | None) -> ChainHead | ChainFault:
    """One step of verification: the new head, or what is wrong with this row.

    `entry` is the stored entry the seal names, None where there is none any more.
    """
    expected = head.position + 1
    if seal.position > expected:
        return _fault(FaultKind.MISSING_SEAL, expected, None, f"seal {expected} is missing")
    if seal.position < expected:
        message = f"seal {seal.position} stands where {expected} belongs"
        return _fault(FaultKind.SEAL_OUT_OF_ORDER, seal.position, seal.entry_id, message)
    if entry is None:
        return _fault(FaultKind.MISSING_ENTRY, expected, seal.entry_id, f"entry {seal.entry_id} was sealed and is gone")
    if entry.entry_id != seal.entry_id or entry_digest(entry) != seal.entry_digest:
        return _fault(FaultKind.CHANGED_ENTRY, expected, seal.entry_id, f"entry {seal.entry_id} is not what was sealed")
    if _chain_digest(head.chain_digest, seal.entry_digest) != seal.chain_digest:
        return _fault(
            FaultKind.BROKEN_CHAIN, expected, seal.entry_id, f"seal {expected} does not follow from the one before"
        )
    return head_after(seal)


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
