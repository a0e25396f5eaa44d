"""`sovd adapter`: the declaration; the work is in `adapter_acts`."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli.options import JsonOption, finish
from app.stop_signals import leave_at_once_when_stopped

_PANEL = "The service itself"

DoipOption = Annotated[
    str,
    typer.Option(
        "--doip",
        metavar="HOST[:PORT]",
        help="The vehicle's DoIP gateway; also a whole address as vehicles are registered with: doip://HOST?ecus=…",
    ),
]
EcusOption = Annotated[
    str | None,
    typer.Option("--ecus", metavar="ADDRESSES", help="The ECUs: 0x1010,0x1020. Default: those that answer."),
]
TesterOption = Annotated[
    str | None, typer.Option("--tester", metavar="ADDRESS", help="Our own logical address. Default: 0x0E00.")
]
ActivationOption = Annotated[
    str | None, typer.Option("--activation", metavar="TYPE", help="Type of routing activation. Default: 0x00.")
]
FunctionalOption = Annotated[
    str | None,
    typer.Option("--functional", metavar="ADDRESS", help="Address that all ECUs listen to. Default: 0xE400."),
]
TlsOption = Annotated[bool, typer.Option("--tls", help="DoIP over TLS; the port is then 3496 unless given.")]
TlsTrustedOption = Annotated[
    Path | None,
    typer.Option(
        "--tls-trusted", metavar="FILE", help="PEM certificates that prove the gateway. Default: the machine's."
    ),
]
TlsClientOption = Annotated[
    Path | None,
    typer.Option(
        "--tls-client", metavar="FILE", help="PEM with our certificate and its key, where the gateway wants it."
    ),
]
DataOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--diagnostic-data",
        metavar="FILE",
        help="PDX, ODX or identifiers file that describes the ECUs; may be given more than once.",
    ),
]
HostOption = Annotated[str, typer.Option("--host", help="Address to listen on.")]
PortOption = Annotated[int, typer.Option("--port", min=0, max=65535, help="Port to listen on. 0: a free one.")]
CertificateOption = Annotated[
    Path | None, typer.Option("--https-certificate", metavar="FILE", help="PEM chain: serve HTTPS.")
]
KeyOption = Annotated[Path | None, typer.Option("--https-key", metavar="FILE", help="Its private key, PEM.")]
TokenFileOption = Annotated[
    Path | None,
    typer.Option("--token-file", metavar="FILE", help="Bearer tokens that clients must show, one a line."),
]
WithoutLocksOption = Annotated[
    bool, typer.Option("--without-locks", help="Let clients change an ECU without holding its lock.")
]


def adapter(
    *,
    doip: DoipOption,
    ecus: EcusOption = None,
    tester: TesterOption = None,
    activation: ActivationOption = None,
    functional: FunctionalOption = None,
    tls: TlsOption = False,
    tls_trusted: TlsTrustedOption = None,
    tls_client: TlsClientOption = None,
    diagnostic_data: DataOption = None,
    host: HostOption = "127.0.0.1",
    port: PortOption = 20002,
    https_certificate: CertificateOption = None,
    https_key: KeyOption = None,
    token_file: TokenFileOption = None,
    without_locks: WithoutLocksOption = False,
    as_json: JsonOption = False,
) -> None:
    """Serve a vehicle with classic UDS ECUs behind a DoIP gateway as a SOVD server. Ctrl-C or SIGTERM stops it."""
    leave_at_once_when_stopped()
    from app.cli.adapter_acts import AdapterWish, run_adapter  # noqa: PLC0415 - --help must appear at once

    wish = AdapterWish(
        doip=doip,
        address_settings={"ecus": ecus, "tester": tester, "activation": activation, "functional": functional},
        tls=tls,
        tls_trusted=tls_trusted,
        tls_client=tls_client,
        diagnostic_data=tuple(diagnostic_data or ()),
        host=host,
        port=port,
        certificate=https_certificate,
        key=https_key,
        token_file=token_file,
        lock_is_needed=not without_locks,
    )
    finish(run_adapter(wish, as_json=as_json))


def register(app: typer.Typer) -> None:
    """Add this command to the program."""
    app.command(rich_help_panel=_PANEL)(adapter)
