"""Names of the Redis channels and the message value. Messages only wake and speed up; the store is the truth."""

from dataclasses import dataclass

from app.domain.identifiers import CommandId

WAKE_COMMANDS = "wake:commands"
"""A command was accepted or a vehicle came back: workers look at the queue. Body: empty or a vehicle id."""

WAKE_CANCEL = "wake:cancel"
"""Somebody asked to cancel a running command. Body: the command id."""

WAKE_PRESENCE = "wake:presence"
"""A vehicle was added or its address changed: probe it now. Body: the vehicle id."""

PRESENCE = "presence"
"""A vehicle's presence changed: for live pages. Body: the JSON of `app.domain.presence.presence_event`."""

COMMANDS = "commands"
"""A command entered another state: for live pages. Body: the JSON of `app.domain.command_change.CommandChange`."""

WAKE_ACCOUNTS = "wake:accounts"
"""An account or session changed: forget what is cached about it. Body: the user id."""


def response_channel(command_id: CommandId) -> str:
    """Channel of a command's live events (contract 4.2)."""
    return f"response:{command_id}"


@dataclass(frozen=True, slots=True)
class BusMessage:
    """One message for one channel; `body` is UTF-8 text."""

    channel: str
    body: str


_RESYNC = '{"event":"resync"}'

RESYNC_MESSAGES = (BusMessage(PRESENCE, _RESYNC), BusMessage(COMMANDS, _RESYNC))
"""Changes may have been missed: published by whoever may have lost messages or found somebody who did."""
