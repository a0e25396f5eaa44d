"""TLS towards vehicles, from certificates that are kept as text."""

import os
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class ClientCertificateUnusable(ValueError):
    """The text is not PEM with a certificate and its unencrypted private key."""


def client_tls_context(
    *, trusted_certificates: str | None = None, client_certificate: str | None = None, server_name: str | None = None
) -> ssl.SSLContext:
    """A context for connecting to a vehicle. Reads and writes files: call it in a thread.

    Without `trusted_certificates` (PEM) the machine's authorities decide, and the name is always checked. With them the
    chain proves the vehicle; the name is checked only where `server_name` gives one, as the certificates of vehicles
    do not name the addresses that they happen to have. `client_certificate`: PEM of certificate and private key.

    Raises ClientCertificateUnusable, and ssl.SSLError or ValueError for trusted certificates that are no PEM.
    """
    context = ssl.create_default_context(cadata=trusted_certificates)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if trusted_certificates is not None and server_name is None:
        context.check_hostname = False
    if client_certificate is not None:
        _load_client_certificate(context, client_certificate)
    return context


def _load_client_certificate(context: ssl.SSLContext, pem: str) -> None:
    try:
        with _as_file(pem.encode("ascii")) as path:
            context.load_cert_chain(path, password=_no_password)
    except (ssl.SSLError, ValueError, OSError) as error:
        raise ClientCertificateUnusable(str(error)) from error


@contextmanager
def _as_file(content: bytes) -> Iterator[str]:
    """A path to it: the ssl module takes private keys from files only. One in memory where the system has such."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("client", os.MFD_CLOEXEC)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            yield f"/proc/self/fd/{descriptor}"
        return
    handle, name = tempfile.mkstemp(suffix=".pem")  # that nobody else can read, gone at once
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        yield name
    finally:
        Path(name).unlink()


def _no_password() -> str:
    """Asked only for an encrypted key; without it OpenSSL would ask on the terminal, and wait there."""
    raise ValueError("the private key is encrypted")
