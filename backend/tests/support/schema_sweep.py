"""Drives schemathesis over a served OpenAPI document: as one role, with bounded and repeatable cases."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

_SEED = 20251028
_GOOD_ANSWERS = ("2xx", "401", "403", "404", "409", "429")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """What a run found: one text per failure, and how often each operation was called."""

    failures: tuple[str, ...]
    calls: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepPlan:
    """What to call, and how. `excluded` and `judged_by_meaning` hold operationIds and the reason why.

    Operations that are judged by their meaning may turn away data that fit their schema, with 422. `boundaries` adds
    the edges of every schema to the `examples` random cases per operation.
    """

    excluded: Mapping[str, str]
    judged_by_meaning: Mapping[str, str]
    examples: int
    boundaries: bool


def sweep(base_url: str, token: str, plan: SweepPlan) -> Sweep:
    """Call every operation of the served document with good and bad data. Blocks: run it elsewhere."""
    config = SchemathesisConfig.from_dict(_config(base_url, token, plan))
    document = schemathesis.openapi.from_url(f"{base_url}/openapi.json", config=config)
    failures: dict[str, None] = {}
    calls: dict[str, int] = {}
    for event in from_schema(document.exclude(operation_id=list(plan.excluded))).execute():
        if isinstance(event, events.ScenarioFinished):
            failures |= dict.fromkeys(_failures_of(event))
            label = event.recorder.label
            calls[label] = calls.get(label, 0) + len(event.recorder.interactions)
        elif isinstance(event, events.NonFatalError | events.FatalError):
            failures[f"{event}"] = None
    return Sweep(failures=tuple(failures), calls=calls)


def _config(base_url: str, token: str, plan: SweepPlan) -> dict[str, object]:
    accepting = {"positive_data_acceptance": {"expected-statuses": [*_GOOD_ANSWERS, "422"]}}
    return {
        "base-url": base_url,
        "seed": _SEED,
        "headers": {"Authorization": f"Bearer {token}"},
        "workers": 1,
        "generation": {
            "max-examples": plan.examples,
            "deterministic": True,
            "database": "none",
            "no-shrink": True,
        },
        "checks": {"positive_data_acceptance": {"expected-statuses": list(_GOOD_ANSWERS)}},
        "phases": {
            "stateful": {"enabled": False},
            "coverage": {"enabled": plan.boundaries, "unexpected-methods": ["PUT"]},
        },
        "operations": [
            {"include-operation-id": operation_id, "checks": accepting} for operation_id in plan.judged_by_meaning
        ],
    }


def _failures_of(event: events.ScenarioFinished) -> Iterator[str]:
    recorder = event.recorder
    for case_id, checks in recorder.checks.items():
        for check in checks:
            if check.failure_info is None:
                continue
            failure = check.failure_info.failure
            answer = recorder.interactions[case_id].response
            shown = f"{answer.status_code} {answer.text[:300]}" if answer else "no answer"
            sample = check.failure_info.code_sample[:1000]
            yield f"{recorder.label}: {failure.title}: {failure.message}\n  {sample}\n  {shown}"
