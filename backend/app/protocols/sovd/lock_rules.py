"""The locks of one vehicle (ISO 17978-3, 7.17): who holds what, until when. Time is passed in (seconds, any clock).

A lock belongs to an entity and covers some of its scopes, or all of it. A lock on the server itself covers the whole
vehicle: it stands against locks of others on any entity, and theirs stand against it. Locks of one owner never stand
against each other: a second one is independent of the first.
"""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from app.protocols.sovd.sovd_errors import ErrorCode, GenericError, SovdRefusal, precondition_not_fulfilled

VEHICLE = ""
"""The entity path of the server itself."""

_REMEMBERED_BREAKS = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """A lock. `scopes` empty: the whole entity. `expires_at` is in seconds of the clock that is passed in."""

    lock_id: str
    entity: str
    owner: str
    expires_at: float
    scopes: frozenset[str] = frozenset()

    def covers(self, scope: str | None) -> bool:
        """Whether it covers a scope; `None` stands for what no scope names, which only a whole lock covers."""
        return not self.scopes or scope in self.scopes

    def overlaps(self, scopes: frozenset[str]) -> bool:
        """Whether it and a lock of these scopes would cover the same thing."""
        return not self.scopes or not scopes or bool(self.scopes & scopes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A lock that was just given, and those of others that were broken for it."""

    lock: Lock
    broken: tuple[Lock, ...] = ()


class LockTable:
    """All locks of one vehicle. `most` bounds them; a full table refuses with 503 by the caller's own check."""

    def __init__(self, most: int = 256) -> None:
        self._most = most
        self._locks: dict[str, Lock] = {}
        self._broken: OrderedDict[tuple[str, str], str] = OrderedDict()

    @property
    def is_full(self) -> bool:
        """Whether no further lock fits."""
        return len(self._locks) >= self._most

    def expire(self, now: float) -> tuple[Lock, ...]:
        """Delete and give the locks whose time is over."""
        over = tuple(lock for lock in self._locks.values() if lock.expires_at <= now)
        for lock in over:
            del self._locks[lock.lock_id]
        return over

    def of_entity(self, entity: str) -> tuple[Lock, ...]:
        """The locks on an entity, oldest first."""
        return tuple(lock for lock in self._locks.values() if lock.entity == entity)

    def find(self, entity: str, lock_id: str) -> Lock | None:
        """One lock of an entity."""
        lock = self._locks.get(lock_id)
        return lock if lock is not None and lock.entity == entity else None

    def take(self, wanted: Lock, *, break_others: bool) -> Taken:
        """Give a lock. Raises SovdRefusal 409 if someone else holds a part of it and it is not to be broken."""
        against = tuple(lock for lock in self._locks.values() if _against(lock, wanted))
        if against and not break_others:
            raise precondition_not_fulfilled(
                "Someone else holds a lock on this; wait until it ends, or ask for it to be broken.",
                locks=[lock.lock_id for lock in against],
            )
        for lock in against:
            del self._locks[lock.lock_id]
            self._broken[lock.owner, lock.entity] = wanted.owner
        while len(self._broken) > _REMEMBERED_BREAKS:
            self._broken.popitem(last=False)
        self._broken.pop((wanted.owner, wanted.entity), None)
        self._locks[wanted.lock_id] = wanted
        return Taken(lock=wanted, broken=against)

    def extend(self, lock: Lock, owner: str, expires_at: float) -> Lock:
        """Set a new end, later or sooner. Raises SovdRefusal 409 for anyone but the holder."""
        _only_holder(lock, owner, "extended")
        self._locks[lock.lock_id] = extended = replace(lock, expires_at=expires_at)
        return extended

    def release(self, lock: Lock, owner: str) -> None:
        """End a lock. Raises SovdRefusal 409 for anyone but the holder."""
        _only_holder(lock, owner, "released")
        del self._locks[lock.lock_id]

    def check(self, entity: str, owner: str, scopes: Iterable[str], *, required: bool, now: float) -> None:
        """Whether `owner` may control what these scopes of an entity name.

        Raises SovdRefusal 409: `lock-broken` to whoever lost the lock, `precondition-not-fulfilled` to the others.
        """
        valid = [lock for lock in self._locks.values() if lock.expires_at > now]
        covering = [lock for lock in valid if lock.entity in {entity, VEHICLE} or entity == VEHICLE]
        touched = [lock for lock in covering if _touches(lock, scopes)]
        own = any(lock.owner == owner for lock in touched)
        if any(lock.owner != owner for lock in touched) and not own:
            raise self._refused(entity, owner, "Someone else holds the lock; take one when it has ended.")
        if required and not own:
            raise self._refused(entity, owner, "This needs a lock; take one on this entity first.")

    def _refused(self, entity: str, owner: str, message: str) -> SovdRefusal:
        if (owner, entity) not in self._broken and (owner, VEHICLE) not in self._broken:
            return precondition_not_fulfilled(message)
        error = GenericError(
            error_code=ErrorCode.LOCK_BROKEN, message="Your lock was broken by someone else. Take a new one to go on."
        )
        return SovdRefusal(409, error)


def _against(held: Lock, wanted: Lock) -> bool:
    if held.owner == wanted.owner:
        return False
    if held.entity == wanted.entity:
        return held.overlaps(wanted.scopes)
    return VEHICLE in {held.entity, wanted.entity}


def _touches(lock: Lock, scopes: Iterable[str]) -> bool:
    names = tuple(scopes)
    return any(lock.covers(name) for name in names) if names else lock.covers(None)


def _only_holder(lock: Lock, owner: str, what: str) -> None:
    if lock.owner != owner:
        raise precondition_not_fulfilled(f"Only its holder can have this lock {what}.")
