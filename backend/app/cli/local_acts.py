"""Acts directly on the database, for a machine's owner who is locked out. They need no server and no sign-in."""

from app.bootstrap import accounts, engines, foundation
from app.cli.exit_codes import ExitCode
from app.cli.service_acts import read_settings
from app.cli.terminal import Terminal
from app.cli.usage_errors import UsageRefused
from app.domain.access_policy import Actor
from app.domain.roles import Role
from app.domain.session import ClientInfo
from app.observability.logs import configure_logging
from app.repositories import user_repository


async def set_password(username: str, password: str) -> int:
    """Set an account's password; its sessions end at once, on running servers too.

    The trail says that it was done at the console. Raises UsageRefused for an unknown name, InvalidRequest for a weak
    password, ServiceError where the database cannot be reached.
    """
    settings = read_settings()
    configure_logging("warning", "console")
    async with (
        engines(settings) as addresses,
        foundation(settings, addresses, role="console") as base,
        accounts(settings, base) as (service, _),
    ):
        async with base.unit_of_work.reading() as db:
            credentials = await user_repository.find_credentials(db, username)
        if credentials is None:
            raise UsageRefused(
                f"there is no user {username!r} in this database", "Check SOVD_HOME or SOVD_DATABASE_URL."
            )
        user = credentials.user
        console = Actor(
            user_id=user.user_id, username=f"{user.username} (at the console)", role=Role.ADMIN, is_active=True
        )
        await service.users.update_user(console, ClientInfo(), user.user_id, {"password": password})
    Terminal().line(f"new password for {username}")
    return ExitCode.DONE
