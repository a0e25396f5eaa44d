"""What reading a UDS message can raise."""

from app.protocols.uds.negative_responses import Nrc


class UdsFormatError(ValueError):
    """The bytes are not the message they should be."""


class UdsRequestError(UdsFormatError):
    """A request that an ECU refuses because of its form; `nrc` is the negative response it gives."""

    def __init__(self, message: str, nrc: Nrc) -> None:
        super().__init__(message)
        self.nrc = nrc
