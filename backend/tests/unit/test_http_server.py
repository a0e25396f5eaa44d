"""The HTTP server of the API."""

from fastapi import FastAPI

from app.api.http_server import make_server

PROXIES_KEEP_S = 60
"""So long do nginx, HAProxy and most load balancers keep a connection that rests."""


def test_a_resting_connection_is_given_up_by_the_other_side_first() -> None:
    """Who closes it at the same moment at which a request is sent makes that request fail."""
    server = make_server(FastAPI(), trusted_proxies="127.0.0.1")
    assert server.config.timeout_keep_alive > PROXIES_KEEP_S
