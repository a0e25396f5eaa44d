"""Typed async client of the public contracts (REST v1 and the live stream): used by the CLI, usable in scripts.

async with SovdClient.open(server, tokens) as client:
    command = await client.commands.submit(vehicle_id=..., command_name="ReadDTC")
    async for event in client.follow(command.command_id):
        ...
"""

from app.client.client_errors import (
    AccessDenied,
    ApiError,
    BadRequest,
    ClientError,
    NotSignedIn,
    RateLimited,
    ServerFailed,
    ServerUnreachable,
    StateConflict,
    Unauthorized,
    UnexpectedAnswer,
    UnknownObject,
)
from app.client.credentials import CredentialFile, StoredLogin
from app.client.events import ErrorEvent, Event, ProgressEvent, ResponseEvent, StatusEvent
from app.client.sovd_client import SovdClient
from app.client.tokens import FixedToken, StoredTokens, TokenSource

__all__ = [
    "AccessDenied",
    "ApiError",
    "BadRequest",
    "ClientError",
    "CredentialFile",
    "ErrorEvent",
    "Event",
    "FixedToken",
    "NotSignedIn",
    "ProgressEvent",
    "RateLimited",
    "ResponseEvent",
    "ServerFailed",
    "ServerUnreachable",
    "SovdClient",
    "StateConflict",
    "StatusEvent",
    "StoredLogin",
    "StoredTokens",
    "TokenSource",
    "Unauthorized",
    "UnexpectedAnswer",
    "UnknownObject",
]
