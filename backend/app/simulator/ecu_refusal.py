"""How a virtual ECU says no."""

from app.protocols.uds.negative_responses import Nrc


class EcuRefused(Exception):
    """The ECU refuses and has changed nothing. `nrc` is the code it gives over UDS (ISO 14229-1, Annex A)."""

    def __init__(self, nrc: Nrc, message: str) -> None:
        super().__init__(message)
        self.nrc = nrc
        self.message = message
