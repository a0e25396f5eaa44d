"""Ctrl-C as an event to wait for, and a question that Ctrl-C can interrupt too."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.cli.terminal import Terminal


class Interrupts:
    """Counts Ctrl-C."""

    def __init__(self) -> None:
        self._pressed = asyncio.Event()

    def press(self) -> None:
        """Ctrl-C was pressed."""
        self._pressed.set()

    async def next(self) -> None:
        """Wait for the next Ctrl-C."""
        await self._pressed.wait()
        self._pressed.clear()


@asynccontextmanager
async def caught_interrupts() -> AsyncIterator[Interrupts]:
    """Catch Ctrl-C in here. Where that cannot be (not the main thread), it ends the program as usual."""
    loop = asyncio.get_running_loop()
    interrupts = Interrupts()
    try:
        before = signal.signal(signal.SIGINT, lambda *_: loop.call_soon_threadsafe(interrupts.press))
    except ValueError:
        yield interrupts
        return
    try:
        yield interrupts
    finally:
        signal.signal(signal.SIGINT, before)


async def ask(terminal: Terminal, question: str) -> str:
    """Ask and wait for a line, without blocking the loop: events go on arriving, and Ctrl-C works.

    Cancelling it leaves no thread behind that still reads. An ended input answers with an empty text.
    """
    terminal.err.print(question, end=" ")
    loop = asyncio.get_running_loop()
    descriptor = sys.stdin.fileno()
    answered: asyncio.Future[str] = loop.create_future()

    def readable() -> None:
        if not answered.done():
            answered.set_result(os.read(descriptor, 1024).decode(errors="replace"))

    loop.add_reader(descriptor, readable)
    try:
        return (await answered).strip().lower()
    finally:
        loop.remove_reader(descriptor)
