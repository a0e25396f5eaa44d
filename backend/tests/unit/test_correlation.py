"""Correlation ids: harmless ones are taken over, others replaced, and each block has its own."""

import pytest

from app.observability.correlation import accept_or_make, bound_correlation, current_correlation_id


@pytest.mark.parametrize("offered", ["a", "A-b_c.9", "x" * 64])
def test_a_harmless_id_is_taken(offered: str) -> None:
    assert accept_or_make(offered) == offered


@pytest.mark.parametrize("offered", [None, "", "x" * 65, "a b", "a\nb", "ä", "<script>"])
def test_any_other_is_replaced(offered: str | None) -> None:
    made = accept_or_make(offered)
    assert made != offered
    assert len(made) == 32


def test_the_id_is_bound_for_the_block_only() -> None:
    with bound_correlation("outer"):
        with bound_correlation("inner"):
            assert current_correlation_id() == "inner"
        assert current_correlation_id() == "outer"
    assert current_correlation_id() is None
