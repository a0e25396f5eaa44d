"""What can keep the embedded engines from running. Every message says what to do about it.

EmbeddedError
 ├─ EngineMissing       no wheel with this engine for this platform
 ├─ HomeUnusable        the data directory cannot be written, is somebody else's, or its path is too long
 ├─ DiskFull            no space left for the data
 └─ EngineFailed        the engine was started and did not come up; carries the end of its log
"""

from app.domain.errors import ServiceError


class EmbeddedError(ServiceError):
    """Base of all: the embedded engines cannot serve."""

    code = "embedded_engine_error"
    retry_can_help = False


class EngineMissing(EmbeddedError):
    """The wheel is not installed or has no build for this platform."""

    code = "embedded_engine_missing"


class HomeUnusable(EmbeddedError):
    """The data directory cannot be used as it is."""

    code = "home_unusable"


class DiskFull(EmbeddedError):
    """The file system of the data directory has no space left."""

    code = "disk_full"
    retry_can_help = True


class EngineFailed(EmbeddedError):
    """The engine was started and did not come up, or did not stop."""

    code = "embedded_engine_failed"
    retry_can_help = True

    def __init__(self, message: str, *, log_tail: str = "") -> None:
        super().__init__(f"{message}\n{log_tail}".rstrip())
        self.log_tail = log_tail
