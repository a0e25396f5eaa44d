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
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when its streams have to look again: changed, or deleted."""
    is_deleted: bool = False


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
        subscription.is_deleted = True
        subscription.changed.set()

    def clear(self) -> None:
        """Forget all; their streams end."""
        for subscription in tuple(self._kept.values()):
            self.delete(subscription)

    def _drop_expired(self, now: float) -> None:
        for subscription in tuple(self._kept.values()):
            if subscription.expires_at <= now:
                self.delete(subscription)
