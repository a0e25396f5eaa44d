"""The program `sovd` as a user has it: a real child process, on pipes or on a terminal."""

import asyncio
import contextlib
import json
import os
import pty
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import app

_PACKAGE_FOLDER = Path(app.__file__).parents[1]
_COMMAND = (sys.executable, "-c", "from app.cli import main; main()")


@dataclass(frozen=True, kw_only=True)
class Result:
    """How a call ended."""

    code: int
    out: str
    err: str

    @property
    def events(self) -> list[dict[str, Any]]:
        """The lines of NDJSON."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def document(self) -> Any:
        """The one JSON document."""
        return json.loads(self.out)


@dataclass(frozen=True)
class SovdUser:
    """Somebody at a shell: own credentials file, one server."""

    folder: Path
    server: str

    @property
    def environment(self) -> dict[str, str]:
        """Nothing of the machine's own settings gets in, but for what measures test coverage."""
        measuring = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
        return measuring | {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "PYTHONPATH": str(_PACKAGE_FOLDER),
            "SOVD_CONFIG": str(self.folder / "credentials.json"),
            "SOVD_SERVER": self.server,
            "SOVD_HOME": str(self.folder / "data"),
            "COLUMNS": "200",
            "TERM": "xterm",
            "TZ": "UTC",
        }

    async def start(self, *arguments: str, env: Mapping[str, str] | None = None) -> asyncio.subprocess.Process:
        """Start `sovd` on pipes."""
        return await asyncio.create_subprocess_exec(
            *_COMMAND,
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=self.environment | dict(env or {}),
        )

    async def call(
        self, *arguments: str, stdin: str = "", within_s: float = 60, env: Mapping[str, str] | None = None
    ) -> Result:
        """Run `sovd` to its end."""
        process = await self.start(*arguments, env=env)
        try:
            out, err = await asyncio.wait_for(process.communicate(stdin.encode()), within_s)
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        assert process.returncode is not None
        return Result(code=process.returncode, out=out.decode(), err=err.decode())

    async def sign_in(self, username: str, password: str) -> Result:
        """Sign in as people's scripts do."""
        return await self.call("login", "--username", username, "--password-stdin", stdin=f"{password}\n")

    @asynccontextmanager
    async def at_terminal(self, *arguments: str) -> AsyncIterator["TerminalSession"]:
        """Start `sovd` on a terminal of its own."""
        ours, theirs = pty.openpty()
        process = await asyncio.create_subprocess_exec(
            *_COMMAND,
            *arguments,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=self.environment,
            start_new_session=True,  # a password is asked for here, not at the terminal the tests run in
        )
        os.close(theirs)
        session = TerminalSession(process, ours)
        asyncio.get_running_loop().add_reader(ours, session.read)
        try:
            yield session
        finally:
            asyncio.get_running_loop().remove_reader(ours)
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            os.close(ours)


class TerminalSession:
    """What stands on the terminal, and a person who types."""

    def __init__(self, process: asyncio.subprocess.Process, terminal: int) -> None:
        self._process = process
        self._terminal = terminal
        self._changed = asyncio.Event()
        self.screen = ""
        self.everything = ""

    def read(self) -> None:
        """Take in what was written."""
        try:
            written = os.read(self._terminal, 65536).decode(errors="replace")
        except OSError:  # Linux says so when the last writer has gone
            asyncio.get_running_loop().remove_reader(self._terminal)
            written = ""
        self.screen += written
        self.everything += written
        self._changed.set()

    async def shows(self, text: str, within_s: float = 20) -> None:
        """Wait until the text has appeared; it counts once."""
        try:
            async with asyncio.timeout(within_s):
                while text not in self.screen:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise AssertionError(f"{text!r} did not appear in:\n{self.screen}") from None
        self.screen = self.screen.split(text, 1)[1]

    def types(self, text: str) -> None:
        """Type."""
        os.write(self._terminal, text.encode())

    def interrupts(self) -> None:
        """Press Ctrl-C."""
        self._process.send_signal(signal.SIGINT)

    async def leaves_with(self, within_s: float = 20) -> int:
        """The exit code."""
        return await asyncio.wait_for(self._process.wait(), within_s)
