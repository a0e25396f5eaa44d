"""Where a client's access token comes from and how it is renewed."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

from app.client.client_errors import NotSignedIn, Unauthorized
from app.client.credentials import CredentialFile, StoredLogin
from app.client.file_lock import locked
from app.client.values import TokenPair

Exchange = Callable[[str], Awaitable[TokenPair]]
"""Spends a refresh token and gives the next pair; raises Unauthorized where the server refuses it."""

_LOCK_WITHIN_S = 15.0


class TokenSource(Protocol):
    """Gives the access token that goes into the Authorization header, never into an address."""

    async def current(self) -> str:
        """The token to use now. Raises NotSignedIn."""
        ...

    async def renew(self, refused: str, exchange: Exchange) -> str:
        """A token other than the `refused` one. Many callers at once cause one exchange. Raises NotSignedIn."""
        ...


@dataclass(frozen=True, slots=True)
class FixedToken:
    """A token given from outside (`SOVD_TOKEN`): it cannot be renewed."""

    token: str

    async def current(self) -> str:
        """The given token."""
        return self.token

    async def renew(self, refused: str, exchange: Exchange) -> str:
        """Always raises NotSignedIn: only who gave the token can give another."""
        raise NotSignedIn("the given token is not valid (any more), and only its giver can renew it")


@dataclass(slots=True)
class StoredTokens:
    """Tokens kept in the credentials file, shared by all processes of a user.

    A refresh token works once; spending it twice ends the whole session. So a renewal holds a lock between tasks and
    between processes, and first looks whether another one has renewed already.
    """

    file: CredentialFile
    server: str
    _login: StoredLogin | None = None
    _single_flight: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def current(self) -> str:
        """The stored access token. Raises NotSignedIn where there is none."""
        if self._login is None:
            self._login = await self._load()
        return self._login.access_token

    async def renew(self, refused: str, exchange: Exchange) -> str:
        """Spend the refresh token, once, and store the new pair before it is used. Raises NotSignedIn."""
        async with self._single_flight:
            if self._login is not None and self._login.access_token != refused:
                return self._login.access_token
            async with locked(self.file.path.with_suffix(".lock"), _LOCK_WITHIN_S):
                login = await self._load()
                if login.access_token == refused:
                    login = await self._exchange(login, exchange)
            self._login = login
            return login.access_token

    async def _load(self) -> StoredLogin:
        login = await asyncio.to_thread(self.file.load, self.server)
        if login is None:
            raise NotSignedIn(f"not signed in on {self.server}")
        return login

    async def _exchange(self, login: StoredLogin, exchange: Exchange) -> StoredLogin:
        try:
            pair = await exchange(login.refresh_token)
        except Unauthorized as error:
            raise NotSignedIn(f"the session on {self.server} has ended") from error
        renewed = replace(login, access_token=pair.access_token, refresh_token=pair.refresh_token)
        # Shielded: once spent, the old token is worthless, and losing the new one would end the session.
        await asyncio.shield(asyncio.to_thread(self.file.save, self.server, renewed))
        return renewed
