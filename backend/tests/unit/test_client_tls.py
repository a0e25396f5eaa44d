"""Client certificates for vehicles: those that cannot be used are refused, and nobody is asked for anything."""

import ssl

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from app.links.client_tls import client_tls_context

AUTHORITY = trustme.CA().cert_pem.bytes().decode()


@pytest.mark.parametrize(
    ("trusted", "server_name", "checks_name"),
    [(None, None, True), (None, "car.test", True), (AUTHORITY, "car.test", True), (AUTHORITY, None, False)],
)
def test_the_chain_is_always_verified_and_the_name_where_there_is_one(
    trusted: str | None, server_name: str | None, *, checks_name: bool
) -> None:
    context = client_tls_context(trusted_certificates=trusted, server_name=server_name)
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname is checks_name


def test_an_encrypted_key_is_refused_without_asking_on_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    tester = trustme.CA().issue_cert("tester.vehicle.test")
    key = load_pem_private_key(tester.private_key_pem.bytes(), password=None)
    sealed = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"a-secret-password"))
    pem = (sealed + tester.cert_chain_pems[0].bytes()).decode()
    with pytest.raises(ValueError, match="the private key is encrypted"):
        client_tls_context(client_certificate=pem)
