"""A virtual ECU that counts what it did: a command changes a vehicle once or not at all, and never twice."""

from collections import Counter
from collections.abc import Mapping

from app.domain.json_values import JsonValue
from app.simulator.routine_runs import RoutineRun
from app.simulator.virtual_ecu import VirtualEcu


class CountingEcu(VirtualEcu):
    """Made of a virtual ECU by `count_acts`. `acts`: command → how often the ECU carried it out."""

    acts: Counter[str]

    def clear_faults(self, code: int | None, now: float) -> int:
        cleared = super().clear_faults(code, now)
        self.acts["ClearDTC"] += 1
        return cleared

    def write_record(self, data_id: int, record: bytes, now: float) -> None:
        super().write_record(data_id, record, now)
        self.acts["WriteDataByID"] += 1

    def start_routine(self, routine_id: int, parameters: bytes | Mapping[str, JsonValue], now: float) -> RoutineRun:
        run = super().start_routine(routine_id, parameters, now)
        self.acts["RoutineControl"] += 1
        return run

    def reset(self, now: float) -> None:
        super().reset(now)
        self.acts["ECUReset"] += 1

    @property
    def records_faults(self) -> bool:
        return self._recording_since is not None

    @records_faults.setter
    def records_faults(self, on: bool) -> None:
        VirtualEcu.records_faults.fset(self, on)  # type: ignore[attr-defined] # it is a property
        self.acts["ControlDTCSetting"] += not on


def count_acts(ecu: VirtualEcu) -> Counter[str]:
    """Have an ECU count from now on; gives its counts, which go on changing."""
    acts: Counter[str] = Counter()
    ecu.__class__ = CountingEcu
    vars(ecu)["acts"] = acts
    return acts
