"""Writes docs/reference/cli.md from the program itself; a test compares the two.

`python -m app.cli.reference_page` prints the page.
"""

import inspect
from collections.abc import Iterator

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption
from typer.main import get_command

from app.cli.application import build_app
from app.cli.exit_codes import MEANINGS

_HEAD = """# The program `sovd`

Made from the program by `python -m app.cli.reference_page > docs/reference/cli.md`; do not edit it by hand.

Results go to standard output, everything else to standard error. `--json` prints one JSON document (`run` and `watch`:
one event per line). There are no colours where the output is no terminal, or `NO_COLOR` is set.

| environment variable | meaning |
|---|---|
| `SOVD_SERVER` | server address, as `--server` |
| `SOVD_TOKEN` | access token to use instead of a sign-in; it is not renewed |
| `SOVD_CONFIG` | the credentials file; default: `sovd-command/credentials.json` in the user's configuration folder |
| `SSL_CERT_FILE` | certificates to trust, for a server with a certificate of your own |
| `SOVD_DEBUG` | show where in the program an unexpected error happened |
"""


def reference_page() -> str:
    """The page as text."""
    root = get_command(build_app())
    assert isinstance(root, TyperGroup)  # noqa: S101 - it has many commands
    return "\n".join([_HEAD, _exit_codes(), *_sections("sovd", root, "##")])


def _sections(title: str, group: TyperGroup, level: str) -> Iterator[str]:
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield f"{level} {title} {name}\n\n{_text(command.help)}\n"
            yield from _sections(f"{title} {name}", command, f"{level}#")
        else:
            yield _section(f"{title} {name}", command, level)


def _exit_codes() -> str:
    rows = "\n".join(f"| {code.value} | {meaning} |" for code, meaning in MEANINGS.items())
    return f"## Exit codes\n\n| code | meaning |\n|---|---|\n{rows}\n"


def _section(title: str, command: object, level: str) -> str:
    assert isinstance(command, TyperCommand)  # noqa: S101 - leaves of the tree are commands
    arguments = [item for item in command.params if isinstance(item, TyperArgument)]
    options = [item for item in command.params if isinstance(item, TyperOption) and item.name != "help"]
    usage = " ".join([title, *(str(item.metavar) for item in arguments), "[OPTIONS]" if options else ""]).strip()
    rows = [f"| `{item.metavar}` | {_text(item.help)} |" for item in arguments]
    rows += [f"| {_names(item)} | {_meaning(item)} |" for item in options]
    table = "\n".join(["| argument or option | meaning |", "|---|---|", *rows, ""]) if rows else ""
    return f"{level} {title}\n\n{_text(command.help)}\n\n```\n{usage}\n```\n\n{table}"


def _names(option: TyperOption) -> str:
    names = ", ".join(f"`{name}`" for name in [*option.opts, *option.secondary_opts])
    return names if option.is_flag else f"{names} `{option.metavar or 'VALUE'}`"


def _meaning(option: TyperOption) -> str:
    choices = option.type_descriptor.choices or ()
    notes = [f"one of {', '.join(f'`{choice.value}`' for choice in choices)}"] if choices else []
    if option.required:
        notes.append("required")
    elif not option.is_flag and isinstance(option.default, int | float):
        notes.append(f"default {option.default}")
    return " ".join([_text(option.help), f"({'; '.join(notes)})" if notes else ""]).strip()


def _text(text: str | None) -> str:
    return inspect.cleandoc(text or "").replace("|", "\\|")


if __name__ == "__main__":
    typer.echo(reference_page(), nl=False)
