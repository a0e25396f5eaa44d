"""Keeps web pages away from the control interface: it has no sign-in, and browsers reach 127.0.0.1. Pure."""

from collections.abc import Mapping

_OWN_SITES = frozenset({"none", "same-origin"})
_READS = frozenset({"GET", "HEAD"})


def refusal_of_browser(method: str, headers: Mapping[str, str], hosts: frozenset[str]) -> str | None:
    """Why a request is refused; None: it may pass.

    `hosts`: names under which the interface may be addressed, against DNS rebinding; empty: it was opened to all.
    """
    if hosts and _host_of(headers.get("host", "")) not in hosts:
        return "this host name is not the control interface's: address it by the host it listens on"
    if headers.get("sec-fetch-site", "none") not in _OWN_SITES:
        return "web pages of other origins may not use the control interface"
    if method not in _READS and "origin" in headers:
        return "web pages may not change the simulation"
    if method not in _READS and _has_body(headers) and not _is_json(headers):
        return "send JSON, with Content-Type: application/json"
    return None


def _host_of(text: str) -> str:
    """The host of a Host header, without port and brackets."""
    name = text if text.endswith("]") else text.rpartition(":")[0] or text
    return name.strip("[]").lower()


def _has_body(headers: Mapping[str, str]) -> bool:
    return headers.get("content-length", "0") != "0" or "transfer-encoding" in headers


def _is_json(headers: Mapping[str, str]) -> bool:
    return headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"
