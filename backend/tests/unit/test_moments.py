"""Times in queries: what is not surely a time with a zone is refused."""

from datetime import UTC, datetime

import pytest
from pydantic import TypeAdapter, ValidationError

from app.api.moments import Moment

MOMENT: TypeAdapter[datetime] = TypeAdapter(Moment)


@pytest.mark.parametrize("text", ["2025-10-28T10:00:00Z", "2025-10-28T12:00:00+02:00", "2025-10-28 10:00:00.0Z"])
def test_a_time_with_a_zone_becomes_utc(text: str) -> None:
    assert MOMENT.validate_python(text) == datetime(2025, 10, 28, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "0.5", "1761645600", "-1761645600", "2025-10-28T10:00:00", "yesterday", "0001-01-01T00:00:00+14:00"]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        MOMENT.validate_python(text)
