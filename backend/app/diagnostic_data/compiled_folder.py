"""The compiled form of a data set on disk: a folder per checksum, made whole or not at all, readable by us alone.

`head.json`, and `variant-N.json` and `services-N.json` for each variant, are read by the program. `database.pickle` is
read by the processes that run odxtools alone, and only from a folder that this user made. The folder's name holds the
versions of whatever wrote it, so another version never reads it. Why it is so stands in
docs/decisions/0008-diagnostic-data.md.
"""

import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import orjson

from app.domain.json_values import JsonObject, decode_json_object

FORM = 1
"""Of the JSON files: raise it when they change."""

SEALED_PARTS = ("identifiers", "routines", "dtcs")
"""Kept as one text for each entry, which is read when it is asked for: thousands of entries are one quick read."""

DATABASE = "database.pickle"
_HEAD = "head.json"


def folder_of(cache: Path, checksum: str) -> Path:
    """Where the compiled form of a file belongs. The checksum is SHA-256 in hex: it cannot lead elsewhere."""
    if len(checksum) != 64 or set(checksum) - set("0123456789abcdef"):
        raise ValueError("a checksum is 64 hex digits in lower case")
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return cache / f"{checksum}-form{FORM}-odxtools{version('odxtools')}-python{python}"


def is_ours(path: Path) -> bool:
    """Whether this user made it, and nobody else can write to it."""
    try:
        state = path.lstat()
    except OSError:
        return False
    return state.st_uid == os.geteuid() and not state.st_mode & (stat.S_IWGRP | stat.S_IWOTH) and not path.is_symlink()


def write_folder(folder: Path, head: JsonObject, variants: Sequence[JsonObject], database: bytes | None) -> None:
    """Write all files beside, then move them into place; another process that was faster has written the same."""
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(prefix=".making-", dir=folder.parent))  # 0700
    try:
        for number, variant in enumerate(variants):
            sealed = {part: _sealed(variant[part]) for part in SEALED_PARTS} | {"names": _names(variant)}
            _write(
                making / f"variant-{number}.json", orjson.dumps({"name": variant["name"], **sealed} | _rest(variant))
            )
            _write(making / f"services-{number}.json", orjson.dumps({"services": variant["services"]}))
        if database is not None:
            _write(making / DATABASE, database)
        _write(making / _HEAD, orjson.dumps(head))
        _replace(making, folder)
    finally:
        shutil.rmtree(making, ignore_errors=True)


def _sealed(entries: JsonObject) -> dict[str, str]:
    return {number: orjson.dumps(entry).decode() for number, entry in entries.items()}


def _rest(variant: JsonObject) -> JsonObject:
    return {"environment": variant["environment"]}


def _names(variant: JsonObject) -> dict[str, list[str | None]]:
    """Short and long name of each identifier, to find one by name without reading all."""
    return {number: [entry["name"], entry["title"]] for number, entry in variant["identifiers"].items()}


def _replace(making: Path, folder: Path) -> None:
    if folder.exists() and not (is_ours(folder) and (folder / _HEAD).exists()):
        shutil.rmtree(folder)
    try:
        making.rename(folder)
    except OSError:
        if not (folder / _HEAD).exists():
            raise


def _write(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(content)


def read_head(folder: Path) -> JsonObject | None:
    """The head of a compiled set; None where there is none, or one that is not ours."""
    if not is_ours(folder):
        return None
    try:
        return decode_json_object((folder / _HEAD).read_bytes())
    except (OSError, ValueError):
        return None


def read_variant(folder: Path, number: int) -> JsonObject:
    """One variant, without its services. Raises OSError or ValueError where the folder was cleared meanwhile."""
    return decode_json_object((folder / f"variant-{number}.json").read_bytes())


def read_services(folder: Path, number: int) -> list[JsonObject]:
    """All services of a variant, to look at them and to encode whole requests. Raises like `read_variant`."""
    services: list[JsonObject] = decode_json_object((folder / f"services-{number}.json").read_bytes())["services"]
    return services
