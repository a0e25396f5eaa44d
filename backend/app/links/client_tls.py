"""TLS towards vehicles, from certificates that are kept as text."""

import os
import ssl
import tempfile
from pathlib import Path


def client_tls_context(
    *, trusted_certificates: str | None = None, client_certificate: str | None = None, server_name: str | None = None
) -> ssl.SSLContext:
    """A context for connecting to a vehicle. Reads and writes files: call it in a thread.

    Without `trusted_certificates` (PEM) the machine's authorities decide, and the name is always checked. With them the
    chain proves the vehicle; the name is checked only where `server_name` gives one, as the certificates of vehicles
    do not name the addresses that they happen to have. `client_certificate`: PEM of certificate and private key.

    Raises ssl.SSLError or ValueError for text that is no PEM.
    """
    context = ssl.create_default_context(cadata=trusted_certificates)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if trusted_certificates is not None and server_name is None:
        context.check_hostname = False
    if client_certificate is not None:
        _load_client_certificate(context, client_certificate)
    return context


def _load_client_certificate(context: ssl.SSLContext, pem: str) -> None:
    # the ssl module takes the private key from a file only: one that nobody else can read, gone at once
    handle, name = tempfile.mkstemp(suffix=".pem")
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(pem)
        context.load_cert_chain(name, password=_no_password)
    finally:
        Path(name).unlink()


def _no_password() -> str:
    """Asked only for an encrypted key; without it OpenSSL would ask on the terminal, and wait there."""
    raise ValueError("the private key is encrypted")
