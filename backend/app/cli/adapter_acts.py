"""Runs the adapter from UDS to SOVD until Ctrl-C, and says what it serves."""

import asyncio
import hashlib
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from app.cli.exit_codes import ExitCode
from app.cli.given_files import read_file, why_unreadable
from app.cli.service_acts import read_settings
from app.cli.stopping import until_stopped
from app.cli.tables import cell, plain_table
from app.cli.terminal import Terminal
from app.cli.usage_errors import UsageRefused
from app.connectors.doip_address import DoipAddress, parse_doip_address
from app.connectors.port import VehicleContext
from app.diagnostic_data.data_source import DiagnosticDataLibrary
from app.diagnostic_data.port import DataSetRef
from app.domain.errors import InvalidRequest, NotFound, VehicleError
from app.domain.json_values import JsonObject
from app.domain.vehicle_secrets import SecretName
from app.embedded.home import default_home
from app.links.uds_errors import ecu_text
from app.observability.logs import configure_logging
from app.sovd_server.http_serving import CannotListen
from app.uds_adapter.adapted_vehicle import AdaptedVehicle, adapted_vehicle
from app.uds_adapter.adapter_serving import ServingPlace, vehicle_served
from app.uds_adapter.adapter_settings import AdapterSettings
from app.uds_adapter.described_ecus import DescribedEcus


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterWish:
    """What the options say."""

    doip: str
    address_settings: Mapping[str, str | None]
    """Settings of a DoIP address that were given as options."""
    tls: bool
    tls_trusted: Path | None
    tls_client: Path | None
    diagnostic_data: tuple[Path, ...]
    host: str
    port: int
    certificate: Path | None
    key: Path | None
    token_file: Path | None
    lock_is_needed: bool


async def run_adapter(wish: AdapterWish, *, as_json: bool) -> int:
    """Serve until Ctrl-C or SIGTERM. Raises UsageRefused for what is wrong with the options."""
    settings, place = adapter_settings(wish), serving_place(wish)
    home = (read_settings().home or default_home()).expanduser()
    configure_logging("warning", "console")
    terminal = Terminal(as_json)
    if place.is_open_to_others:
        terminal.note(
            f"Anybody who reaches {place.host}:{place.port} can diagnose and change this vehicle: "
            "give --token-file, or listen on 127.0.0.1."
        )

    async def serve() -> None:
        async with AsyncExitStack() as stack:
            described = await stack.enter_async_context(_described(wish.diagnostic_data, home))
            terminal.note(f"Looking for the ECUs behind {settings.gateway.gateway} ...")
            vehicle = await stack.enter_async_context(adapted_vehicle(settings, described))
            url = await stack.enter_async_context(vehicle_served(vehicle, place))
            if as_json:
                terminal.json(adapter_document(vehicle, url))
            else:
                _show(terminal, vehicle, url)
            await asyncio.get_running_loop().create_future()  # until it is cancelled

    try:
        await until_stopped(serve(), terminal)
    except CannotListen as error:
        raise UsageRefused(error.message, "Check --host and --port.") from error
    except VehicleError as error:
        raise UsageRefused(error.message, "Check --doip, --ecus and that the vehicle is awake.") from error
    return ExitCode.DONE


def adapter_settings(wish: AdapterWish) -> AdapterSettings:
    """What the options say of the vehicle. Raises UsageRefused."""
    address = _address(wish)
    secrets: dict[str, str] = {
        name: read_file(str(path))
        for name, path in (
            (SecretName.TRUSTED_CERTIFICATES, wish.tls_trusted),
            (SecretName.CLIENT_CERTIFICATE, wish.tls_client),
        )
        if path is not None
    }
    if secrets and not address.tls:
        raise UsageRefused("--tls-trusted and --tls-client are of no use without TLS", "Give --tls too.")
    gateway = address.settings(VehicleContext(secrets=secrets))
    return AdapterSettings(gateway=gateway, ecus=address.ecus, lock_is_needed=wish.lock_is_needed)


