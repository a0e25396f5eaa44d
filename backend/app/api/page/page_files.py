"""The built files of the page, as `make page` left them: which there are, and which form of one a browser takes."""

from dataclasses import dataclass
from pathlib import Path

PAGE_FOLDER = Path(__file__).parents[2] / "page_files"
"""Where the build puts the page, inside the package, so that the wheel carries it."""

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
"""The best first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFile:
    """One file in the form that was chosen; `encoding` is its `Content-Encoding`, None: as it is."""

    content: bytes
    media_type: str
    encoding: str | None


def is_built(folder: Path) -> bool:
    """Whether there is a page at all."""
    return (folder / "index.html").is_file()


def read_page_file(folder: Path, name: str, accept_encoding: str) -> PageFile | None:
    """A file of `folder` in the best form the browser takes; None where there is none of that name. Reads the disk."""
    path = folder / name
    media_type = _TYPES.get(path.suffix)
    if media_type is None or path.parent != folder:
        return None
    accepted = accepted_encodings(accept_encoding)
    try:
        for encoding, suffix in _ENCODINGS:
            packed = path.with_name(path.name + suffix)
            if encoding in accepted and packed.is_file():
                return PageFile(content=packed.read_bytes(), media_type=media_type, encoding=encoding)
        return PageFile(content=path.read_bytes(), media_type=media_type, encoding=None)
    except (OSError, ValueError):  # not there, just being built anew, or no name a file can have
        return None


def accepted_encodings(header: str) -> frozenset[str]:
    """Content codings a browser names as acceptable (RFC 9110, 12.5.3); one with a weight of 0 is not."""
    accepted = set()
    for part in header.lower().split(","):
        coding, _, weight = part.partition(";")
        if weight.replace(" ", "").removeprefix("q=").strip("0.") or not weight.strip():
            accepted.add(coding.strip())
    return frozenset(accepted)
