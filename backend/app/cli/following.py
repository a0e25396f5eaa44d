"""Watches a command to its end, on a terminal or for a script, and knows what Ctrl-C means."""

import asyncio
from collections.abc import Coroutine
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from app.cli.exit_codes import ExitCode, outcome_code
from app.cli.interrupts import Interrupts, ask, caught_interrupts
from app.cli.presenters import Presenter, choose_presenter
from app.cli.run_view import RunView
from app.cli.terminal import Terminal
from app.client import ApiError, SovdClient

_QUESTION = "\nCtrl-C: [c]ancel the command, [s]top watching (it goes on), or [w]atch on?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What to watch, from where on, and how long (in seconds) to bear a lost connection."""

    command_id: str
    view: RunView
    began_at: float
    after: int = 0
    reconnect_for_s: float = 60.0


async def watch_to_the_end(client: SovdClient, terminal: Terminal, watch: Watch) -> ExitCode:
    """Show every event; the exit code tells the outcome, or that watching was stopped. Raises ClientError."""
    loop = asyncio.get_running_loop()
    presenter = choose_presenter(terminal, watch.view, lambda: loop.time() - watch.began_at)
    async with caught_interrupts() as interrupts:
        presenter.begin()
        events = asyncio.create_task(_show_events(client, presenter, watch))
        try:
            stopped = await _attend(client, terminal, watch, presenter=presenter, interrupts=interrupts, events=events)
        finally:
            await _end(events)
            presenter.pause()
    if stopped:
        terminal.note(_goes_on(watch))
        return ExitCode.STOPPED_WATCHING
    return outcome_code(watch.view.status)


async def _show_events(client: SovdClient, presenter: Presenter, watch: Watch) -> None:
    loop = asyncio.get_running_loop()
    stream = client.follow(watch.command_id, watch.after, reconnect_for_s=watch.reconnect_for_s, on_link=presenter.link)
    async with aclosing(stream) as events:
        async for event in events:
            watch.view.apply(event, loop.time() - watch.began_at)
            presenter.show(event)


async def _attend(
    client: SovdClient,
    terminal: Terminal,
    watch: Watch,
    *,
    presenter: Presenter,
    interrupts: Interrupts,
    events: "asyncio.Task[None]",
) -> bool:
    """Wait for the end or Ctrl-C. True if the person stopped watching before the end."""
    while await _first(events, interrupts.next()):
        if terminal.as_json or not terminal.can_ask:
            return True
        presenter.pause()
        answer = await _question(terminal, interrupts, events)
        if answer is None or answer.startswith("s"):
            return not events.done()
        if answer.startswith("c"):
            await _cancel(client, terminal, watch.command_id)
        presenter.begin()
    return False


async def _first(events: "asyncio.Task[None]", other: Coroutine[Any, Any, object]) -> bool:
    """Wait for whichever comes first. True for the other; False once the events have ended (raises their error)."""
    rival = asyncio.ensure_future(other)
    try:
        await asyncio.wait({events, rival}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        if not rival.done():
            rival.cancel()
    if events.done():
        events.result()
        return False
    return True


async def _question(terminal: Terminal, interrupts: Interrupts, events: "asyncio.Task[None]") -> str | None:
    """The answer; None for a second Ctrl-C; an empty text where the command ended meanwhile."""
    answer = asyncio.create_task(ask(terminal, _QUESTION))
    again = asyncio.create_task(interrupts.next())
    try:
        await asyncio.wait({answer, again, events}, return_when=asyncio.FIRST_COMPLETED)
        if again.done():
            return None
        return answer.result() if answer.done() else ""
    finally:
        answer.cancel()
        again.cancel()
        terminal.err.print()


async def _cancel(client: SovdClient, terminal: Terminal, command_id: str) -> None:
    try:
        command = await client.commands.cancel(command_id, "cancelled with Ctrl-C")
    except ApiError as error:
        terminal.note(f"not cancelled: {error.message}")
    else:
        terminal.note(f"asked to cancel; the command is now {command.status}")


async def _end(events: "asyncio.Task[None]") -> None:
    events.cancel()
    await asyncio.wait({events})
    if not events.cancelled():
        events.exception()  # looked at, so that asyncio does not report it once more; `_first` has raised it


def _goes_on(watch: Watch) -> str:
    last = max(watch.after, watch.view.last_sequence_number)
    return f"stopped watching; the command goes on. Watch on with: sovd watch {watch.command_id} --after {last}"
