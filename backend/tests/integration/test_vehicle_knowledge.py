"""What is known of a vehicle from its own earlier answers."""

from support.running_app import RunningApp


async def knowledge(app: RunningApp, vehicle: str) -> dict[str, dict[str, object] | None]:
    """The answer of the API."""
    answer = await app.admin.get(f"/api/v1/vehicles/{vehicle}/knowledge")
    assert answer.status_code == 200, answer.text
    found: dict[str, dict[str, object] | None] = answer.json()
    return found


async def test_nothing_is_known_before_anything_was_asked(running_app: RunningApp) -> None:
    vehicle = await running_app.add_vehicle()
    assert await knowledge(running_app, vehicle) == {"ecus": None, "trouble_codes": None, "cleared_at": None}


async def test_the_last_completed_answers_are_what_is_known(running_app: RunningApp) -> None:
    vehicle = await running_app.add_vehicle()
    await running_app.ended(await running_app.submit(vehicle))
    last = await running_app.submit(vehicle, command_params={"ecuAddress": "0x10"})
    ended = await running_app.ended(last)
    codes = (await knowledge(running_app, vehicle))["trouble_codes"]
    assert codes is not None
    assert (codes["command_id"], codes["at"]) == (last, ended["completed_at"])
    items = codes["items"]
    assert isinstance(items, list)
    assert [item["dtcCode"] for item in items] == ["P0420", "P0171"]
    assert {item["ecuAddress"] for item in items} == {"0x10"}


async def test_codes_that_were_cleared_after_the_reading_are_said_to_be(running_app: RunningApp) -> None:
    vehicle = await running_app.add_vehicle()
    await running_app.ended(await running_app.submit(vehicle))
    cleared = await running_app.ended(await running_app.submit(vehicle, "ClearDTC", reason="a test clears them"))
    assert cleared["status"] == "completed"
    assert (await knowledge(running_app, vehicle))["cleared_at"] == cleared["completed_at"]
    await running_app.ended(await running_app.submit(vehicle))
    after = await knowledge(running_app, vehicle)
    assert (after["cleared_at"], (after["trouble_codes"] or {})["items"]) == (None, [])


async def test_what_another_vehicle_said_is_not_known_of_this_one(running_app: RunningApp) -> None:
    first, second = [await running_app.add_vehicle(number=number) for number in (1, 2)]
    await running_app.ended(await running_app.submit(first))
    assert (await knowledge(running_app, second))["trouble_codes"] is None
