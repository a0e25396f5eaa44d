"""Opens a PDX archive, or a single ODX file, that somebody sent: nothing is written to disk, everything is bounded.

Refused: archives that unpack to far more than they are (zip bombs), names that point outside (path traversal),
encrypted members, and XML with a document type declaration, without which there are no entities to expand (XML bombs,
files of this machine read by reference). ODX needs none (ISO 22901-1, 7.2).
"""

import io
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from xml.parsers import expat

MOST_MEMBERS = 5_000
MOST_UNPACKED = 512 * 1024 * 1024
MOST_RATIO = 200
"""ODX is XML and packs well: 10 to 40 times. Deflate itself ends at some 1 000."""
_RATIO_COUNTS_FROM = 1024 * 1024
_PIECE = 256 * 1024


class DataRefused(Exception):
    """The file is not taken, and why, in words for whoever sent it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """An XML document of the file."""

    name: str
    text: bytes


@dataclass(slots=True, kw_only=True)
class Contents:
    """What a file holds: ODX documents, the catalogue `index.xml` if there is one, and members that are neither."""

    documents: list[Document] = field(default_factory=list)
    index: bytes | None = None
    others: list[str] = field(default_factory=list)


def is_archive(content: bytes) -> bool:
    """Whether the file is a ZIP archive, as PDX is."""
    return content[:4] in {b"PK\x03\x04", b"PK\x05\x06"}


def open_file(content: bytes, name: str) -> Contents:
    """Read a PDX archive or a single ODX document. Raises DataRefused."""
    if not is_archive(content):
        check_xml(content, name)
        return Contents(documents=[Document(name=name, text=content)])
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _read_archive(archive, len(content))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise DataRefused(f"the PDX archive cannot be read: {error}") from error


def _read_archive(archive: zipfile.ZipFile, packed: int) -> Contents:
    members = [member for member in archive.infolist() if not member.is_dir()]
    if len(members) > MOST_MEMBERS:
        raise DataRefused(f"the archive has {len(members)} members; {MOST_MEMBERS} at most are taken")
    for member in members:
        _check_name(member.filename)
    contents, left = Contents(), MOST_UNPACKED
    for member in members:
        path = PurePosixPath(member.filename)
        is_index = path.name.lower() == "index.xml"
        if not is_index and not path.suffix.lower().startswith(".odx"):
            contents.others.append(member.filename)
            continue
        text = _unpacked(archive, member, left)
        left -= len(text)
        if MOST_UNPACKED - left > max(_RATIO_COUNTS_FROM, MOST_RATIO * packed):
            raise DataRefused(f"{member.filename} unpacks to more than {MOST_RATIO} times the size of the archive")
        check_xml(text, member.filename)
        if is_index:
            contents.index = text
        else:
            contents.documents.append(Document(name=member.filename, text=text))
    return contents


def _check_name(name: str) -> None:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if name.startswith(("/", "\\")) or ".." in parts or ":" in name or "\x00" in name:
        raise DataRefused(f"the archive has a member with a path that leads outside of it: {name[:100]!r}")


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo, left: int) -> bytes:
    """Unpack in pieces and count what really comes out: the size in the archive's directory may lie."""
    if member.flag_bits & 0x1:
        raise DataRefused(f"{member.filename} is encrypted; take the password off and send it again")
    pieces, size = [], 0
    allowed = min(left, max(_RATIO_COUNTS_FROM, MOST_RATIO * max(1, member.compress_size)))
    with archive.open(member) as stream:
        while piece := stream.read(_PIECE):
            size += len(piece)
            if size > allowed:
                raise DataRefused(f"{member.filename} unpacks to more than {allowed} bytes; that is no diagnostic data")
            pieces.append(piece)
    return b"".join(pieces)


class _RootReached(Exception):
    """A document type declaration can only stand before the root element: the rest need not be looked at."""


def check_xml(text: bytes, name: str) -> None:
    """Refuse a document type declaration. Whether the rest is well formed shows when it is parsed."""

    def refuse(*_: object) -> None:
        raise DataRefused(f"{name} has a document type declaration (<!DOCTYPE …>); ODX has none: take it out")

    def reached(*_: object) -> None:
        raise _RootReached

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.StartElementHandler = reached
    try:
        parser.Parse(text, True)
    except (_RootReached, expat.ExpatError, LookupError, ValueError):  # an unknown encoding, too, is told when parsing
        return
