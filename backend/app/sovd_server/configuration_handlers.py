"""Configurations (ISO 17978-3, 7.12): parameters as JSON, bulk configurations as bytes."""

from app.protocols.sovd import documents
from app.protocols.sovd.sovd_errors import (
    SovdRefusal,
    VendorCode,
    invalid_data,
    read_only,
    resource_unknown,
    vendor_error,
)
from app.sovd_server.backend import Configurations
from app.sovd_server.backend_values import Configuration
from app.sovd_server.call import Answer, Call, filled, listed, media_type_of
from app.sovd_server.data_handlers import reading_body

_JSON = "application/json"


def _configurations(call: Call) -> Configurations:
    configurations = call.vehicle.backend.configurations
    if configurations is None:
        raise resource_unknown("configurations")
    return configurations


async def configuration_of(call: Call) -> Configuration:
    """The configuration that the path names. Raises SovdRefusal 404."""
    wanted = call.params["configuration-id"]
    for configuration in await _configurations(call).configurations(call.entity.key, call.asking):
        if configuration.configuration_id == wanted:
            return configuration
    raise resource_unknown(f"configuration {wanted}")


async def list_configurations(call: Call) -> Answer:
    """GET configurations."""
    items = [
        filled(
            id=configuration.configuration_id,
            name=configuration.name,
            type="bulk" if configuration.is_bulk else "parameter",
            version=configuration.version,
            content_type=configuration.content_type,
            translation_id=configuration.translation_id,
            tags=listed(configuration.tags),
            href=call.link("configurations", configuration.configuration_id),
        )
        for configuration in await _configurations(call).configurations(call.entity.key, call.asking)
        if call.wants_tags(configuration.tags)
    ]
    return call.with_schema({"items": items}, lambda: documents.list_of(documents.CONFIGURATION))


async def read_configuration(call: Call) -> Answer:
    """GET of one configuration, in the form that `Accept` asks for: 406 where there is none."""
    configuration = await configuration_of(call)
    media_type = configuration.content_type or _JSON
    if not accepts(call.request.headers.get("accept"), media_type):
        error = vendor_error(VendorCode.NOT_ACCEPTABLE, f"This configuration is available as {media_type}.")
        raise SovdRefusal(406, error)
    source, key = _configurations(call), call.entity.key
    if configuration.content_type is not None:
        content = await source.read_bytes(key, configuration.configuration_id, call.asking)
        return Answer(content=content, media_type=media_type)
    reading = await source.read_parameter(key, configuration.configuration_id, call.asking)
    return call.with_schema(
        reading_body(configuration.configuration_id, reading),
        lambda: documents.read_value(dict(configuration.schema)),
    )


async def write_configuration(call: Call) -> Answer:
    """PUT of one configuration: a parameter as JSON, a bulk one as bytes of its type."""
    configuration = await configuration_of(call)
    if not configuration.writable:
        raise read_only(configuration.name)
    target, key = _configurations(call), call.entity.key
    if configuration.content_type is None:
        body = await call.json()
        if "data" not in body:
            raise invalid_data("The body needs a member `data` with the value.")
        await target.write_parameter(key, configuration.configuration_id, body["data"], call.asking)
        return Answer(status=204)
    if media_type_of(call.request) not in {configuration.content_type, "application/octet-stream"}:
        error = vendor_error(VendorCode.UNSUPPORTED_MEDIA_TYPE, f"Send it as {configuration.content_type}.")
        raise SovdRefusal(415, error)
    await target.write_bytes(key, configuration.configuration_id, await call.body(), call.asking)
    return Answer(status=204)


def accepts(header: str | None, media_type: str) -> bool:
    """Whether an Accept header (None: missing) lets an answer be of this type."""
    if not header:
        return True
    family = media_type.partition("/")[0]
    for part in header.split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        if name in {media_type, f"{family}/*", "*/*"} and not _is_refused(parameters):
            return True
    return False


def _is_refused(parameters: list[str]) -> bool:
    """Whether the weight of a type in Accept is 0: "not this one"."""
    return any(parameter.replace(" ", "") in {"q=0", "q=0.0", "q=0.00", "q=0.000"} for parameter in parameters)
