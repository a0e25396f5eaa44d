"""Addresses of DoIP vehicles: what is accepted, and that every mistake is named."""

import contextlib
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.connectors.doip_address import DoipAddress, parse_doip_address
from app.connectors.port import VehicleContext
from app.domain.errors import InvalidRequest


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("doip://10.0.0.1", DoipAddress(host="10.0.0.1", port=13400)),
        ("DOIP://gateway.example:1234/", DoipAddress(host="gateway.example", port=1234)),
        ("doip://[fe80::1]?tls=1", DoipAddress(host="fe80::1", port=3496, tls=True)),
        ("doip://host:13400?tls=1", DoipAddress(host="host", port=13400, tls=True)),
        (
            "doip://host?tester=0x0E80&ecus=0x1010,0x20&activation=0xE0&functional=0xE401",
            DoipAddress(
                host="host", port=13400, tester=0x0E80, ecus=(0x1010, 0x20), activation=0xE0, functional=0xE401
            ),
        ),
        ("doip://host?scan=0x10-0x12", DoipAddress(host="host", port=13400, scan=(0x10, 0x11, 0x12))),
        (
            "doip://host?keep_alive_during_pending=0x1010",
            DoipAddress(host="host", port=13400, keep_alive_during_pending=(0x1010,)),
        ),
    ],
)
def test_addresses_are_read(address: str, expected: DoipAddress) -> None:
    assert parse_doip_address(address) == expected


@pytest.mark.parametrize(
    ("address", "named"),
    [
        ("doip:", "doip://host"),
        ("doip://", "doip://host"),
        ("doip://user:hunter2@host", "credentials"),
        ("doip://host:0", "port"),
        ("doip://host:99999", "port"),
        ("doip://host:", "host"),
        ("doip://ho st", "space"),
        ("doip://host/path", "settings"),
        ("doip://host#part", "settings"),
        ("doip://host?colour=red", "colour"),
        ("doip://host?tls=yes", "tls"),
        ("doip://host?tester=3584", "tester"),
        ("doip://host?activation=0x100", "activation"),
        ("doip://host?ecus=", "ecus"),
        ("doip://host?ecus=0x1010,", "ecus"),
        ("doip://host?scan=0x10", "scan"),
        ("doip://host?scan=0x20-0x10", "scan"),
        ("doip://host?scan=0x0-0xFFFF", "scan"),
        ("doip://host?tls=1&tls=1", "twice"),
    ],
)
def test_every_mistake_is_named_and_no_credentials_are_repeated(address: str, named: str) -> None:
    with pytest.raises(InvalidRequest) as raised:
        parse_doip_address(address)
    assert raised.value.field_errors[0].pointer == "/address"
    assert named in raised.value.message
    assert "hunter2" not in raised.value.message


@given(st.text(alphabet=string.printable, max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(InvalidRequest):
        parse_doip_address(f"doip://{text}")
    with contextlib.suppress(InvalidRequest):
        parse_doip_address(f"doip://host?{text}")


def test_certificates_are_used_with_tls_only() -> None:
    context = VehicleContext(secrets={"trusted_certificates": "PEM", "client_certificate": "PEM"})
    assert parse_doip_address("doip://host").settings(context).trusted_certificates is None
    settings = parse_doip_address("doip://host?tls=1").settings(context)
    assert (settings.trusted_certificates, settings.client_certificate) == ("PEM", "PEM")
    assert "PEM" not in repr(settings)
