"""Keys that a setting gives, or that are made once and kept in the data directory."""

import os
import secrets
from pathlib import Path

TOKEN_SECRET = "token-secret"  # noqa: S105 - the name of a file
"""Signs access tokens."""
SECRET_KEY = "secret-key"  # noqa: S105 - the name of a file
"""Seals the secrets of vehicles."""
_BYTES = 48


def load_or_create(home: Path, name: str) -> str:
    """The key of this data directory that has this name, file mode 0600.

    Several processes starting at once get the same one.
    Blocks. Raises OSError where the directory cannot be written.
    """
    path = home / name
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        own = home / f"{name}.{os.getpid()}.{secrets.token_hex(4)}"
        descriptor = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(_BYTES))
        try:
            os.link(own, path)  # fails where another process was first: theirs counts
        except FileExistsError:
            pass
        finally:
            own.unlink()
    return path.read_text().strip()
