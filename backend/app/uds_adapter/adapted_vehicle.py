"""The vehicle behind the gateway as the adapter serves it: its link, its ECUs, their entities."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager

import structlog

from app.domain.errors import VehicleError, VehicleUnreachable
from app.links.doip_pool import DoipLinks
from app.links.port import DiagnosticLink
from app.links.uds_errors import ecu_text
from app.protocols.sovd.sovd_errors import resource_unknown
from app.sovd_server.entity_tree import SERVER, Collection, Entity, EntityKey, EntityTree, Resource
from app.uds_adapter.adapted_ecu import AdaptedEcu
from app.uds_adapter.adapter_settings import AdapterSettings
from app.uds_adapter.described_ecus import DescribedEcus
from app.uds_adapter.ecu_finding import answering_ecus, component_ids, identify

_SIDE_BY_SIDE = 32
"""ECUs that are asked at the same time while the adapter starts."""
_RESOURCES = frozenset(
    {
        Resource.DATA,
        Resource.DATA_LISTS,
        Resource.FAULTS,
        Resource.OPERATIONS,
        Resource.MODES,
        Resource.LOCKS,
        Resource.CYCLIC_SUBSCRIPTIONS,
        Resource.STATUS,
    }
)
_CONTROLLED = frozenset({Resource.DATA, Resource.FAULTS, Resource.OPERATIONS, Resource.MODES, Resource.STATUS})
_log = structlog.get_logger(component=__name__)


class AdaptedVehicle:
    """Implements `Entities`. Made by `adapted_vehicle`."""

    def __init__(
        self, gateway: str, ecus: Mapping[str, AdaptedEcu], described: DescribedEcus, *, lock_is_needed: bool
    ) -> None:
        self.ecus = ecus
        """By component id."""
        self.described = described
        self._gateway = gateway
        self._lock_needed = _CONTROLLED if lock_is_needed else frozenset[Resource]()
        self._shown: tuple[object, ...] = ()
        self._tree: EntityTree | None = None

    def ecu(self, entity: EntityKey) -> AdaptedEcu:
        """The ECU of a component. Raises SovdRefusal 404."""
        ecu = self.ecus.get(entity.entity_id) if entity.collection is Collection.COMPONENTS else None
        if ecu is None:
            raise resource_unknown(f"ECU {entity.entity_id}")
        return ecu

    async def identified(self, ecu: AdaptedEcu, deadline: float) -> None:
        """Identify an ECU that has not answered yet. Raises VehicleError."""
        if not ecu.is_identified:
            await identify(ecu, self.described.data, deadline)
            ecu.is_identified = True

    async def tree(self) -> EntityTree:
        """The vehicle and its ECUs, each with what it was identified as and whether it answered when last asked."""
        shown = tuple((ecu.title, ecu.variant, ecu.is_online) for ecu in self.ecus.values())
        if self._tree is None or shown != self._shown:
            self._shown = shown
            root = Entity(key=SERVER, name=f"Vehicle behind {self._gateway}")
            self._tree = EntityTree([root, *(self._entity(ecu) for ecu in self.ecus.values())])
        return self._tree

    def _entity(self, ecu: AdaptedEcu) -> Entity:
        state = {"state": "Online" if ecu.is_online else "Offline", "logical_address": ecu_text(ecu.address)}
        known = {} if ecu.variant is None else {"name": ecu.variant, "is_base_variant": False}
        return Entity(
            key=EntityKey(collection=Collection.COMPONENTS, entity_id=ecu.component),
            name=ecu.title,
            resources=_RESOURCES,
            lock_needed=self._lock_needed,
            variant={**known, **state},
        )


@asynccontextmanager
async def adapted_vehicle(settings: AdapterSettings, described: DescribedEcus) -> AsyncIterator[AdaptedVehicle]:
    """Find and identify the ECUs, and serve them as long as the block lasts; then sessions and sockets are given back.

    ECUs that are named and do not answer are there, offline, and are identified when they first answer. Raises
    VehicleUnreachable where no ECU is named and none was found.
    """
    async with DoipLinks() as links, links.use(settings.gateway) as link:
        deadline = asyncio.get_running_loop().time() + settings.find_within_s
        addresses = await _addresses(link, settings, described, deadline)
        names = {ecu.ecu_address: ecu.name for ecu in await described.data.ecus()}
        owing: set[int] = set()
        ecus: dict[str, AdaptedEcu] = {}
        for address, component in component_ids((one, names.get(one)) for one in addresses).items():
            ecu = AdaptedEcu(link, address, component, settings.timing, owing)
            ecu.name = names.get(address)
            ecus[component] = ecu
        vehicle = AdaptedVehicle(settings.gateway.gateway, ecus, described, lock_is_needed=settings.lock_is_needed)
        try:
            await _identify_all(vehicle, ecus.values(), deadline)
            yield vehicle
        finally:
            async with asyncio.TaskGroup() as closing:
                for ecu in ecus.values():
                    closing.create_task(ecu.close())


async def _addresses(
    link: DiagnosticLink, settings: AdapterSettings, described: DescribedEcus, deadline: float
) -> tuple[int, ...]:
    if settings.ecus:
        return settings.ecus
    known = {ecu.ecu_address for ecu in await described.data.ecus()}
    found = await answering_ecus(link, settings.gateway.functional_address, settings.timing, deadline)
    every = tuple(sorted(known | set(found)))
    if not every:
        raise VehicleUnreachable(
            f"No ECU behind {settings.gateway.gateway} answered the functional address. Name the ECUs: "
            "--ecus 0x1010,0x1020."
        )
    return every


async def _identify_all(vehicle: AdaptedVehicle, ecus: Iterable[AdaptedEcu], deadline: float) -> None:
    places = asyncio.Semaphore(_SIDE_BY_SIDE)

    async def look(ecu: AdaptedEcu) -> None:
        async with places:
            try:
                await vehicle.identified(ecu, deadline)
            except VehicleError as error:
                _log.warning("uds_adapter.ecu_offline", ecu=ecu_text(ecu.address), why=error.message)

    async with asyncio.TaskGroup() as tasks:
        for ecu in ecus:
            tasks.create_task(look(ecu))
