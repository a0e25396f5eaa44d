"""Data and configurations of virtual ECUs: their data identifiers. Ids are the identifiers in four hex digits."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from app.domain.errors import VehicleRefused
from app.domain.json_values import JsonValue
from app.protocols.sovd.sovd_errors import invalid_data, resource_unknown
from app.protocols.uds.negative_responses import Nrc
from app.protocols.uds.services import Service
from app.simulator.data_formats import BytesFormat
from app.simulator.description import IdentifierDescription
from app.simulator.sovd_access import EcuAccess, refusals_of
from app.simulator.sovd_value_schemas import identifier_schema
from app.simulator.virtual_ecu import VirtualEcu
from app.sovd_server.backend_values import Asking, Configuration, DataGroup, DataItem, Reading
from app.sovd_server.entity_tree import EntityKey

_NOT_THIS_VALUE = frozenset(
    {f"0x{Nrc.REQUEST_OUT_OF_RANGE:02X}", f"0x{Nrc.INCORRECT_MESSAGE_LENGTH_OR_INVALID_FORMAT:02X}"}
)


class EcuValues:
    """Implements `DataSource` and `Configurations`. Coding (bytes that can be written) is a configuration, too."""

    def __init__(self, access: EcuAccess) -> None:
        self._access = access

    async def data_items(self, entity: EntityKey, asking: Asking) -> Sequence[DataItem]:
        """Every data identifier of the ECU."""
        return [
            DataItem(
                data_id=f"{known.data_id:04X}",
                name=known.name,
                category=known.category,
                writable=known.writable,
                schema=identifier_schema(known),
            )
            for known in self._access.ecu(entity).data.identifiers
        ]

    async def data_groups(self, entity: EntityKey, asking: Asking) -> Sequence[DataGroup]:
        """None: an ECU has too few identifiers to group them."""
        return ()

    async def read_data(self, entity: EntityKey, data_id: str, asking: Asking) -> Reading:
        """The value now."""
        known = self._known(entity, data_id)
        ecu = await self._access.awake(entity)
        with refusals_of(ecu, Service.READ_DATA_BY_IDENTIFIER):
            return Reading(data=ecu.read_value(known.data_id, self._access.now()))

    async def write_data(self, entity: EntityKey, data_id: str, value: JsonValue, asking: Asking) -> None:
        """Write a value; the ECU may want another session, or to be unlocked."""
        known = self._known(entity, data_id)
        ecu = await self._access.awake(entity)
        with _values_refused(ecu, known):
            ecu.write_value(known.data_id, value, self._access.now())

    async def configurations(self, entity: EntityKey, asking: Asking) -> Sequence[Configuration]:
        """The coding of the ECU."""
        return [
            Configuration(
                configuration_id=f"{known.data_id:04X}",
                name=known.name,
                schema=identifier_schema(known),
            )
            for known in self._access.ecu(entity).data.identifiers
            if known.writable and isinstance(known.form, BytesFormat)
        ]

    async def read_parameter(self, entity: EntityKey, configuration_id: str, asking: Asking) -> Reading:
        """The coding, as hex text."""
        return await self.read_data(entity, configuration_id, asking)

    async def write_parameter(self, entity: EntityKey, configuration_id: str, value: JsonValue, asking: Asking) -> None:
        """Code the ECU."""
        await self.write_data(entity, configuration_id, value, asking)

    async def read_bytes(self, entity: EntityKey, configuration_id: str, asking: Asking) -> bytes:
        """There are no bulk configurations."""
        raise resource_unknown(f"bulk configuration {configuration_id}")

    async def write_bytes(self, entity: EntityKey, configuration_id: str, content: bytes, asking: Asking) -> None:
        """There are no bulk configurations."""
        raise resource_unknown(f"bulk configuration {configuration_id}")

    def _known(self, entity: EntityKey, data_id: str) -> IdentifierDescription:
        for known in self._access.ecu(entity).data.identifiers:
            if f"{known.data_id:04X}" == data_id:
                return known
        raise resource_unknown(f"data resource {data_id}")


@contextmanager
def _values_refused(ecu: VirtualEcu, known: IdentifierDescription) -> Iterator[None]:
    """A value that does not fit is the caller's mistake, and told as a DataError; all else is the ECU's refusal."""
    try:
        with refusals_of(ecu, Service.WRITE_DATA_BY_IDENTIFIER):
            yield
    except VehicleRefused as error:
        if error.details.get("nrc") in _NOT_THIS_VALUE and ecu.is_allowed(known.write_access):
            raise invalid_data(error.message) from error
        raise
