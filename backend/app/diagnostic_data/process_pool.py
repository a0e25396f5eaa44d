"""A few processes that load diagnostic data, each with one question at a time.

A process that crashes or exceeds its time is killed and replaced: only the question it had fails. Loads never take all
processes, so answers of vehicles can be decoded while somebody's file is loading. Processes start with the first
question. Questions that wait are bounded; one more raises Overloaded.
"""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import orjson

import app
from app.diagnostic_data.odx_worker import LENGTHS
from app.domain.errors import Overloaded, ServiceError
from app.domain.json_values import JsonObject, decode_json_object

MOST_ANSWER = 256 * 1024 * 1024


class LoaderCrashed(ServiceError):
    """The process that loads diagnostic data died or exceeded its time; the data may be the reason."""

    code = "diagnostic_data_failed"
    retry_can_help = False


class LoaderPool:
    """Asks questions of loading processes. Use it from one event loop; `close` ends the processes."""

    def __init__(self, *, processes: int = 2, most_waiting: int = 256) -> None:
        self._idle: list[_Loader] = [_Loader() for _ in range(max(2, processes))]
        self._all = tuple(self._idle)
        self._turn = asyncio.Condition()
        self._waiting = 0
        self._most_waiting = most_waiting
        self._loading = 0
        self._closed = False

    async def ask(
        self, header: JsonObject, content: bytes = b"", *, within_s: float, loading: bool = False
    ) -> JsonObject:
        """The process's answer (see `odx_worker`). `header["folder"]` picks a process that has it open, if one is free.

        Raises Overloaded where too much waits, LoaderCrashed where the process died or exceeded `within_s`; the time
        counts from when a process is free.
        """
        async with self._borrowed(str(header.get("folder")), loading=loading) as loader:
            return await loader.ask(header, content, within_s)

    @asynccontextmanager
    async def _borrowed(self, folder: str, *, loading: bool) -> AsyncIterator["_Loader"]:
        if self._waiting >= self._most_waiting:
            raise Overloaded("too many questions wait for the processes that load diagnostic data; ask again shortly")
        self._waiting += 1
        try:
            async with self._turn:
                await self._turn.wait_for(lambda: self._closed or self._may_go(loading=loading))
                if self._closed:
                    raise ServiceError("the service is stopping")
                loader = next((one for one in self._idle if one.last == folder), self._idle[0])
                self._idle.remove(loader)
                self._loading += loading
        finally:
            self._waiting -= 1
        loader.last = folder
        try:
            yield loader
        finally:
            self._idle.append(loader)
            self._loading -= loading
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.shield(self._tell())

    def _may_go(self, *, loading: bool) -> bool:
        return bool(self._idle) and not (loading and self._loading >= len(self._all) - 1)

    async def _tell(self) -> None:
        async with self._turn:
            self._turn.notify_all()

    @property
    def process_ids(self) -> tuple[int, ...]:
        """Of the processes that run now."""
        return tuple(loader.pid for loader in self._all if loader.pid is not None)

    async def close(self) -> None:
        """End the processes; whoever waits gets ServiceError."""
        self._closed = True
        await self._tell()
        for loader in self._all:
            await loader.end()


class _Loader:
    """One process; started when asked, replaced when it was lost."""

    def __init__(self) -> None:
        self.last = ""
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None and self._process.returncode is None else None

    async def ask(self, header: JsonObject, content: bytes, within_s: float) -> JsonObject:
        """One question, one answer. A process that did not answer properly never gets another question."""
        finished = False
        try:
            async with asyncio.timeout(within_s):
                process = await self._running()
                answer = await _exchange(process, orjson.dumps(header), content)
            finished = True
        except TimeoutError as error:
            raise LoaderCrashed(
                f"loading the diagnostic data took more than {within_s:.0f} s and was stopped"
            ) from error
        except (OSError, EOFError, ValueError) as error:
            raise LoaderCrashed("the process that loads diagnostic data died") from error
        finally:
            if not finished:
                await self.end()
        return answer

    async def _running(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            await self.end()
            # The settings of this program (passwords among them) are none of its business.
            environment = {name: value for name, value in os.environ.items() if not name.startswith("SOVD_")}
            environment["PYTHONPATH"] = str(Path(app.__file__).parents[1])
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",  # whatever lies in the current folder is not ours
                "-m",
                "app.diagnostic_data.odx_worker",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                env=environment,
                start_new_session=True,
            )
        return self._process

    async def end(self) -> None:
        """Kill the process and wait until it is gone."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        if process.stdin is not None:
            process.stdin.close()
        await asyncio.shield(process.wait())


async def _exchange(process: asyncio.subprocess.Process, header: bytes, content: bytes) -> JsonObject:
    if process.stdin is None or process.stdout is None:
        raise EOFError
    process.stdin.write(LENGTHS.pack(len(header), len(content)) + header)
    if content:
        process.stdin.write(content)
    await process.stdin.drain()
    length, _ = LENGTHS.unpack(await process.stdout.readexactly(LENGTHS.size))
    if length > MOST_ANSWER:
        raise ValueError("the answer is too long")
    return decode_json_object(await process.stdout.readexactly(length))
