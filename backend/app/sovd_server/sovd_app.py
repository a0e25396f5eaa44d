"""The SOVD server as an ASGI application: one vehicle at the root, or many vehicles each under a path of its own.

Routes exist once, whatever the number of vehicles. Mounted in another app, its lifespan does not run by itself:
enter `SovdServer.running()` in the lifespan of the outer one.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from weakref import WeakSet

import orjson
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from app.protocols.sovd.sovd_errors import entity_unknown
from app.sovd_server.backend import SovdBackend
from app.sovd_server.call import Answer
from app.sovd_server.dispatch import Dispatcher, VehicleFinder
from app.sovd_server.due_actions import DueActions
from app.sovd_server.error_answers import answer_of_refusal, refusal_of
from app.sovd_server.request_links import path_segments
from app.sovd_server.served_vehicle import ServedVehicle
from app.sovd_server.server_settings import SovdServerSettings


class SovdServer:
    """What all vehicles of an app share. `running` lets locks, modes and executions end by themselves."""

    def __init__(self, settings: SovdServerSettings) -> None:
        self.settings = settings
        self._due = DueActions()
        self._served: WeakSet[ServedVehicle] = WeakSet()

    def serve(self, backend: SovdBackend) -> ServedVehicle:
        """A vehicle to be served by this server: make one per vehicle and keep it."""
        vehicle = ServedVehicle(backend, self.settings, self._due)
        self._served.add(vehicle)
        return vehicle

    def end_streams(self) -> None:
        """End all event streams. Call it before the HTTP server stops, which waits for open answers."""
        for vehicle in tuple(self._served):
            vehicle.subscriptions.clear()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Do what is due as long as the block lasts; event streams end with it."""
        due = asyncio.create_task(self._due.run(), name="sovd-server-due-actions")
        try:
            yield
        finally:
            self.end_streams()
            due.cancel()
            await asyncio.gather(due, return_exceptions=True)


class _Endpoint:
    """The one ASGI endpoint."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            answer = await self._dispatcher.answer(request)
        except Exception as error:  # noqa: BLE001 - the edge of a request: whatever it is becomes an error answer
            answer = answer_of_refusal(refusal_of(error))
        await response_of(answer)(scope, receive, send)


def response_of(answer: Answer) -> Response:
    """The HTTP response of an answer."""
    headers = dict(answer.headers)
    if answer.content is None and answer.body is None:
        return Response(status_code=answer.status, headers=headers)
    if answer.content is None:
        content: bytes = orjson.dumps(answer.body, option=orjson.OPT_PASSTHROUGH_DATETIME)
    elif isinstance(answer.content, bytes):
        content = answer.content
    else:
        return StreamingResponse(
            answer.content, status_code=answer.status, headers=headers, media_type=answer.media_type
        )
    return Response(content, status_code=answer.status, headers=headers, media_type=answer.media_type)


def create_sovd_app(backend: SovdBackend, server: SovdServer) -> FastAPI:
    """One vehicle: `/version-info` and everything below the base path."""
    vehicle = server.serve(backend)

    async def find(_: Request) -> ServedVehicle | None:
        return vehicle

    return create_app(server, find)


def create_sovd_fleet_app(vehicles: Mapping[str, SovdBackend], settings: SovdServerSettings) -> FastAPI:
    """Many vehicles: `/{vehicle-id}/version-info` and so on. `vehicles` may grow and shrink while it is served."""
    server = SovdServer(settings)
    served: dict[str, ServedVehicle] = {}

    async def find(request: Request) -> ServedVehicle | None:
        vehicle_id = request.path_params["vehicle_id"]
        backend = vehicles.get(vehicle_id)
        if backend is None:
            served.pop(vehicle_id, None)
            return None
        vehicle = served.get(vehicle_id)
        if vehicle is None or vehicle.backend is not backend:
            vehicle = served[vehicle_id] = server.serve(backend)
        return vehicle

    return create_app(server, find, vehicle_in_path=True)


def create_app(server: SovdServer, find: VehicleFinder, *, vehicle_in_path: bool = False) -> FastAPI:
    """The app over any way to find the vehicle of a request.

    `vehicle_in_path`: the first segment of every path is the vehicle's id, given to `find` as the path parameter
    `vehicle_id`.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with server.running():
            yield

    app = FastAPI(
        title="SOVD server",
        openapi_url=None,  # every resource describes itself under `/docs`, as the standard wants it
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    endpoint = _Endpoint(Dispatcher(find, server.settings))
    # not a route: patterns of routes do not match every path (none with a line break in it, for example)
    app.router.default = _HttpOnly(_VehicleInPath(endpoint) if vehicle_in_path else endpoint)
    return app


class _HttpOnly:
    """Refuses WebSockets: SOVD has none."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
            return
        await self._app(scope, receive, send)


class _VehicleInPath:
    """Serves each vehicle below its id, as if it were mounted there."""

    def __init__(self, endpoint: _Endpoint) -> None:
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        segments = path_segments(Request(scope))
        if not segments or "/" in segments[0]:
            await response_of(answer_of_refusal(entity_unknown(scope["path"])))(scope, receive, send)
            return
        below = {
            **scope,
            "root_path": f"{scope.get('root_path', '')}/{segments[0]}",
            "path_params": {"vehicle_id": segments[0]},
        }
        await self._endpoint(below, receive, send)
