"""The program `sovd`: starts the service, and talks to it from a terminal or a script."""


def main() -> None:
    """Entry point. Leaves with one of the codes in `app.cli.exit_codes`."""
    try:
        from app.cli.application import run  # noqa: PLC0415 - importing the package stays free of cost and effects

        code = run()
    except KeyboardInterrupt:
        code = 130  # while modules were loaded; the commands themselves see to Ctrl-C
    raise SystemExit(code)
