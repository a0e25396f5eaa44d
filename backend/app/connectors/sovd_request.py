"""SOVDRequest: any resource of the vehicle's own SOVD server, below its base URI and nowhere else."""

import base64
from collections.abc import Mapping
from urllib.parse import urlencode

from app.connectors.answer_parts import final, utc_now
from app.connectors.command_preview import CommandPreview, PreviewedRequest
from app.connectors.port import Progress
from app.connectors.sovd_address import SovdAddress
from app.connectors.sovd_calls import SovdAnswer, SovdCall
from app.connectors.sovd_job import Answer, SovdJob
from app.connectors.sovd_pace import pause
from app.domain.errors import CommandNotSupported, FieldError, InvalidRequest
from app.domain.json_values import JsonObject
from app.protocols.sovd.links import path_below_base

UNKNOWN_BASE = "{base}"
"""Stands for a base URI that has still to be asked for."""
LARGEST_DOWNLOAD = 4 * 1024 * 1024
_SHOWN_HEADERS = (
    "content-type",
    "content-disposition",
    "location",
    "retry-after",
    "allow",
    "etag",
    "last-modified",
)
_SHORTEST_RETRY_S, _LONGEST_RETRY_S = 0.25, 10.0


async def sovd_request(job: SovdJob) -> Answer:
    """Send the request and give status, selected headers and body; a download that is not ready yet is waited for."""
    call = await _call_of(job)
    since = utc_now()
    while True:
        answer = await job.calls.send(call)
        wait = _retry_after(answer)
        if call.method != "GET" or answer.status != 202 or wait is None:
            break
        yield Progress(message="the vehicle is preparing the download", pending_since=since)
        await pause(min(max(wait, _SHORTEST_RETRY_S), _LONGEST_RETRY_S), job.calls.deadline)
    job.calls.check(call, answer, {"method": call.method, "path": job.params["path"]})
    yield final({"status": answer.status, "headers": _shown(answer), **_body_of(answer)})


def preview_of_request(address: SovdAddress, params: JsonObject) -> CommandPreview:
    """The request, with `{base}` where only version-info tells the base URI. Raises as the command itself does."""
    call = _call_to(address.base_uri or UNKNOWN_BASE, params)
    uri = f"{call.uri}?{urlencode(call.query)}" if call.query else call.uri
    request = PreviewedRequest(
        meaning=f"{call.method} of a resource of the vehicle's SOVD server", method=call.method, uri=uri, body=call.body
    )
    return CommandPreview(
        requests=(request,),
        notes=() if address.base_uri else (f"{UNKNOWN_BASE} is what its version-info tells first.",),
    )


async def _call_of(job: SovdJob) -> SovdCall:
    _check_method(job.params)
    return _call_to(await job.directory.base_uri(), job.params)


def _check_method(params: JsonObject) -> str:
    method = str(params["method"]).upper()
    if method not in {"GET", "POST", "PUT", "DELETE"}:
        raise CommandNotSupported(f"A SOVD resource has no method {method[:20]}.")
    return method


def _call_to(base: str, params: JsonObject) -> SovdCall:
    method, body = _check_method(params), params.get("body")
    try:
        uri = path_below_base(base, str(params["path"]))
    except ValueError as error:
        raise InvalidRequest(
            f"The path is not sent: {error}.", [FieldError("/command_params/path", str(error))]
        ) from error
    if uri.rstrip("/").endswith("/events"):
        raise CommandNotSupported("A stream has no end to wait for; use SubscribeData. Nothing was sent.")
    if body is None and method == "DELETE" and "/executions/" in uri:
        body = {}  # ISO 17978-3 wants one there
    return SovdCall(
        method=method,
        uri=uri,
        body=body,
        query=_query(params.get("query")),
        acts=method != "GET",
        accept="application/json, */*;q=0.8",
        largest=LARGEST_DOWNLOAD,
    )


def _query(query: object) -> tuple[tuple[str, str], ...]:
    pairs: list[tuple[str, str]] = []
    for name, value in query.items() if isinstance(query, Mapping) else ():
        pairs += [(str(name), str(one)) for one in (value if isinstance(value, list) else [value])]
    return tuple(pairs)


def _retry_after(answer: SovdAnswer) -> float | None:
    text = answer.headers.get("retry-after", "")
    return float(text) if text.isdecimal() and len(text) < 7 else None


def _shown(answer: SovdAnswer) -> JsonObject:
    return {name: answer.headers[name][:1000] for name in _SHOWN_HEADERS if name in answer.headers}


def _body_of(answer: SovdAnswer) -> JsonObject:
    """JSON as it is, text as text, the rest as base64 with its size."""
    if not answer.content:
        return {"body": None}
    if answer.media_type == "application/json" or answer.media_type.endswith("+json"):
        return {"body": answer.json()}
    if answer.media_type.startswith("text/"):
        return {"body": answer.content.decode("utf-8", "replace")}
    encoded = base64.b64encode(answer.content).decode()
    return {"body": encoded, "bodyEncoding": "base64", "size": len(answer.content)}
