"""Client certificates for vehicles: those that cannot be used are refused, and nobody is asked for anything."""

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from app.links.client_tls import client_tls_context


def test_an_encrypted_key_is_refused_without_asking_on_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    tester = trustme.CA().issue_cert("tester.vehicle.test")
    key = load_pem_private_key(tester.private_key_pem.bytes(), password=None)
    sealed = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"a-secret-password"))
    pem = (sealed + tester.cert_chain_pems[0].bytes()).decode()
    with pytest.raises(ValueError, match="the private key is encrypted"):
        client_tls_context(client_certificate=pem)
