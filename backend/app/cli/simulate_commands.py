"""`sovd simulate`: the declaration; the work is in `simulate_acts`."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli.options import JsonOption, finish
from app.stop_signals import leave_at_once_when_stopped

_PANEL = "The service itself"

VehiclesOption = Annotated[int, typer.Option("--vehicles", "-n", min=1, max=100_000, help="How many.")]
DescriptionOption = Annotated[
    Path | None,
    typer.Option("--description", metavar="FILE", help="YAML description of a vehicle. Default: a built-in one."),
]
PrintOption = Annotated[
    bool, typer.Option("--print-description", help="Print the built-in description, to start an own one from.")
]
HostOption = Annotated[str, typer.Option("--host", help="Address to listen on.")]
DoipPortOption = Annotated[
    int,
    typer.Option(
        "--doip-port",
        min=0,
        max=65535,
        help="TCP port of the first vehicle, the others have the next ones; also the UDP port. 0: free ones.",
    ),
]
SovdPortOption = Annotated[
    int, typer.Option("--sovd-port", min=0, max=65535, help="Port of the vehicles' SOVD servers. 0: a free one.")
]
ControlPortOption = Annotated[
    int, typer.Option("--control-port", min=0, max=65535, help="Port of the control interface. 0: a free one.")
]
ControlHostOption = Annotated[
    str, typer.Option("--control-host", help="Address of the control interface. It has no sign-in.")
]
CertificateOption = Annotated[
    Path | None, typer.Option("--tls-certificate", metavar="FILE", help="PEM chain; serves DoIP over TLS too.")
]
KeyOption = Annotated[Path | None, typer.Option("--tls-key", metavar="FILE", help="Its private key, PEM.")]
AnnounceOption = Annotated[
    bool, typer.Option("--announce", help="Announce the vehicles by broadcast on UDP port 13400.")
]
FirstNumberOption = Annotated[
    int, typer.Option("--first-number", min=0, max=999_999, help="Number of the first vehicle, in VINs.")
]
SeedOption = Annotated[int, typer.Option("--seed", help="Chance: the same seed gives the same values and noise.")]


def simulate(
    *,
    vehicles: VehiclesOption = 1,
    description: DescriptionOption = None,
    print_description: PrintOption = False,
    host: HostOption = "127.0.0.1",
    doip_port: DoipPortOption = 0,
    sovd_port: SovdPortOption = 0,
    control_port: ControlPortOption = 0,
    control_host: ControlHostOption = "127.0.0.1",
    tls_certificate: CertificateOption = None,
    tls_key: KeyOption = None,
    announce: AnnounceOption = False,
    first_number: FirstNumberOption = 1,
    seed: SeedOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Serve simulated vehicles over DoIP and SOVD, to try everything without a car. Ctrl-C or SIGTERM stops it."""
    leave_at_once_when_stopped()
    from app.cli.simulate_acts import Simulation, print_built_in, run_simulation  # noqa: PLC0415 - --help at once

    if print_description:
        raise typer.Exit(print_built_in())
    wanted = Simulation(
        vehicles=vehicles,
        description=description,
        host=host,
        doip_port=doip_port,
        sovd_port=sovd_port,
        control_host=control_host,
        control_port=control_port,
        tls_certificate=tls_certificate,
        tls_key=tls_key,
        announce=announce,
        first_number=first_number,
        seed=seed,
    )
    finish(run_simulation(wanted, as_json=as_json))


def register(app: typer.Typer) -> None:
    """Add this command to the program."""
    app.command(rich_help_panel=_PANEL)(simulate)
