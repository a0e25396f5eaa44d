"""The simulator's control interface over HTTP: see the live state, disturb, set values and trouble codes, reset.

No sign-in: it listens on 127.0.0.1 unless told otherwise, and `control_guard` keeps web pages away.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, cast

from fastapi import Body, FastAPI, Query, Request, Response
from fastapi.responses import JSONResponse

from app.domain.json_values import JsonObject, JsonValue
from app.simulator.control_acts import (
    ControlRefused,
    add_disturbance,
    clear_dtc,
    ecu_of,
    hold_signal,
    release_signal,
    restore_value,
    set_dtc,
    set_value,
    vehicle_of,
)
from app.simulator.control_guard import refusal_of_browser
from app.simulator.control_views import disturbance_view, ecu_view, vehicle_line, vehicle_view
from app.simulator.fleet import SimulatedFleet

LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
ALL_ADDRESSES = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared, not listened on
JsonBody = Annotated[JsonObject, Body()]


def control_app(fleet: SimulatedFleet) -> FastAPI:
    """The application for one fleet."""
    app = FastAPI(
        title="Simulator control",
        summary="Look at simulated vehicles, and disturb them",
        redoc_url=None,
        docs_url=None,  # the page would load scripts from elsewhere; /openapi.json has it all
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    host = fleet.settings.control_host.lower()
    _guard(app, frozenset() if host in ALL_ADDRESSES else LOCAL_HOSTS | {host})
    _add_reading(app, fleet)
    _add_disturbances(app, fleet)
    _add_state(app, fleet)
    return app


def _guard(app: FastAPI, hosts: frozenset[str]) -> None:
    async def guard(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        refusal = refusal_of_browser(request.method, request.headers, hosts)
        if refusal is not None:
            return JSONResponse({"detail": refusal}, status_code=403)
        return await call_next(request)

    async def refuse(_: Request, error: Exception) -> Response:
        refused = cast("ControlRefused", error)
        return JSONResponse({"detail": str(refused)}, status_code=refused.status)

    app.middleware("http")(guard)
    app.add_exception_handler(ControlRefused, refuse)


def _add_reading(app: FastAPI, fleet: SimulatedFleet) -> None:
    @app.get("/vehicles")
    async def list_vehicles(
        limit: Annotated[int, Query(ge=1, le=1000)] = 200, offset: Annotated[int, Query(ge=0)] = 0
    ) -> JsonObject:
        """All vehicles with their addresses."""
        shown = fleet.vehicles[offset : offset + limit]
        items = [vehicle_line(item) for item in shown]
        return {"items": items, "total": len(fleet.vehicles), "limit": limit, "offset": offset}

    @app.get("/vehicles/{vin}")
    async def show_vehicle(vin: str) -> JsonObject:
        """A vehicle with the live state of all ECUs."""
        return vehicle_view(vehicle_of(fleet, vin), fleet.now())

    @app.get("/vehicles/{vin}/ecus/{ecu}")
    async def show_ecu(vin: str, ecu: str) -> JsonObject:
        """The live state of an ECU; `ecu` is its component id or logical address."""
        return ecu_view(ecu_of(fleet, vin, ecu), fleet.now())


def _add_disturbances(app: FastAPI, fleet: SimulatedFleet) -> None:
    @app.post("/vehicles/{vin}/disturbances", status_code=201)
    async def disturb(vin: str, body: JsonBody) -> JsonObject:
        """Put a disturbance in force: `{"kind": "delay", "seconds": 0.5, "ecu": "0x1010", "count": 3}`."""
        disturbances = vehicle_of(fleet, vin).served.disturbances
        number = add_disturbance(fleet, vin, body)
        return next(disturbance_view(item) for item in disturbances.active if item.number == number)

    @app.delete("/vehicles/{vin}/disturbances", status_code=204)
    async def end_all(vin: str) -> None:
        """End all disturbances of a vehicle."""
        vehicle_of(fleet, vin).served.disturbances.clear()

    @app.delete("/vehicles/{vin}/disturbances/{number}", status_code=204)
    async def end_one(vin: str, number: int) -> None:
        """End one disturbance."""
        if not vehicle_of(fleet, vin).served.disturbances.remove(number):
            raise ControlRefused(f"disturbance {number} is not in force", status=404)


def _add_state(app: FastAPI, fleet: SimulatedFleet) -> None:
    @app.put("/vehicles/{vin}/ecus/{ecu}/dtcs/{code}", status_code=204)
    async def put_dtc(vin: str, ecu: str, code: str, body: JsonBody) -> None:
        """Let a trouble code appear now; `title` and `status` may be given."""
        set_dtc(ecu_of(fleet, vin, ecu), code, body, fleet.now())

    @app.delete("/vehicles/{vin}/ecus/{ecu}/dtcs/{code}", status_code=204)
    async def delete_dtc(vin: str, ecu: str, code: str) -> None:
        """Take a trouble code out, and its cause with it."""
        clear_dtc(ecu_of(fleet, vin, ecu), code)

    @app.put("/vehicles/{vin}/ecus/{ecu}/values/{name}", status_code=204)
    async def put_value(vin: str, ecu: str, name: str, value: Annotated[JsonValue, Body(embed=True)]) -> None:
        """Set an identifier, by name or number: `{"value": ...}`. It stays so until it is deleted."""
        set_value(ecu_of(fleet, vin, ecu), name, value)

    @app.delete("/vehicles/{vin}/ecus/{ecu}/values/{name}", status_code=204)
    async def delete_value(vin: str, ecu: str, name: str) -> None:
        """Give an identifier its described value again."""
        restore_value(ecu_of(fleet, vin, ecu), name)

    @app.put("/vehicles/{vin}/signals/{name}", status_code=204)
    async def put_signal(vin: str, name: str, value: Annotated[float, Body(embed=True)]) -> None:
        """Hold a moving value, in all ECUs that show it: `{"value": 0}`."""
        hold_signal(vehicle_of(fleet, vin).vehicle, name, value)

    @app.delete("/vehicles/{vin}/signals/{name}", status_code=204)
    async def delete_signal(vin: str, name: str) -> None:
        """Let it move again."""
        release_signal(vehicle_of(fleet, vin).vehicle, name)

    @app.post("/vehicles/{vin}/ecus/{ecu}/reset", status_code=204)
    async def reset(vin: str, ecu: str) -> None:
        """Reset an ECU, as if its supply had failed for a moment."""
        ecu_of(fleet, vin, ecu).reset(fleet.now())
