"""Every error code the API answers with: its status and its words. `docs/reference/errors.md` is made from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

PROBLEM_PATH = "/problems/"


@dataclass(frozen=True, slots=True)
class ProblemType:
    """A kind of problem: HTTP status, a title that never varies, what it means and what to do."""

    status: int
    title: str
    meaning: str

    @staticmethod
    def uri(code: str) -> str:
        """Reference that names the kind of problem, and serves a page about it."""
        return f"{PROBLEM_PATH}{code}"


_TABLE = {
    "malformed_json": ProblemType(
        400,
        "Malformed JSON",
        "The body is not valid JSON (RFC 8259), or nested too deeply. Mend the body and send again.",
    ),
    "request_error": ProblemType(400, "Bad request", "The request cannot be served as it is; `detail` says why."),
    "not_authenticated": ProblemType(
        401,
        "Not authenticated",
        "The access token is missing, wrong, expired or revoked. Refresh it or log in, then send the request again.",
    ),
    "token_expired": ProblemType(
        401, "Access token expired", "Get new tokens with `POST /api/v1/auth/refresh`, then send the request again."
    ),
    "forbidden": ProblemType(
        403,
        "Forbidden",
        "The account is known and its role does not allow this. Ask an admin for the role named in `detail`.",
    ),
    "csrf_refused": ProblemType(
        403,
        "Not from the page itself",
        "A browser's cookie acts only for this service's own page: send `X-SOVD-Request: page`, from the page's own "
        "origin. Behind a proxy that changes `Host`, name the page's address in `SOVD_CORS_ORIGINS`.",
    ),
    "not_found": ProblemType(
        404, "Not found", "No such object or path, or one that lies outside the account's scope: the two look the same."
    ),
    "method_not_allowed": ProblemType(
        405, "Method not allowed", "The path exists, the method does not. The header `Allow` lists those that do."
    ),
    "conflict": ProblemType(
        409, "Conflict", "Clashes with what is stored; `detail` says with what. Nothing was changed."
    ),
    "username_taken": ProblemType(409, "User name taken", "Another account has this name. Choose another one."),
    "last_admin": ProblemType(
        409, "Last admin", "Nobody could administer any more. Make somebody else admin first; nothing was changed."
    ),
    "idempotency_key_reused": ProblemType(
        409,
        "Idempotency key used before",
        "The same `Idempotency-Key` came with another body. Use a new key for a new command.",
    ),
    "vehicle_busy": ProblemType(
        409, "Vehicle busy", "A command on the vehicle is pending or in progress. Cancel it or wait for its end."
    ),
    "vin_taken": ProblemType(
        409, "VIN taken", "A vehicle with this VIN is registered. Change that one, or mend the VIN."
    ),
    "request_too_large": ProblemType(413, "Request too large", "The body is larger than the limit named in `detail`."),
    "invalid_request": ProblemType(
        422,
        "Invalid request",
        "One or more fields are wrong. `errors` names each by JSON pointer (RFC 6901) and says how to mend it.",
    ),
    "invalid_address": ProblemType(
        422, "Invalid address", "The vehicle's address cannot be used; `errors` names the part and how to write it."
    ),
    "invalid_params": ProblemType(
        422,
        "Invalid parameters",
        "The parameters do not fit the command; `errors` names each, `/command-definitions` tells.",
    ),
    "invalid_diagnostic_data": ProblemType(
        422,
        "Not usable as diagnostic data",
        "The file is no ODX, PDX or identifiers file, is damaged, or holds what is not taken; `detail` says what.",
    ),
    "reason_required": ProblemType(
        422, "Reason required", "What moves things in a vehicle (risk class R3 and above) takes a `reason`. Say why."
    ),
    "unknown_command": ProblemType(
        422, "Unknown command", "There is no command of this name; `GET /api/v1/command-definitions` lists them."
    ),
    "too_many_requests": ProblemType(
        429, "Too many requests", "A limit is reached. Come back after the seconds of `Retry-After`."
    ),
    "lane_full": ProblemType(
        429, "Too many commands wait", "The vehicle's queue is full. Come back after the seconds of `Retry-After`."
    ),
    "internal_error": ProblemType(
        500, "Internal error", "Our fault, and logged. Give the `correlation_id` to whoever runs this server."
    ),
    "lease_lost": ProblemType(
        500, "Lease lost", "Another worker decides about this command now. Read the command again."
    ),
    "vehicle_error": ProblemType(502, "Vehicle error", "The vehicle, or the way to it, failed."),
    "vehicle_unreachable": ProblemType(
        502,
        "Vehicle unreachable",
        "The vehicle could not be reached; it cannot have acted. Try again when it is connected.",
    ),
    "vehicle_network_denied": ProblemType(
        502,
        "Vehicle in a closed network",
        "The settings close the network that the vehicle's address leads to; nothing was sent. Mend the address, or "
        "the setting that `detail` names.",
    ),
    "vehicle_refused": ProblemType(
        502, "Vehicle refused", "The vehicle said no; it did not act. `detail` holds its reason."
    ),
    "vehicle_connection_lost": ProblemType(
        502, "Connection to the vehicle lost", "The link broke after the request had left: the vehicle may have acted."
    ),
    "vehicle_protocol_error": ProblemType(
        502, "Answer not understood", "The vehicle's answer breaks its protocol: it may have acted."
    ),
    "answer_too_long": ProblemType(
        502,
        "Answer too long",
        "The answer outgrew what is kept of one command (`SOVD_ANSWER_CHUNK_LIMIT`, `SOVD_ANSWER_BYTE_LIMIT`) and was "
        "stopped; what had arrived is kept. Ask for less.",
    ),
    "vehicle_not_safe": ProblemType(
        502,
        "Vehicle not in a safe state",
        "A reading speaks against moving things in the vehicle, or none could be made; `details.blocked_by` names it. "
        "Nothing was sent. Bring the vehicle into a safe state, or set `settings.safe_state`.",
    ),
    "command_not_supported": ProblemType(
        502, "Command not supported", "This kind of vehicle does not know the command."
    ),
    "service_error": ProblemType(503, "Service error", "Something of ours is out of order for now. Try again."),
    "seal_broken": ProblemType(
        503,
        "Secret of a vehicle cannot be opened",
        "The key is another one than it was sealed with. Restore `SOVD_SECRET_KEY`, or set the secret again.",
    ),
    "security_provider_failed": ProblemType(
        503,
        "Security access provider failed",
        "The plug-in that computes keys is missing or failed; the ECU stays locked. See the server's log.",
    ),
    "storage_unavailable": ProblemType(
        503,
        "Database unavailable",
        "PostgreSQL cannot be reached. What was asked may or may not have been stored: look before you repeat it, or "
        "repeat it with the same `Idempotency-Key`.",
    ),
    "bus_unavailable": ProblemType(503, "Message bus unavailable", "Redis cannot be reached. Try again shortly."),
    "overloaded": ProblemType(
        503, "Overloaded", "A queue is full and nothing was accepted. Come back after `Retry-After`."
    ),
    "diagnostic_data_failed": ProblemType(
        503,
        "Diagnostic data could not be read",
        "The process that reads diagnostic data died or exceeded its time; it has been replaced. The data may be why.",
    ),
    "shutting_down": ProblemType(503, "Restarting", "This server is stopping. Connect again, where you were."),
    "not_ready": ProblemType(
        503, "Not ready", "A dependency this server cannot do without is out of order; `checks` shows all of them."
    ),
    "vehicle_timeout": ProblemType(
        504, "Vehicle silent", "The request left and no answer came in time: the vehicle may have acted."
    ),
}

PROBLEM_TYPES: Mapping[str, ProblemType] = MappingProxyType(_TABLE)

ENDING_CODES: Mapping[str, str] = MappingProxyType(
    {
        "cancelled": "It was cancelled before it could change anything in the vehicle.",
        "cancelled_while_running": "It was cancelled while it ran: the vehicle may have acted. Check it first.",
        "expired": "It had not started by `expires_at`, so it never will. The vehicle was not asked.",
        "permission_withdrawn": "When its turn came, its sender might no longer send it. The vehicle was not asked.",
        "worker_lost": "The worker that ran it died. It is not run again by itself.",
        "worker_stopped": "The service was stopped while it ran, and it did not end in the time left for that.",
    }
)
"""Codes in the `error` of a command that ended badly, beside those of vehicles and services above."""


SOCKET_CODES: Mapping[str, str] = MappingProxyType(
    {
        "malformed_frame": "The frame is no JSON object this socket knows; `message` says what is wrong with it.",
        "id_in_use": "A subscription of this socket has this id and goes on. Unsubscribe it first, or take another id.",
        "not_subscribed": "No subscription has this id (any more): it may have ended by itself a moment ago.",
        "too_many_subscriptions": "The socket has all the subscriptions it may have. Unsubscribe from others first.",
    }
)
"""Codes of `error` frames on `/ws/events`, beside those of problems."""


def errors_page() -> str:
    """`docs/reference/errors.md`: the table for readers without a server at hand."""
    rows = [f"| `{code}` | {kind.status} | {kind.title} | {kind.meaning} |" for code, kind in PROBLEM_TYPES.items()]
    endings = [f"| `{code}` | {meaning} |" for code, meaning in ENDING_CODES.items()]
    frames = [f"| `{code}` | {meaning} |" for code, meaning in SOCKET_CODES.items()]
    return "\n".join([_PAGE_HEAD, *rows, _ENDINGS_HEAD, *endings, _FRAMES_HEAD, *frames, ""])


_PAGE_HEAD = """# Error codes

Errors of the API are `application/problem+json` (RFC 9457). Decide by `code`, which is stable, never by `detail`,
which is for people. `errors` names wrong fields by JSON pointer (RFC 6901); `correlation_id` finds the request in the
logs. A running server explains each code at `/problems/<code>`. This page is made from the code
(`python -m app.api.openapi_file`).

## Problems

| code | status | title | what it means, what to do |
|---|---|---|---|"""

_ENDINGS_HEAD = """
## Commands that ended badly

The `error` of a command holds one of the codes of vehicles and services above, or one of these. The command's `status`
says whether the vehicle may have acted.

| code | what it means |
|---|---|"""

_FRAMES_HEAD = """
## Frames on `/ws/events` that could not be served

The `code` of an `error` frame is one of the codes of problems above, or one of these. The socket lives on.

| code | what it means |
|---|---|"""
