"""Reads the settings for the commands that start something."""

from pydantic import ValidationError

from app.cli.usage_errors import UsageRefused
from app.settings import Settings


def read_settings(*, host: str | None = None, port: int | None = None) -> Settings:
    """The settings of the environment, options first. Raises UsageRefused naming each wrong one, never its value."""
    given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    try:
        return Settings(**given)  # type: ignore[arg-type]  # pydantic checks the values, mypy sees only `object`
    except ValidationError as error:
        raise UsageRefused(
            wrong_settings(error), "Correct them in the environment; docs/reference/settings.md lists all."
        ) from error


def wrong_settings(error: ValidationError) -> str:
    """The wrong settings by their environment names. Values stay out: some are secrets. Pure."""
    found = [f"SOVD_{'_'.join(str(part) for part in item['loc']).upper()}: {item['msg']}" for item in error.errors()]
    return f"wrong settings: {'; '.join(found)}"
