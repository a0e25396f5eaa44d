"""The 94 operations of ISO 17978-3 (template 1.1.0-rc1): pairs of method and path, two of them for authentication.

`{e}` stands for an entity: `/{entity-collection}/{entity-id}`, or a longer path to a nested one.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SovdOperation:
    """One pair of method and path. `declared_errors` are those beside `default`, which every operation has."""

    number: int
    method: str
    path: str
    success: tuple[int, ...]
    declared_errors: tuple[int, ...]

    @property
    def collection(self) -> str:
        """The resource collection it belongs to: `data`, `faults`; empty for the operations on entities themselves."""
        first = self.path.removeprefix("/{e}").strip("/").split("/")[0]
        return "" if first in {"{entity-collection}", "{any-path}", "areas", "components"} else first

    @property
    def controls(self) -> bool:
        """Whether it changes what a vehicle does or keeps, so that a lock of someone else stands against it."""
        if self.method == "GET" or not self.path.startswith("/{e}/"):
            return False
        return self.collection not in {"locks", "data-lists", "cyclic-subscriptions", "triggers"}


def _row(
    number: int, method: str, path: str, success: tuple[int, ...], declared_errors: tuple[int, ...] = ()
) -> SovdOperation:
    return SovdOperation(number=number, method=method, path=path, success=success, declared_errors=declared_errors)


OPERATIONS = (
    _row(1, "GET", "/{entity-collection}", (200,)),
    _row(2, "GET", "/areas/{area-id}/subareas", (200,)),
    _row(3, "GET", "/components/{component-id}/subcomponents", (200,)),
    _row(4, "GET", "/areas/{area-id}/related-components", (200,)),
    _row(5, "GET", "/components/{component-id}/related-apps", (200,)),
    _row(6, "GET", "/{e}", (200,)),
    _row(7, "GET", "/{any-path}/docs", (200,)),
    _row(8, "POST", "/authorize", (200,), (400,)),
    _row(9, "POST", "/token", (200,), (400,)),
    _row(10, "GET", "/{e}/data-categories", (200,)),
    _row(11, "GET", "/{e}/data-groups", (200,)),
    _row(12, "GET", "/{e}/data", (200,)),
    _row(13, "GET", "/{e}/data/{data-id}", (200,)),
    _row(14, "PUT", "/{e}/data/{data-id}", (204,), (400,)),
    _row(15, "GET", "/{e}/data-lists", (200,)),
    _row(16, "POST", "/{e}/data-lists", (201,), (400, 501)),
    _row(17, "GET", "/{e}/data-lists/{data-list-id}", (200,)),
    _row(18, "DELETE", "/{e}/data-lists/{data-list-id}", (204,)),
    _row(19, "GET", "/{e}/faults", (200,)),
    _row(20, "DELETE", "/{e}/faults", (204,)),
    _row(21, "GET", "/{e}/faults/{fault-code}", (200,)),
    _row(22, "DELETE", "/{e}/faults/{fault-code}", (204,), (404, 409, 501)),
    _row(23, "GET", "/{e}/operations", (200,)),
    _row(24, "GET", "/{e}/operations/{operation-id}", (200,)),
    _row(25, "GET", "/{e}/operations/{operation-id}/executions", (200,)),
    _row(26, "POST", "/{e}/operations/{operation-id}/executions", (200, 202), (409,)),
    _row(27, "GET", "/{e}/operations/{operation-id}/executions/{execution-id}", (200,)),
    _row(28, "PUT", "/{e}/operations/{operation-id}/executions/{execution-id}", (202,)),
    _row(29, "DELETE", "/{e}/operations/{operation-id}/executions/{execution-id}", (204,)),
    _row(30, "GET", "/{e}/modes", (200,)),
    _row(31, "GET", "/{e}/modes/{mode-id}", (200,)),
    _row(32, "PUT", "/{e}/modes/{mode-id}", (200,), (500,)),
    _row(33, "GET", "/{e}/configurations", (200,)),
    _row(34, "GET", "/{e}/configurations/{configuration-id}", (200,), (406,)),
    _row(35, "PUT", "/{e}/configurations/{configuration-id}", (204,), (400, 409)),
    _row(36, "GET", "/{e}/locks", (200,)),
    _row(37, "POST", "/{e}/locks", (201,), (400, 409)),
    _row(38, "GET", "/{e}/locks/{lock-id}", (200,)),
    _row(39, "PUT", "/{e}/locks/{lock-id}", (204,), (409,)),
    _row(40, "DELETE", "/{e}/locks/{lock-id}", (204,), (409,)),
    _row(41, "GET", "/{e}/logs", (200,)),
    _row(42, "GET", "/{e}/logs/entries", (200,)),
    _row(43, "GET", "/{e}/logs/config", (200,)),
    _row(44, "PUT", "/{e}/logs/config", (204,), (400,)),
    _row(45, "DELETE", "/{e}/logs/config", (204,), (404,)),
    _row(46, "GET", "/{e}/bulk-data", (200,)),
    _row(47, "GET", "/{e}/bulk-data/{category}", (200,)),
    _row(48, "POST", "/{e}/bulk-data/{category}", (201,)),
    _row(49, "DELETE", "/{e}/bulk-data/{category}", (200,), (409,)),
    _row(50, "GET", "/{e}/bulk-data/{category}/{bulk-data-id}", (200, 202, 307)),
    _row(51, "DELETE", "/{e}/bulk-data/{category}/{bulk-data-id}", (204,), (409,)),
    _row(52, "GET", "/updates", (200,)),
    _row(53, "POST", "/updates", (201,)),
    _row(54, "GET", "/updates/{update-package-id}", (200,)),
    _row(55, "DELETE", "/updates/{update-package-id}", (204,), (405,)),
    _row(56, "PUT", "/updates/{update-package-id}/automated", (202,), (409,)),
    _row(57, "PUT", "/updates/{update-package-id}/execute", (202,)),
    _row(58, "PUT", "/updates/{update-package-id}/prepare", (202,)),
    _row(59, "GET", "/updates/{update-package-id}/status", (200,)),
    _row(60, "GET", "/{e}/cyclic-subscriptions", (200,)),
    _row(61, "POST", "/{e}/cyclic-subscriptions", (201,), (400, 501, 503)),
    _row(62, "GET", "/{e}/cyclic-subscriptions/{id}", (200,)),
    _row(63, "PUT", "/{e}/cyclic-subscriptions/{id}", (200,)),
    _row(64, "DELETE", "/{e}/cyclic-subscriptions/{id}", (204,)),
    _row(65, "GET", "/{e}/triggers", (200,)),
    _row(66, "POST", "/{e}/triggers", (201,), (400, 501, 503)),
    _row(67, "GET", "/{e}/triggers/{id}", (200,)),
    _row(68, "PUT", "/{e}/triggers/{id}", (200,), (400,)),
    _row(69, "DELETE", "/{e}/triggers/{id}", (204,)),
    _row(70, "GET", "/{e}/scripts", (200,)),
    _row(71, "POST", "/{e}/scripts", (201,)),
    _row(72, "GET", "/{e}/scripts/{script-id}", (200,)),
    _row(73, "DELETE", "/{e}/scripts/{script-id}", (204,)),
    _row(74, "GET", "/{e}/scripts/{script-id}/executions", (200,)),
    _row(75, "POST", "/{e}/scripts/{script-id}/executions", (202,), (409,)),
    _row(76, "GET", "/{e}/scripts/{script-id}/executions/{execution-id}", (200,)),
    _row(77, "PUT", "/{e}/scripts/{script-id}/executions/{execution-id}", (204,)),
    _row(78, "DELETE", "/{e}/scripts/{script-id}/executions/{execution-id}", (204,)),
    _row(79, "GET", "/{e}/communication-logs", (200,)),
    _row(80, "POST", "/{e}/communication-logs", (200,)),
    _row(81, "GET", "/{e}/communication-logs/{communication-log-id}", (200,)),
    _row(82, "PUT", "/{e}/communication-logs/{communication-log-id}", (204,), (409,)),
    _row(83, "DELETE", "/{e}/communication-logs/{communication-log-id}", (204,)),
    _row(84, "GET", "/{e}/clear-data", (200,)),
    _row(85, "PUT", "/{e}/clear-data/cached-data", (202,), (409,)),
    _row(86, "PUT", "/{e}/clear-data/learned-data", (202,), (409,)),
    _row(87, "PUT", "/{e}/clear-data/client-defined-resources", (202,), (409,)),
    _row(88, "GET", "/{e}/clear-data/status", (200,)),
    _row(89, "GET", "/{e}/status", (200,)),
    _row(90, "PUT", "/{e}/status/start", (202,), (409,)),
    _row(91, "PUT", "/{e}/status/restart", (202,), (409,)),
    _row(92, "PUT", "/{e}/status/force-restart", (202,), (409,)),
    _row(93, "PUT", "/{e}/status/shutdown", (202,), (409,)),
    _row(94, "PUT", "/{e}/status/force-shutdown", (202,), (409,)),
)
"""All of them, in the order of the standard's template."""

OPERATIONS_BY_KEY = {(operation.method, operation.path): operation for operation in OPERATIONS}
