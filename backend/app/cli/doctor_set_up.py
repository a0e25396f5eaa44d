"""What `sovd doctor` looks at without asking anybody: the page, the keys, the disk, who can reach the service."""

import shutil
import stat
from ipaddress import ip_address
from pathlib import Path

from app.api.page.page_files import is_built
from app.cli.doctor_checks import Check, Level
from app.security.kept_keys import SECRET_KEY, TOKEN_SECRET
from app.settings import Settings

_LITTLE_SPACE = 1024**3
"""Bytes; below this, answers of some busy days may fill the disk."""
_READ_BY_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def check_page(folder: Path) -> Check:
    """Whether there is a page for the browser."""
    name = "Web page"
    if is_built(folder):
        return Check(name=name, level=Level.OK, found="built")
    advice = "Run `make page` in the project's folder. Everything else works without it."
    return Check(name=name, level=Level.WARN, found=f"not built: nothing in {folder}", what_to_do=advice)


def check_disk(home: Path) -> Check:
    """Whether there is room for what will be stored."""
    name = "Disk"
    existing = next((folder for folder in (home, *home.parents) if folder.is_dir()), None)
    if existing is None:
        return Check(name=name, level=Level.SKIPPED, found="no data directory to look at")
    free = shutil.disk_usage(existing).free
    found = f"{free / 1024**3:.1f} GiB free at {existing}"
    if free < _LITTLE_SPACE:
        advice = "Make space, or set SOVD_HOME to a folder on another disk. A full disk stops the database."
        return Check(name=name, level=Level.WARN, found=found, what_to_do=advice)
    return Check(name=name, level=Level.OK, found=found)


def check_keys(settings: Settings, home: Path) -> Check:
    """Whether the keys that sign and seal are the same for all processes, and nobody else can read them."""
    name = "Keys"
    unset = [
        (variable, home / file)
        for variable, given, file in (
            ("SOVD_TOKEN_SECRET", settings.token_secret, TOKEN_SECRET),
            ("SOVD_SECRET_KEY", settings.secret_key, SECRET_KEY),
        )
        if given is None
    ]
    if not unset:
        return Check(name=name, level=Level.OK, found="set in the environment")
    open_files = [str(file) for _, file in unset if file.exists() and file.stat().st_mode & _READ_BY_OTHERS]
    if open_files:
        advice = f"Run `chmod 600 {' '.join(open_files)}`. Whoever could read it meanwhile can sign in as anybody."
        return Check(
            name=name, level=Level.FAIL, found=f"others can read {' and '.join(open_files)}", what_to_do=advice
        )
    if settings.database_url is not None:
        names = " and ".join(variable for variable, _ in unset)
        advice = "Set the same on all machines, else one does not know the sessions or vehicle secrets of another."
        return Check(name=name, level=Level.WARN, found=f"{names} not set: a key of this machine", what_to_do=advice)
    return Check(name=name, level=Level.OK, found=f"kept in {home}, for this user only")


def check_exposure(settings: Settings) -> Check:
    """Whether passwords and sessions could be read on the way."""
    name = "Reachable"
    if _is_loopback(settings.host):
        return Check(name=name, level=Level.OK, found="from this machine only")
    found = f"from other machines ({settings.host})"
    if settings.trusted_proxies == Settings.model_fields["trusted_proxies"].default:
        advice = (
            "Plain HTTP shows passwords to whoever listens, and the page's cookie is not marked Secure. Put a proxy "
            "with TLS in front and name it in SOVD_TRUSTED_PROXIES, or set SOVD_HOST=127.0.0.1."
        )
        return Check(name=name, level=Level.WARN, found=f"{found}, without a proxy that is trusted", what_to_do=advice)
    return Check(name=name, level=Level.OK, found=f"{found}, through {settings.trusted_proxies}")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
