"""A vehicle that speaks DoIP, read with the names of its manufacturer's data, and read again with a newer version."""

from support.running_app import RunningApp
from support.simulated_fleet import quick_fleet

PATH = "/api/v1/diagnostic-data"


def identifiers(version: int, unit: str) -> bytes:
    """A YAML file that names the engine speed."""
    return (
        f"name: engine\nversion: {version}\nidentifiers: [{{id: 0xF40C, name: Drehzahl, type: uint, length: 2,"
        f" factor: 0.25, unit: {unit}}}]"
    ).encode()


async def add(app: RunningApp, content: bytes) -> str:
    """Add a file; gives its id."""
    answer = await app.admin.post(PATH, params={"file_name": "engine.yaml"}, content=content)
    assert answer.status_code == 201, answer.text
    data_set_id: str = answer.json()["data_set_id"]
    return data_set_id


async def test_answers_are_read_with_the_assigned_data_and_later_with_newer(running_app: RunningApp) -> None:
    async with quick_fleet() as fleet:
        vehicle_id = await running_app.add_vehicle(fleet.vehicles[0].doip_address)
        old = await add(running_app, identifiers(1, "rpm"))
        body = {"vehicle_id": vehicle_id, "ecu_address": "0x1010"}
        assert (await running_app.admin.post(f"{PATH}/{old}/assignments", json=body)).status_code == 201
        params = {"ecuAddress": "0x1010", "dataIds": ["Drehzahl"]}
        command_id = await running_app.submit(vehicle_id, "ReadDataByID", command_params=params)
        ended = await running_app.ended(command_id)
        assert ended["status"] == "completed", ended
    items = (await running_app.admin.get(f"/api/v1/commands/{command_id}/responses")).json()["items"]
    first = items[0]["response_payload"]
    assert (first["dataId"], first["name"], first["unit"], first["source"]) == ("0xF40C", "Drehzahl", "rpm", "engine 1")
    assert first["raw"].startswith("62F40C")

    new = await add(running_app, identifiers(2, "1/min"))
    again = await running_app.admin.post(f"/api/v1/commands/{command_id}/redecodings", json={"data_set_id": new})
    second = again.json()["chunks"][0]["response_payload"]
    assert (second["value"], second["unit"], second["source"]) == (first["value"], "1/min", "engine 2")
    assert (await running_app.admin.get(f"/api/v1/commands/{command_id}/responses")).json()["items"] == items
