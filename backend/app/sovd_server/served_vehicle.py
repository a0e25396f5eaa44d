"""A vehicle as the server serves it: its backend, and what the server itself keeps for it."""

import secrets
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

from app.domain.json_values import JsonObject
from app.protocols.sovd.lock_rules import LockTable
from app.sovd_server.backend import SovdBackend
from app.sovd_server.due_actions import DueAction, DueActions
from app.sovd_server.entity_tree import EntityKey
from app.sovd_server.execution_book import ExecutionBook
from app.sovd_server.server_settings import SovdServerSettings
from app.sovd_server.subscription_book import SubscriptionBook


class ServedVehicle:
    """Made once per vehicle and kept while it is served; cheap until something is asked for."""

    def __init__(self, backend: SovdBackend, settings: SovdServerSettings, due: DueActions) -> None:
        self.backend = backend
        self.settings = settings
        self.due = due
        self.locks = LockTable(settings.most_locks)
        self.lock_ends: dict[str, DueAction] = {}
        self.mode_ends: dict[tuple[EntityKey, str], DueAction] = {}
        self.data_lists: OrderedDict[str, tuple[EntityKey, tuple[str, ...]]] = OrderedDict()
        self.executions = ExecutionBook(settings.most_executions)
        self.subscriptions = SubscriptionBook(settings.most_subscriptions)
        self.clearing: dict[EntityKey, JsonObject] = {}
        self._streams = 0

    @property
    def streams_are_full(self) -> bool:
        """Whether all places for event streams are taken."""
        return self._streams >= self.settings.most_streams

    @contextmanager
    def open_stream(self) -> Iterator[None]:
        """Takes one of the places for event streams while the block lasts."""
        self._streams += 1
        try:
            yield
        finally:
            self._streams -= 1


def new_id() -> str:
    """An id for what clients make: not to be guessed."""
    return secrets.token_hex(8)
