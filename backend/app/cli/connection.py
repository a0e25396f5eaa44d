"""Which server is meant, who is signed in there, and a client for it."""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from app.client import CredentialFile, FixedToken, SovdClient, StoredTokens, TokenSource
from app.client.credentials import default_path
from app.client.sovd_client import server_address

DEFAULT_SERVER = "http://127.0.0.1:8000"


def credential_file(environment: Mapping[str, str] = os.environ) -> CredentialFile:
    """The credentials file of this user."""
    return CredentialFile(default_path(environment))


def choose_server(named: str | None, file: CredentialFile) -> str:
    """The named server (--server or SOVD_SERVER), else the one signed in to last, else this machine's."""
    return server_address(named or file.last_server() or DEFAULT_SERVER)


def token_source(server: str, file: CredentialFile, environment: Mapping[str, str] = os.environ) -> TokenSource:
    """SOVD_TOKEN if set, else the credentials file."""
    given = environment.get("SOVD_TOKEN")
    return FixedToken(given) if given else StoredTokens(file, server)


@asynccontextmanager
async def signed_in(named: str | None) -> AsyncIterator[SovdClient]:
    """A client for the chosen server, signed in. A missing sign-in shows with the first call (NotSignedIn)."""
    file = credential_file()
    server = choose_server(named, file)
    # A person waits for this: long enough for a server that restarts, short enough where none is there.
    async with SovdClient.open(server, token_source(server, file), retry_for_s=3.0) as client:
        yield client
