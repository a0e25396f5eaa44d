"""Times in queries: only what RFC 3339 writes, with a zone."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BeforeValidator


def _refuse_numbers(value: object) -> object:
    """A bare number could be seconds or milliseconds since 1970; guessing would move a search by decades."""
    if isinstance(value, str) and value.count("-") < 2:
        raise ValueError("must be a time with its zone, such as 2025-10-28T10:00:00Z")
    return value


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("must lie between the years 1 and 9999 in UTC") from None


Moment = Annotated[AwareDatetime, BeforeValidator(_refuse_numbers), AfterValidator(_in_utc)]
