"""Signing in and out."""

import getpass
import sys
from urllib.parse import urlsplit

from app.cli.connection import choose_server, credential_file, token_source
from app.cli.exit_codes import ExitCode
from app.cli.terminal import Terminal
from app.cli.usage_errors import UsageRefused
from app.client import ClientError, SovdClient, StoredLogin

_HERE = frozenset({"127.0.0.1", "localhost", "::1"})


def read_password(prompt: str, *, from_stdin: bool, twice: bool = False) -> str:
    """A password, never from the command line: process lists show that. Raises UsageRefused."""
    if from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    elif not sys.stdin.isatty():
        raise UsageRefused("there is no terminal to ask for the password", "Pipe it in with --password-stdin.")
    else:
        password = getpass.getpass(prompt)
        if twice and getpass.getpass("Again: ") != password:
            raise UsageRefused("the two passwords differ", "Try again.")
    if not password:
        raise UsageRefused("the password is empty", "Give the account's password.")
    return password


def ask_username(given: str | None) -> str:
    """The given user name, else the answer to a question. Raises UsageRefused."""
    if given:
        return given
    if not sys.stdin.isatty():
        raise UsageRefused("there is no terminal to ask for the user name", "Give it with --username.")
    return input("User name: ").strip()


async def login(server: str | None, username: str | None, password_stdin: bool) -> int:
    """Sign in and keep the tokens."""
    terminal = Terminal()
    file = credential_file()
    address = choose_server(server, file)
    host = urlsplit(address)
    if host.scheme == "http" and host.hostname not in _HERE:
        terminal.note(f"warning: {address} is not encrypted; others on the network can read the password")
    name = ask_username(username)
    password = read_password(f"Password of {name} on {address}: ", from_stdin=password_stdin)
    async with SovdClient.open(address, None) as client:
        pair = await client.account.login(name, password)
    file.save(address, StoredLogin(username=name, access_token=pair.access_token, refresh_token=pair.refresh_token))
    file.choose(address)
    terminal.line(f"signed in on {address} as {name}")
    return ExitCode.DONE


async def logout(server: str | None) -> int:
    """End the session on the server and forget the tokens, even where the server cannot be told."""
    terminal = Terminal()
    file = credential_file()
    address = choose_server(server, file)
    if file.load(address) is None:
        terminal.line(f"not signed in on {address}")
        return ExitCode.DONE
    try:
        async with SovdClient.open(address, token_source(address, file, {})) as client:
            await client.account.logout()
    except ClientError as error:
        terminal.note(f"the server was not told: {error.message}")
    file.remove(address)
    terminal.line(f"signed out on {address}")
    return ExitCode.DONE
