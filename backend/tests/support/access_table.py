"""Who may do what over every route: the one table that the access sweep holds the application against.

Callers: `none` sends no token, `off` is an engineer whose account was switched off, `view` a viewer, `engi` an engineer
with the whole fleet, `scop` an engineer whose scope holds only the near vehicle, `admi` an admin.

Objects: `near` is the near vehicle, or the engineer's ended command on it, or an account, or a session of the caller;
`far` is the vehicle outside the scope, the admin's ended command on it, or somebody else's session; `none` exists
nowhere. Both vehicles have a command waiting, so that even an admin's DELETE leaves them (409); names that are to be
created are taken (409). Over `/ws/events` the caller subscribes to the command: 101 is `subscribed`, 4404 the error
`not_found`. `-` stands for routes without an object.
"""

from dataclasses import dataclass

CALLERS = ("none", "off", "view", "engi", "scop", "admi")

_TABLE = """
GET    /                                        -     200 200 200 200 200 200
GET    /assets/{name}                           -     404 404 404 404 404 404
GET    /docs                                    -     200 200 200 200 200 200
GET    /docs/assets/{name}                      -     404 404 404 404 404 404
GET    /problems                                -     200 200 200 200 200 200
GET    /problems/{code}                         -     404 404 404 404 404 404
GET    /openapi.json                            -     200 200 200 200 200 200
GET    /health/live                             -     200 200 200 200 200 200
GET    /health/ready                            -     200 200 200 200 200 200
GET    /metrics                                 -     200 200 200 200 200 200
POST   /api/v1/auth/login                       -     401 401 401 401 401 401
POST   /api/v1/auth/refresh                     -     401 401 401 401 401 401
POST   /api/v1/auth/browser-session             -     401 401 401 401 401 401
POST   /api/v1/auth/browser-session/refresh     -     401 401 401 401 401 401
DELETE /api/v1/auth/browser-session             -     204 204 204 204 204 204
GET    /api/v1/auth/me                          -     401 401 200 200 200 200
POST   /api/v1/auth/password                    -     401 401 422 422 422 422
GET    /api/v1/auth/sessions                    -     401 401 200 200 200 200
DELETE /api/v1/auth/sessions/{session_id}       near  401 401 204 204 204 204
DELETE /api/v1/auth/sessions/{session_id}       far   401 401 404 404 404 404
DELETE /api/v1/auth/sessions/{session_id}       none  401 401 404 404 404 404
GET    /api/v1/vehicles                         -     401 401 200 200 200 200
POST   /api/v1/vehicles                         -     401 401 403 403 403 409
GET    /api/v1/vehicles/{vehicle_id}            near  401 401 200 200 200 200
GET    /api/v1/vehicles/{vehicle_id}            far   401 401 200 200 404 200
GET    /api/v1/vehicles/{vehicle_id}            none  401 401 404 404 404 404
PATCH  /api/v1/vehicles/{vehicle_id}            near  401 401 403 403 403 200
PATCH  /api/v1/vehicles/{vehicle_id}            far   401 401 403 403 404 200
PATCH  /api/v1/vehicles/{vehicle_id}            none  401 401 403 403 404 404
DELETE /api/v1/vehicles/{vehicle_id}            near  401 401 403 403 403 409
DELETE /api/v1/vehicles/{vehicle_id}            far   401 401 403 403 404 409
DELETE /api/v1/vehicles/{vehicle_id}            none  401 401 403 403 404 404
GET    /api/v1/vehicles/{vehicle_id}/knowledge  near  401 401 200 200 200 200
GET    /api/v1/vehicles/{vehicle_id}/knowledge  far   401 401 200 200 404 200
GET    /api/v1/vehicles/{vehicle_id}/knowledge  none  401 401 404 404 404 404
POST   /api/v1/vehicles/{vehicle_id}/command-previews near 401 401 403 200 200 200
POST   /api/v1/vehicles/{vehicle_id}/command-previews far  401 401 403 200 404 200
POST   /api/v1/vehicles/{vehicle_id}/command-previews none 401 401 403 404 404 404
GET    /api/v1/vehicles/{vehicle_id}/presence-history near 401 401 200 200 200 200
GET    /api/v1/vehicles/{vehicle_id}/presence-history far  401 401 200 200 404 200
GET    /api/v1/vehicles/{vehicle_id}/presence-history none 401 401 404 404 404 404
GET    /api/v1/vehicles/{vehicle_id}/secrets    near  401 401 403 403 403 200
GET    /api/v1/vehicles/{vehicle_id}/secrets    far   401 401 403 403 404 200
GET    /api/v1/vehicles/{vehicle_id}/secrets    none  401 401 403 403 404 404
PUT    /api/v1/vehicles/{vehicle_id}/secrets/{name} near  401 401 403 403 403 204
PUT    /api/v1/vehicles/{vehicle_id}/secrets/{name} far   401 401 403 403 404 204
PUT    /api/v1/vehicles/{vehicle_id}/secrets/{name} none  401 401 403 403 404 404
DELETE /api/v1/vehicles/{vehicle_id}/secrets/{name} near  401 401 403 403 403 204
DELETE /api/v1/vehicles/{vehicle_id}/secrets/{name} far   401 401 403 403 404 204
DELETE /api/v1/vehicles/{vehicle_id}/secrets/{name} none  401 401 403 403 404 404
GET    /api/v1/command-definitions              -     401 401 200 200 200 200
GET    /api/v1/commands                         -     401 401 200 200 200 200
POST   /api/v1/commands                         near  401 401 403 201 201 201
POST   /api/v1/commands                         far   401 401 403 201 404 201
POST   /api/v1/commands                         none  401 401 403 404 404 404
GET    /api/v1/commands/{command_id}            near  401 401 200 200 200 200
GET    /api/v1/commands/{command_id}            far   401 401 200 200 404 200
GET    /api/v1/commands/{command_id}            none  401 401 404 404 404 404
GET    /api/v1/commands/{command_id}/responses  near  401 401 200 200 200 200
GET    /api/v1/commands/{command_id}/responses  far   401 401 200 200 404 200
GET    /api/v1/commands/{command_id}/responses  none  401 401 404 404 404 404
GET    /api/v1/commands/{command_id}/timeline   near  401 401 200 200 200 200
GET    /api/v1/commands/{command_id}/timeline   far   401 401 200 200 404 200
GET    /api/v1/commands/{command_id}/timeline   none  401 401 404 404 404 404
GET    /api/v1/commands/{command_id}/events     near  401 401 200 200 200 200
GET    /api/v1/commands/{command_id}/events     far   401 401 200 200 404 200
GET    /api/v1/commands/{command_id}/events     none  401 401 404 404 404 404
POST   /api/v1/commands/{command_id}/cancel     near  401 401 403 202 403 202
POST   /api/v1/commands/{command_id}/cancel     far   401 401 403 403 404 202
POST   /api/v1/commands/{command_id}/cancel     none  401 401 404 404 404 404
POST   /api/v1/commands/{command_id}/redecodings near 401 401 403 422 422 422
POST   /api/v1/commands/{command_id}/redecodings far  401 401 403 422 404 422
POST   /api/v1/commands/{command_id}/redecodings none 401 401 404 404 404 404
GET    /api/v1/commands/{command_id}/redecodings near 401 401 200 200 200 200
GET    /api/v1/commands/{command_id}/redecodings far  401 401 200 200 404 200
GET    /api/v1/commands/{command_id}/redecodings none 401 401 404 404 404 404
GET    /api/v1/diagnostic-data                  -     401 401 200 200 200 200
POST   /api/v1/diagnostic-data                  -     401 401 403 422 422 422
GET    /api/v1/diagnostic-data/{data_set_id}    near  401 401 200 200 200 200
GET    /api/v1/diagnostic-data/{data_set_id}    none  401 401 404 404 404 404
GET    /api/v1/diagnostic-data/{data_set_id}/description near 401 401 200 200 200 200
GET    /api/v1/diagnostic-data/{data_set_id}/description none 401 401 404 404 404 404
POST   /api/v1/diagnostic-data/{data_set_id}/encodings   near 401 401 200 200 200 200
POST   /api/v1/diagnostic-data/{data_set_id}/encodings   none 401 401 404 404 404 404
POST   /api/v1/diagnostic-data/{data_set_id}/decodings   near 401 401 200 200 200 200
POST   /api/v1/diagnostic-data/{data_set_id}/decodings   none 401 401 404 404 404 404
POST   /api/v1/diagnostic-data/{data_set_id}/assignments near 401 401 403 403 403 201
POST   /api/v1/diagnostic-data/{data_set_id}/assignments none 401 401 403 403 403 404
GET    /api/v1/diagnostic-data/{data_set_id}/assignments near 401 401 200 200 200 200
GET    /api/v1/diagnostic-data/{data_set_id}/assignments none 401 401 404 404 404 404
DELETE /api/v1/diagnostic-data/{data_set_id}/assignments/{assignment_id} none 401 401 404 404 404 404
DELETE /api/v1/diagnostic-data/{data_set_id}    near  401 401 403 403 403 409
DELETE /api/v1/diagnostic-data/{data_set_id}    none  401 401 404 404 404 404
GET    /api/v1/audit-logs                       -     401 401 403 403 403 200
GET    /api/v1/audit-logs/verification          -     401 401 403 403 403 200
GET    /api/v1/audit-logs/export                -     401 401 403 403 403 200
GET    /api/v1/users                            -     401 401 403 403 403 200
POST   /api/v1/users                            -     401 401 403 403 403 409
GET    /api/v1/users/names                      -     401 401 200 200 200 200
GET    /api/v1/users/{user_id}/sessions         near  401 401 403 403 403 200
GET    /api/v1/users/{user_id}/sessions         none  401 401 403 403 403 404
DELETE /api/v1/users/{user_id}/sessions/{session_id} none 401 401 403 403 403 404
GET    /api/v1/users/{user_id}                  near  401 401 403 403 403 200
GET    /api/v1/users/{user_id}                  none  401 401 403 403 403 404
PATCH  /api/v1/users/{user_id}                  near  401 401 403 403 403 200
PATCH  /api/v1/users/{user_id}                  none  401 401 403 403 403 404
WS     /ws/responses/{command_id}               near  1008 1008 1000 1000 1000 1000
WS     /ws/responses/{command_id}               far   1008 1008 1000 1000 4404 1000
WS     /ws/responses/{command_id}               none  1008 1008 4404 4404 4404 4404
WS     /ws/events                               near  1008 1008 101 101 101 101
WS     /ws/events                               far   1008 1008 101 101 4404 101
WS     /ws/events                               none  1008 1008 4404 4404 4404 4404
POST   /api/v1/auth/logout                      -     401 401 204 204 204 204
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A call on an object and the status (or close code) each caller gets. Logout comes last: it ends the sessions."""

    method: str
    path: str
    target: str
    expected: dict[str, int]

    @property
    def route(self) -> str:
        """Method and path."""
        return f"{self.method} {self.path}"


def _row(line: str) -> Row:
    method, path, target, *expected = line.split()
    return Row(method=method, path=path, target=target, expected=dict(zip(CALLERS, map(int, expected), strict=True)))


ROWS = tuple(_row(line) for line in _TABLE.strip().splitlines())
