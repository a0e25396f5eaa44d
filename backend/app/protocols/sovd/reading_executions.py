"""Operations, executions, modes, locks and subscriptions read by a client, in the spellings that servers use."""

from dataclasses import dataclass
from enum import StrEnum

from app.domain.json_values import JsonObject, JsonValue
from app.protocols.sovd.reading import (
    as_object,
    as_text,
    created_id,
    extension_members,
    items_of,
    matches_identifier,
)
from app.protocols.sovd.reading_errors import SovdProblem, problems_in

_DONE = frozenset({"completed", "finished", "succeeded", "success", "done"})
_FAILED = frozenset({"failed", "error", "aborted"})
_STOPPED = frozenset({"stopped", "terminated", "cancelled", "canceled"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation of an entity. `asynchronous` None: not told."""

    operation_id: str
    name: str
    aliases: tuple[str, ...]
    asynchronous: bool | None
    proximity_proof_required: bool

    def is_called(self, wanted: str) -> bool:
        """Whether a caller means it, by id, name, or routine identifier."""
        return matches_identifier(wanted, (self.operation_id, self.name, *self.aliases))


class ExecutionStatus(StrEnum):
    """How far an execution is."""

    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """State of an execution. `parameters` is what it gave so far."""

    status: ExecutionStatus
    parameters: JsonValue
    problems: tuple[SovdProblem, ...]
    progress: float | None


def read_operations(body: object) -> list[Operation]:
    """The operations of a list, each id once."""
    found: dict[str, Operation] = {}
    for item in items_of(body):
        entry = as_object(item)
        operation_id = as_text(entry.get("id")) or as_text(item)
        if operation_id is None or operation_id in found:
            continue
        asynchronous = entry.get("asynchronous_execution")
        found[operation_id] = Operation(
            operation_id=operation_id,
            name=as_text(entry.get("name")) or operation_id,
            aliases=tuple(extension_members(entry)),
            asynchronous=asynchronous if isinstance(asynchronous, bool) else None,
            proximity_proof_required=entry.get("proximity_proof_required") is True,
        )
    return list(found.values())


def read_execution(body: object) -> Execution:
    """The state of an execution. Without a `status` (the template leaves it optional) it counts as not finished."""
    document = _single(body)
    status = (as_text(document.get("status")) or "").lower()
    problems = tuple(problems_in(document))
    return Execution(
        status=_status(status),
        parameters=document.get("parameters", document.get("result")),
        problems=problems,
        progress=_percent(document.get("progress")),
    )


def read_synchronous_start(body: object) -> Execution:
    """The answer to a start that ran to its end at once: completed unless it says otherwise, or names an error."""
    document = as_object(body)
    problems = tuple(problems_in(document))
    told = _status((as_text(document.get("status")) or "completed").lower())
    ended = ExecutionStatus.COMPLETED if told is ExecutionStatus.RUNNING else told
    return Execution(
        status=ExecutionStatus.FAILED if problems else ended,
        parameters=document.get("parameters", document.get("result")),
        problems=problems,
        progress=None,
    )


def is_still_running(body: object) -> bool:
    """Whether an answer to a start tells of an execution to follow: an id, and no end."""
    document = as_object(body)
    if created_id(document) is None:
        return False
    return _status((as_text(document.get("status")) or "").lower()) is ExecutionStatus.RUNNING


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A cyclic subscription; `event_source` under either of the two names that ISO 17978-3 gives it."""

    subscription_id: str | None
    event_source: str | None


def read_subscription(body: object) -> Subscription:
    """What a created subscription says of itself."""
    document = as_object(body)
    source = as_text(document.get("event_source")) or as_text(document.get("subscription"))
    return Subscription(subscription_id=created_id(document), event_source=source)


def read_mode_ids(body: object) -> list[str]:
    """Ids of the modes that an entity has."""
    found = [as_text(as_object(item).get("id")) or as_text(item) for item in items_of(body)]
    return [mode_id for mode_id in found if mode_id]


def possible_values(parameters: JsonObject) -> list[str]:
    """The values a server would have taken, from the parameters of its refusal."""
    for name, value in parameters.items():
        if name.lower().replace("_", "").replace("-", "") in {"possiblevalues", "allowedvalues"}:
            listed = value.split(",") if isinstance(value, str) else value
            return [text.strip() for text in listed if isinstance(text, str)] if isinstance(listed, list) else []
    return []


def read_seed(body: object) -> bytes | None:
    """The seed in the answer of a security mode: `{"seed": {"Request_Seed": "0x1A 0x2B"}}`, or hex text; None: none."""
    seed = as_object(body).get("seed", as_object(body).get("Seed"))
    if isinstance(seed, dict):
        seed = next((value for value in seed.values() if isinstance(value, str)), None)
    if not isinstance(seed, str):
        return None
    try:
        return bytes.fromhex(seed.replace("0x", "").replace("0X", "").replace(",", " "))
    except ValueError:
        return None


def mode_choices(body: object) -> list[str]:
    """The values a mode can take, from the schema that came with it; empty where none did."""
    schema = as_object(as_object(body).get("schema"))
    value = as_object(as_object(schema.get("properties")).get("value")) or schema
    return [text for text in value.get("enum", ()) if isinstance(text, str)]


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityStatus:
    """What `status` says. `ready` None: not understood. `links` by name of the action."""

    ready: bool | None
    links: dict[str, str]


def read_entity_status(body: object) -> EntityStatus:
    """Ready or not, and the links to act on it (also as lists of one link)."""
    document = as_object(body)
    word = (as_text(document.get("status")) or "").replace("-", "").replace("_", "").lower()
    links: dict[str, str] = {}
    for name, value in document.items():
        link = value[0] if isinstance(value, list) and value else value
        if name != "status" and isinstance(link, str) and link:
            links[name] = link
    return EntityStatus(ready={"ready": True, "notready": False}.get(word), links=links)


def held_by_others(body: object) -> list[str]:
    """Ids of the locks in a list that belong to somebody else."""
    entries = [as_object(item) for item in items_of(body)]
    return [as_text(entry.get("id")) or "?" for entry in entries if entry.get("owned") is False]


def _single(body: object) -> JsonObject:
    document = as_object(body)
    inner = document.get("item", document.get("items"))
    if isinstance(inner, list):
        inner = inner[0] if len(inner) == 1 else None
    return inner if isinstance(inner, dict) and "status" not in document else document


def _status(word: str) -> ExecutionStatus:
    if word in _DONE:
        return ExecutionStatus.COMPLETED
    if word in _FAILED:
        return ExecutionStatus.FAILED
    return ExecutionStatus.STOPPED if word in _STOPPED else ExecutionStatus.RUNNING


def _percent(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value <= 100 else None
