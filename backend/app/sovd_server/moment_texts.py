"""Moments as answers state them, and as queries ask for them."""

from datetime import UTC, datetime

from app.domain.json_values import format_time
from app.protocols.sovd.sovd_errors import bad_request


def utc_text(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds."""
    return format_time(moment)


def moment_of(text: str, name: str) -> datetime:
    """A moment of a query parameter; without a zone it counts as UTC. Raises SovdRefusal 400."""
    try:
        # a `+` that was not encoded has become a space on the way
        moment = datetime.fromisoformat(text.strip().replace(" ", "+") if "T" in text else text)
    except ValueError as error:
        raise bad_request(f"The query parameter {name} is no date-time (RFC 3339).") from error
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
