"""The process in which diagnostic data is loaded: `python -m app.diagnostic_data.odx_worker`, spoken to over pipes.

A message is two lengths (unsigned, 32 bit, big endian), JSON of the first length and bytes of the second. One question
at a time; each gets one answer: `{"ok": …}`, `{"refused": text}` for bad data, `{"reload": true}` where the compiled
database is missing, `{"failed": text}` for anything else. It ends when its input does. What it answers is data, never
code, so a file that takes this process over gains no other.
"""

import contextlib
import os
import resource
import signal
import struct
import sys
import threading
from pathlib import Path
from typing import BinaryIO

import orjson

from app.domain.json_values import JsonObject

LENGTHS = struct.Struct(">II")
MOST_MEMORY = 4 * 1024**3
"""Address space of one process: data that wants more is refused with MemoryError instead of taking the machine."""
_STACK = 256 * 1024 * 1024
"""Deeply linked data is walked recursively by pickle."""
_RECURSION = 100_000


def main() -> int:
    """Serve until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Whatever a library prints must not get between the messages.
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    threading.stack_size(_STACK)
    sys.setrecursionlimit(_RECURSION)
    serving = threading.Thread(target=_serve, args=(sys.stdin.buffer, answers))
    serving.start()
    serving.join()
    return 0


def _serve(questions: BinaryIO, answers: BinaryIO) -> None:
    while lengths := questions.read(LENGTHS.size):
        header_length, body_length = LENGTHS.unpack(lengths)
        header = orjson.loads(questions.read(header_length))
        content = questions.read(body_length)
        _send(answers, orjson.dumps(_answer(header, content)))


def _send(answers: BinaryIO, answer: bytes) -> None:
    left = memoryview(LENGTHS.pack(len(answer), 0) + answer)
    while left:
        left = left[answers.write(left) :]


def _answer(header: JsonObject, content: bytes) -> JsonObject:
    from app.diagnostic_data import odx_questions  # noqa: PLC0415 - odxtools is loaded with the first question
    from app.diagnostic_data.pdx_archive import DataRefused  # noqa: PLC0415 - as above

    try:
        if header["question"] == "compile":
            return {"ok": odx_questions.compile_file(content, header["file_name"], Path(header["folder"]))}
        return {"ok": odx_questions.ask(Path(header["folder"]), header["questions"])}
    except DataRefused as error:
        return {"refused": str(error)}
    except odx_questions.NotCompiledError:
        return {"reload": True}
    except MemoryError:
        return {"refused": "the data needs more memory than one file may take"}
    except Exception as error:  # noqa: BLE001 - the edge of the process: whoever asked decides
        return {"failed": f"{type(error).__name__}: {error}"[:500]}


if __name__ == "__main__":
    sys.exit(main())
