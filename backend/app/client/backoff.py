"""How long to wait before trying again: exponential with full jitter, so that many clients do not return at once."""

import random
from collections.abc import Callable, Iterator

Jitter = Callable[[], float]
"""Gives a number from 0 to 1."""

_FIRST_S = 0.2
_LONGEST_S = 5.0
_LEAST_SHARE = 0.1


def delays(jitter: Jitter = random.random, first_s: float = _FIRST_S, longest_s: float = _LONGEST_S) -> Iterator[float]:
    """Endless delays in seconds. None is shorter than a tenth of its ceiling: a broken server is not hammered."""
    ceiling = first_s
    while True:
        yield ceiling * (_LEAST_SHARE + (1 - _LEAST_SHARE) * jitter())
        ceiling = min(ceiling * 2, longest_s)
