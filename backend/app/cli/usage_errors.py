"""A request that this program itself refuses before anything is sent."""


class UsageRefused(Exception):
    """What is wrong, and what to do next: one plain sentence each."""

    def __init__(self, message: str, next_step: str) -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step
