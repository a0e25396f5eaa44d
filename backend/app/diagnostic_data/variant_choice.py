"""Which variant of a set describes an ECU. Pure."""

from collections.abc import Sequence

from app.diagnostic_data.port import DataSetRef
from app.domain.json_values import JsonObject


def candidates_of(heads: Sequence[JsonObject], ref: DataSetRef, ecu_address: int) -> list[JsonObject]:
    """The variants that may be this ECU's: those with its address; else, for a set that was assigned to it, all.

    Data without any address describes whatever ECU it is assigned to.
    """
    if ref.variant is not None:
        return [head for head in heads if head["name"] == ref.variant]
    named = [head for head in heads if head["ecu_address"] == ecu_address]
    if named:
        return named
    if ref.ecu_address == ecu_address:
        return list(heads)
    return [head for head in heads if head["ecu_address"] is None]


def chosen(heads: Sequence[JsonObject], ref: DataSetRef, ecu_address: int, identified: str | None) -> str | None:
    """The variant to read an ECU's data with: the one named, the one identified, the base, or the only one.

    None where several ECUs could be meant: a guess would show wrong values.
    """
    found = candidates_of(heads, ref, ecu_address)
    names = [head["name"] for head in found]
    if identified in names:
        return identified
    bases = [head["name"] for head in found if head["is_base"]]
    if len(bases) == 1:
        return str(bases[0])
    return str(names[0]) if len(names) == 1 else None
