"""Executions of operations: which run, how the finished ones ended. Bounded; the oldest finished ones go first."""

from collections import OrderedDict
from dataclasses import dataclass

from app.sovd_server.backend_values import ExecutionState, ExecutionStatus
from app.sovd_server.due_actions import DueAction
from app.sovd_server.entity_tree import EntityKey

OperationKey = tuple[EntityKey, str]


@dataclass(slots=True, kw_only=True)
class Execution:
    """An execution as last seen. `capability` is the one running now; `timeout` stops it when its time is over."""

    execution_id: str
    operation: OperationKey
    capability: str
    state: ExecutionState | None = None
    timeout: DueAction | None = None

    @property
    def is_running(self) -> bool:
        """Whether it was running when last seen; one that is just being started counts."""
        return self.state is None or self.state.status is ExecutionStatus.RUNNING

    def saw(self, state: ExecutionState) -> None:
        """Note how it stands; what has finished needs no timeout."""
        self.state = state
        if not self.is_running and self.timeout is not None:
            self.timeout.cancel()


class ExecutionBook:
    """All executions of one vehicle."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._executions: OrderedDict[str, Execution] = OrderedDict()

    def add(self, execution: Execution) -> bool:
        """Remember an execution; False: all places are taken by running ones."""
        while len(self._executions) >= self._most:
            finished = next((key for key, kept in self._executions.items() if not kept.is_running), None)
            if finished is None:
                return False
            del self._executions[finished]
        self._executions[execution.execution_id] = execution
        return True

    def of(self, operation: OperationKey) -> tuple[Execution, ...]:
        """The executions of an operation, oldest first."""
        return tuple(kept for kept in self._executions.values() if kept.operation == operation)

    def find(self, operation: OperationKey, execution_id: str) -> Execution | None:
        """One execution of an operation."""
        kept = self._executions.get(execution_id)
        return kept if kept is not None and kept.operation == operation else None

    def forget(self, execution: Execution) -> None:
        """Drop it."""
        if execution.timeout is not None:
            execution.timeout.cancel()
        self._executions.pop(execution.execution_id, None)
