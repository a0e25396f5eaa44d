"""Who wants to know when an account's rights or sessions change."""

from collections.abc import Callable, Iterator, Mapping

import structlog

from app.domain.identifiers import UserId

_log = structlog.stdlib.get_logger(__name__)


class RevocationWatch:
    """Callbacks by user, and what the database last said about these users. Bounded by the sockets that are open."""

    def __init__(self) -> None:
        self._callbacks: dict[UserId, dict[int, Callable[[], None]]] = {}
        self._last_seen: dict[UserId, str] = {}
        self._numbers = 0

    @property
    def user_ids(self) -> tuple[UserId, ...]:
        """Users somebody asks about."""
        return tuple(self._callbacks)

    def add(self, user_id: UserId, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` at each `tell(user_id)` until the returned function is called (as often as one likes)."""
        self._numbers += 1
        number = self._numbers
        self._callbacks.setdefault(user_id, {})[number] = callback

        def remove() -> None:
            mine = self._callbacks.get(user_id, {})
            mine.pop(number, None)
            if not mine:
                self._callbacks.pop(user_id, None)
                self._last_seen.pop(user_id, None)

        return remove

    def tell(self, user_id: UserId) -> None:
        """Call all callbacks of a user; one that raises is logged and hinders no other."""
        for callback in list(self._callbacks.get(user_id, {}).values()):
            try:
                callback()
            except Exception:  # noqa: BLE001  # code of others: an open socket must end whatever another one does
                _log.exception("accounts.revocation_callback_failed", user_id=str(user_id))

    def changed(self, standings: Mapping[UserId, str]) -> Iterator[UserId]:
        """Users whose standing differs from the one seen last; one seen for the first time counts as changed."""
        for user_id, standing in standings.items():
            if user_id in self._callbacks and self._last_seen.get(user_id) != standing:
                self._last_seen[user_id] = standing
                yield user_id
