"""How the engines are started. Pure: settings in, command line out."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from app.embedded.places import PostgresPlaces, ValkeyPlaces

DATABASE_USER = "sovd"
DATABASE_NAME = "postgres"
"""The cluster is private, so its first database serves: one step less that can be cut short."""

POSTGRES_SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "port": "5432",
    "password_encryption": "scram-sha-256",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "max_wal_size": "1GB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",
    "log_destination": "stderr",
    "log_line_prefix": "%m [%p] ",
    "max_prepared_transactions": "0",
}
"""Given on the command line, so that they hold whatever `postgresql.conf` says. Standard error goes to our log file."""

VALKEY_SETTINGS: Mapping[str, str] = {
    "port": "0",
    "unixsocketperm": "700",
    "save": "",
    "appendonly": "no",
    "maxmemory": "256mb",
    "maxmemory-policy": "allkeys-lru",
    "daemonize": "no",
    "logfile": "",
    "set-proc-title": "no",
}
"""No persistence: PostgreSQL is the truth, this only wakes and speeds up. `set-proc-title no` keeps the command line as
it is, by which a running Valkey is recognised."""


def postgres_command(programs: Path, places: PostgresPlaces) -> list[str]:
    """The server in the foreground."""
    settings = [part for name, value in POSTGRES_SETTINGS.items() for part in ("-c", f"{name}={value}")]
    return [str(programs / "postgres"), "-D", str(places.data), "-k", str(places.run), *settings]


def initdb_command(programs: Path, data: Path, password_file: Path) -> list[str]:
    """A new cluster. The collation provider is PostgreSQL's own, so the order of text never depends on the system."""
    options = [
        f"--username={DATABASE_USER}",
        "--auth=scram-sha-256",
        f"--pwfile={password_file}",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--no-instructions",
    ]
    return [str(programs / "initdb"), "-D", str(data), *options]


def valkey_command(program: Path, places: ValkeyPlaces) -> list[str]:
    """The server in the foreground."""
    settings = {
        **VALKEY_SETTINGS,
        "unixsocket": str(places.socket),
        "dir": str(places.part),
        "pidfile": str(places.pid_file),
    }
    return [str(program), *(part for name, value in settings.items() for part in (f"--{name}", value))]


def engine_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """What an engine gets to see of our environment: not our secrets, and nothing that changes how it works."""
    kept = {name: environment[name] for name in ("PATH", "TMPDIR", "LD_LIBRARY_PATH") if name in environment}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}


def database_url(password: str, run: Path) -> str:
    """Address of the database on its Unix socket."""
    return f"postgresql://{DATABASE_USER}:{quote(password, safe='')}@/{DATABASE_NAME}?host={quote(str(run), safe='/')}"


def redis_url(socket: Path) -> str:
    """Address of Valkey on its Unix socket, as redis-py reads it."""
    return f"unix://{quote(str(socket), safe='/')}"
