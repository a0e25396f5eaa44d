"""What the diagnostic data says of an ECU as a whole: its routines and the units of its values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.diagnostic_data.compiled_sets import CompiledVariant
from app.diagnostic_data.data_source import DiagnosticDataLibrary
from app.diagnostic_data.port import DataSetRef
from app.diagnostic_data.variant_choice import chosen
from app.domain.json_values import JsonObject
from app.protocols.uds.services import RoutineAction


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribedRoutine:
    """A routine of the data, and which actions (31 01, 02, 03) it is described with."""

    routine_id: int
    name: str
    actions: frozenset[int]

    @property
    def is_asynchronous(self) -> bool:
        """Whether it goes on after its start was confirmed."""
        return bool(self.actions & {RoutineAction.STOP, RoutineAction.RESULTS})


class DescribedEcus:
    """Looks into the sets that serve a vehicle. `variant` is the identified one, or None."""

    def __init__(self, library: DiagnosticDataLibrary, refs: Sequence[DataSetRef]) -> None:
        self._library = library
        self._refs = tuple(refs)
        self.data = library.for_data_sets(self._refs)

    async def routines(self, ecu_address: int, variant: str | None) -> tuple[DescribedRoutine, ...]:
        """All routines of an ECU; the first set that describes one decides. Raises ServiceError."""
        found: dict[int, DescribedRoutine] = {}
        for described in await self._variants(ecu_address, variant):
            for number, entry in described.routines.items():
                routine_id = int(number, 16)
                actions = frozenset(int(action) for action in entry["actions"])
                name = str(entry["name"])
                found.setdefault(routine_id, DescribedRoutine(routine_id=routine_id, name=name, actions=actions))
        return tuple(found[number] for number in sorted(found))

    async def units(self, ecu_address: int, variant: str | None) -> Mapping[int, Mapping[str, str | None]]:
        """The values of each identifier by name, with their units; those of a layout that only odxtools can read are
        there if they have a unit."""
        found: dict[int, Mapping[str, str | None]] = {}
        for described in await self._variants(ecu_address, variant):
            for number, entry in described.identifiers.items():
                found.setdefault(int(number, 16), _units_of(described, entry))
        return found

    async def _variants(self, ecu_address: int, variant: str | None) -> list[CompiledVariant]:
        found = []
        mine = [ref for ref in self._refs if ref.ecu_address == ecu_address]
        for ref in mine + [ref for ref in self._refs if ref.ecu_address is None]:
            compiled = await self._library.sets.opened(ref.checksum)
            name = chosen(compiled.variants, ref, ecu_address, variant)
            described = None if name is None else await compiled.variant(name)
            if described is not None:
                found.append(described)
        return found


def _units_of(described: CompiledVariant, entry: JsonObject) -> dict[str, str | None]:
    side = entry["read"] or entry["write"]
    layout = described.layout(side["layout"])
    if layout is None:
        return dict(side["units"])
    return {field.name: field.unit for field in layout.fields if not field.hidden}