def _address(wish: AdapterWish) -> DoipAddress:
    text = wish.doip if "://" in wish.doip else f"doip://{wish.doip}"
    given = [f"{name}={value}" for name, value in wish.address_settings.items() if value is not None]
    given += ["tls=1"] if wish.tls else []
    joined = f"{text}{'&' if '?' in text else '?'}{'&'.join(given)}" if given else text
    try:
        return parse_doip_address(joined)
    except InvalidRequest as error:
        why = "; ".join(field.message for field in error.field_errors) or error.message
        raise UsageRefused(f"the gateway cannot be addressed: {why}", "Check --doip and its settings.") from error


def serving_place(wish: AdapterWish) -> ServingPlace:
    """What the options say of our own side. Raises UsageRefused for files that cannot be used."""
    if (wish.certificate is None) != (wish.key is None):
        raise UsageRefused("HTTPS needs a certificate and its key", "Give both --https-certificate and --https-key.")
    if wish.certificate is not None:
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(wish.certificate, wish.key)
        except (OSError, ssl.SSLError) as error:
            raise UsageRefused(
                f"the certificate or key cannot be used: {error}", "Check --https-certificate and --https-key."
            ) from error
    return ServingPlace(
        host=wish.host, port=wish.port, certificate=wish.certificate, key=wish.key, tokens=_tokens(wish.token_file)
    )


def _tokens(path: Path | None) -> tuple[str, ...]:
    if path is None:
        return ()
    tokens = tuple(line.strip() for line in read_file(str(path)).splitlines() if line.strip())
    if not tokens:
        raise UsageRefused(
            f"{path} holds no token", "Write one token a line into it, for example `openssl rand -hex 32`."
        )
    return tokens


@asynccontextmanager
async def _described(files: Sequence[Path], home: Path) -> AsyncIterator[DescribedEcus]:
    """Diagnostic data straight from files; what is compiled from them is kept in the data directory."""
    kept: dict[str, Path] = {}

    async def content_of(checksum: str) -> bytes:
        if checksum not in kept:
            raise NotFound("There is no such diagnostic data.")
        return await asyncio.to_thread(kept[checksum].read_bytes)

    library = DiagnosticDataLibrary(home, content_of)
    try:
        refs = []
        for file in files:
            try:
                content = await asyncio.to_thread(file.read_bytes)
            except OSError as error:
                raise UsageRefused(
                    f"{file} cannot be read: {why_unreadable(error)}", "Check --diagnostic-data."
                ) from error
            checksum = hashlib.sha256(content).hexdigest()
            kept[checksum] = file
            head = await library.load(checksum, content, file.name)
            refs.append(DataSetRef(data_set_id=checksum, name=head["name"], version=head["version"], checksum=checksum))
        yield DescribedEcus(library, refs)
    finally:
        await library.close()


def adapter_document(vehicle: AdaptedVehicle, url: str) -> JsonObject:
    """What is served, for scripts."""
    return {
        "url": url,
        "sovd_address": f"sovd+{url}/",
        "components": [
            {
                "component": ecu.component,
                "ecuAddress": ecu_text(ecu.address),
                "name": ecu.title,
                "variant": ecu.variant,
                "online": ecu.is_online,
            }
            for ecu in vehicle.ecus.values()
        ],
    }


def _show(terminal: Terminal, vehicle: AdaptedVehicle, url: str) -> None:
    table = plain_table("Component", "ECU", "Name", "Answers")
    for ecu in vehicle.ecus.values():
        answers = "yes" if ecu.is_online else "no"
        table.add_row(cell(ecu.component), cell(ecu_text(ecu.address)), cell(ecu.title), cell(answers))
    terminal.show(table)
    terminal.line("")
    terminal.line(f"SOVD server: {url}/version-info")
    terminal.line(f"Address for `sovd vehicle add`: sovd+{url}/")
    terminal.line("Ctrl-C stops it.")
