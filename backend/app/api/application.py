"""Assembles the API: routes, errors, middleware."""

import asyncio

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.middleware.cors import CORSMiddleware

from app.api import health_routes, pages
from app.api.body_guard import BodyGuard
from app.api.error_mapping import install_error_handlers
from app.api.middleware import API_PREFIX, CrashAnswers, RequestContext
from app.api.openapi_schema import DESCRIPTION, TAGS, install_openapi
from app.api.page import page_routes
from app.api.state import ApiSettings, ApiState
from app.api.stream import events_routes, sse_routes, websocket_routes
from app.api.v1 import (
    audit_routes,
    auth_routes,
    browser_session_routes,
    command_routes,
    definition_routes,
    diagnostic_data_routes,
    knowledge_routes,
    presence_history_routes,
    preview_routes,
    redecoding_routes,
    user_routes,
    vehicle_routes,
    vehicle_secret_routes,
)

_V1_ROUTERS = (
    auth_routes.router,
    browser_session_routes.router,
    vehicle_routes.router,
    knowledge_routes.router,
    preview_routes.router,
    presence_history_routes.router,
    vehicle_secret_routes.router,
    definition_routes.router,
    command_routes.router,
    redecoding_routes.router,
    diagnostic_data_routes.router,
    sse_routes.router,
    audit_routes.router,
    user_routes.router,
)
_ROUTERS = (health_routes.router, websocket_routes.router, events_routes.router, page_routes.router, pages.router)


def create_api(state: ApiState) -> FastAPI:
    """The API over running services. Whoever made `state` starts and stops what is in it."""
    app = describe_api(state.settings)
    app.state.sovd = state
    app.state.uploads = asyncio.Semaphore(diagnostic_data_routes.MOST_UPLOADS)
    # the last one added is the outermost
    app.add_middleware(
        BodyGuard, limit=state.settings.max_body_bytes, streamed=frozenset({diagnostic_data_routes.UPLOAD})
    )
    app.add_middleware(CrashAnswers)
    if state.settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=state.settings.cors_origins,
            allow_methods=("GET", "POST", "PUT", "PATCH", "DELETE"),
            allow_headers=("Authorization", "Idempotency-Key", "X-Correlation-ID", "Last-Event-ID", "traceparent"),
            expose_headers=("X-Correlation-ID", "Location", "Retry-After"),
        )
    app.add_middleware(RequestContext, metrics=state.metrics, tracing=state.tracing)
    return app


def describe_api(settings: ApiSettings) -> FastAPI:
    """The API's routes and documents alone: enough to write the OpenAPI file."""
    app = FastAPI(
        title="SOVD Command",
        version=settings.version,
        summary="Diagnostic commands to vehicles, answers streamed live",
        description=DESCRIPTION,
        openapi_tags=TAGS,
        docs_url=None,  # served by `pages`, from our own files
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=_operation_id,
        # our own traces, figures and logs; the framework's would show query strings
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    for router in _V1_ROUTERS:
        app.include_router(router, prefix=API_PREFIX)
    for router in _ROUTERS:
        app.include_router(router)
    install_error_handlers(app)
    install_openapi(app)
    return app


def _operation_id(route: APIRoute) -> str:
    """The function's name in the camel case of client libraries: `list_vehicles` gives `listVehicles`."""
    first, *others = route.name.split("_")
    return first + "".join(word.capitalize() for word in others)
