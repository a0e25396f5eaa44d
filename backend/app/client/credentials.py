"""The file that keeps a person signed in: tokens per server address, readable by its owner only."""

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from app.client.client_errors import ClientError
from app.domain.json_values import JsonObject

_VERSION = 1


class CredentialsUnreadable(ClientError):
    """The file exists and cannot be read or is none of ours. It is left as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredLogin:
    """Tokens of one account on one server."""

    username: str
    access_token: str
    refresh_token: str


def default_path(environment: Mapping[str, str]) -> Path:
    """`SOVD_CONFIG` if set (the file itself), else the platform's place for a user's configuration."""
    named = environment.get("SOVD_CONFIG")
    if named:
        return Path(named).expanduser()
    return Path(platformdirs.user_config_dir("sovd-command", appauthor=False)) / "credentials.json"


@dataclass(frozen=True, slots=True)
class CredentialFile:
    """Reads and writes the file. Each write replaces it as a whole, so a reader never sees half of it."""

    path: Path

    def load(self, server: str) -> StoredLogin | None:
        """What is stored for this server. Raises CredentialsUnreadable."""
        entry = self._read().get("servers", {}).get(server)
        if not isinstance(entry, dict):
            return None
        parts = [entry.get(name) for name in ("username", "access_token", "refresh_token")]
        if not all(isinstance(part, str) for part in parts):
            return None
        username, access_token, refresh_token = map(str, parts)
        return StoredLogin(username=username, access_token=access_token, refresh_token=refresh_token)

    def last_server(self) -> str | None:
        """The server of the latest login. Raises CredentialsUnreadable."""
        server = self._read().get("last_server")
        return server if isinstance(server, str) else None

    def save(self, server: str, login: StoredLogin) -> None:
        """Keep a login. It does not change which server is the latest; `choose` does."""
        body = self._read()
        servers = body.setdefault("servers", {})
        servers[server] = {
            "username": login.username,
            "access_token": login.access_token,
            "refresh_token": login.refresh_token,
        }
        self._write(body)

    def choose(self, server: str) -> None:
        """Make this the server that is meant where none is named."""
        self._write(self._read() | {"last_server": server})

    def remove(self, server: str) -> None:
        """Forget the login for this server; no error if there is none."""
        body = self._read()
        if body.get("servers", {}).pop(server, None) is not None:
            self._write(body)

    def _read(self) -> JsonObject:
        try:
            body = json.loads(self.path.read_bytes())
        except FileNotFoundError:
            return {"version": _VERSION, "servers": {}}
        except (OSError, ValueError) as error:
            raise CredentialsUnreadable(f"cannot read the credentials file {self.path}: {error}") from error
        if not isinstance(body, dict) or not isinstance(body.get("servers", {}), dict):
            raise CredentialsUnreadable(f"{self.path} is not a credentials file of this program")
        return body

    def _write(self, body: JsonObject) -> None:
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # mkstemp creates the file for its owner only (0600), so the tokens are at no moment readable by others.
            descriptor, temporary = tempfile.mkstemp(dir=self.path.parent, prefix=self.path.name)
        except OSError as error:
            raise CredentialsUnreadable(f"cannot write the credentials file {self.path}: {error}") from error
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
                json.dump(body, stream, indent=2)
                stream.flush()
                os.fsync(stream.fileno())
            Path(temporary).replace(self.path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
