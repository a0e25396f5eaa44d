"""The key that signs access tokens: given by a setting, else made once and kept in the data directory."""

import os
import secrets
from pathlib import Path

_FILE = "token-secret"
_BYTES = 48


def load_or_create(home: Path) -> str:
    """The secret of this data directory, file mode 0600; several processes starting at once get the same one.

    Blocks. Raises OSError where the directory cannot be written.
    """
    path = home / _FILE
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        own = home / f"{_FILE}.{os.getpid()}.{secrets.token_hex(4)}"
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
