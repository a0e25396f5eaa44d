"""What trouble means before and after a command sent what may change the vehicle: for every kind of vehicle."""

from app.domain.errors import VehicleError, VehicleTimeout, VehicleUnreachable


def before_acting(error: VehicleError) -> VehicleError:
    """The same trouble while only preparing a change: what would have acted never left us."""
    if not error.may_have_acted:
        return error
    return VehicleUnreachable(
        f"Nothing was changed: what the command needs first failed. {error.message}", details=error.details
    )


def after_acting(error: VehicleError) -> VehicleError:
    """The same trouble after the change was sent and not refused: it may have acted, whatever failed then."""
    if error.may_have_acted:
        return error
    return VehicleTimeout(f"The command was sent, and its end is not known. {error.message}", details=error.details)
