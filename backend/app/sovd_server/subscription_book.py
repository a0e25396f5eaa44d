"""Cyclic subscriptions of one vehicle. Bounded: a full book takes no further one."""

import asyncio
from dataclasses import dataclass, field

from app.sovd_server.entity_tree import EntityKey


@dataclass(slots=True, kw_only=True)
class Subscription:
    """A subscription. `resource` holds the path segments below the entity; `expires_at` is in loop seconds."""

    subscription_id: str
    entity: EntityKey
    resource: tuple[str, ...]
    interval: str
    expires_at: float
    is_deleted: bool = False
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def change(self, *, interval: str | None = None, expires_at: float | None = None, deleted: bool = False) -> None:
        """Change what is given, and let its streams look again."""
        self.interval = interval if interval is not None else self.interval
        self.expires_at = expires_at if expires_at is not None else self.expires_at
        self.is_deleted = self.is_deleted or deleted
        self._changed.set()
        self._changed = asyncio.Event()

    async def pause(self, until: float) -> None:
        """Wait until a loop time, or until something was changed."""
        try:
            async with asyncio.timeout_at(until):
                await self._changed.wait()
        except TimeoutError:
            return


class SubscriptionBook:
    """All subscriptions of one vehicle; expired ones vanish when it is next looked at."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: dict[str, Subscription] = {}

    def add(self, subscription: Subscription, now: float) -> bool:
        """Keep a subscription; False: there are too many."""
        self._drop_expired(now)
        if len(self._kept) >= self._most:
            return False
        self._kept[subscription.subscription_id] = subscription
        return True

    def of(self, entity: EntityKey, now: float) -> tuple[Subscription, ...]:
        """The subscriptions of an entity."""
        self._drop_expired(now)
        return tuple(kept for kept in self._kept.values() if kept.entity == entity)

    def find(self, entity: EntityKey, subscription_id: str, now: float) -> Subscription | None:
        """One subscription of an entity."""
        self._drop_expired(now)
        kept = self._kept.get(subscription_id)
        return kept if kept is not None and kept.entity == entity else None

    def delete(self, subscription: Subscription) -> None:
        """Forget it; its streams end."""
        self._kept.pop(subscription.subscription_id, None)
        subscription.change(deleted=True)

    def clear(self, entity: EntityKey | None = None) -> None:
        """Forget all, or all of an entity; their streams end."""
        for subscription in tuple(self._kept.values()):
            if entity is None or subscription.entity == entity:
                self.delete(subscription)

    def _drop_expired(self, now: float) -> None:
        for subscription in tuple(self._kept.values()):
            if subscription.expires_at <= now:
                self.delete(subscription)
