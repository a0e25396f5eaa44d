"""The served OpenAPI document against the running application: no 5xx, nothing undocumented, bad data turned away."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from support.running_app import RunningApp
from support.schema_sweep import Sweep, SweepPlan, sweep
from support.viewers import token_of

EXCLUDED = {
    "watchCommand": "lasts as long as its command; test_websocket.py watches",
    "changePassword": "ends the session that the sweep uses",
    "logout": "ends the session that the sweep uses",
    "revokeSession": "learns ids from the list of sessions and ends the one that the sweep uses",
    "updateUser": "learns ids from the list of accounts and may switch off the one that the sweep uses",
}
JUDGED_BY_MEANING = {
    "registerVehicle": "an address needs a scheme that a connector speaks",
    "changeVehicle": "an address needs a scheme that a connector speaks",
    "previewCommand": "as for submitting: the command's own schema decides about its parameters",
    "submitCommand": "the command's own schema decides about its parameters",
    "verifyAuditLogs": "position and digest of a head come together",
    "createUser": "the password must not be the user name",
    "addDataSet": "the bytes of a file decide whether it is diagnostic data",
    "previewEncoding": "exactly one kind of thing is encoded, and the data set decides about its value",
    "decodeMessage": "the data set decides which messages it knows",
    "redecodeCommand": "without a data set one has to be assigned",
    "getPresenceHistory": "a span must have a length",
    "openBrowserSession": "as for login",
    "login": "a wrong password is 401, a text that cannot be stored 422",
}
WITHOUT_TOKEN = {"GET /health/live", "GET /health/ready", "GET /metrics"}


Document = dict[str, dict[str, dict[str, dict[str, str]]]]
PARTS = 3


def operations_of(document: Document, excluded: Mapping[str, str]) -> set[str]:
    """Labels of all operations that are not excluded."""
    return {
        f"{verb.upper()} {path}"
        for path, item in document["paths"].items()
        for verb, operation in item.items()
        if operation["operationId"] not in excluded
    }


def all_but(document: Document, part: int) -> Mapping[str, str]:
    """The operations that other parts of the sweep call."""
    known = sorted(operation["operationId"] for item in document["paths"].values() for operation in item.values())
    return {one: "called by another part" for number, one in enumerate(known) if number % PARTS != part}


async def run(
    app: RunningApp, token: str, *, examples: int, boundaries: bool, excluded: Mapping[str, str] = EXCLUDED
) -> Sweep:
    plan = SweepPlan(excluded=excluded, judged_by_meaning=JUDGED_BY_MEANING, examples=examples, boundaries=boundaries)
    # in a process of its own: one interpreter would spend most of the time handing its lock to and fro
    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as process:
        found = await asyncio.get_running_loop().run_in_executor(process, sweep, app.base_url, token, plan)
    called = {label for label, number in found.calls.items() if number}
    assert called == operations_of((await app.admin.get("/openapi.json")).json(), excluded)
    return found


@pytest.mark.timeout(240)
@pytest.mark.parametrize("part", range(PARTS))
async def test_an_admin_gets_only_documented_answers(running_app: RunningApp, part: int) -> None:
    await running_app.ended(await running_app.submit(await running_app.add_vehicle()))
    excluded = {**EXCLUDED, **all_but((await running_app.admin.get("/openapi.json")).json(), part)}
    token = token_of(running_app.admin)
    found = await run(running_app, token, examples=2, boundaries=True, excluded=excluded)
    assert not found.failures, "\n\n".join(found.failures)


async def test_a_viewer_gets_only_documented_answers(running_app: RunningApp) -> None:
    await running_app.ended(await running_app.submit(await running_app.add_vehicle()))
    async with await running_app.add_user("vera", role="viewer") as vera:
        found = await run(running_app, token_of(vera), examples=5, boundaries=False)
    assert not found.failures, "\n\n".join(found.failures)
