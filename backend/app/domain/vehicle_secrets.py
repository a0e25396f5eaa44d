"""The secrets that can be kept for a vehicle, apart from its address, and never returned (design, section 4.3)."""

from enum import StrEnum

from app.domain.identifiers import VehicleId


class SecretName(StrEnum):
    """What a connector may need to prove itself to a vehicle."""

    BEARER_TOKEN = "bearer_token"  # noqa: S105 - the name of a secret, not a secret
    """Sent as `Authorization: Bearer …` to the vehicle's own SOVD server."""
    CLIENT_CERTIFICATE = "client_certificate"
    """PEM, certificate and private key, for TLS with client authentication."""
    TRUSTED_CERTIFICATES = "trusted_certificates"
    """PEM of the authorities that sign the vehicle's certificate, where it is none of the public ones."""
    SECURITY_ACCESS = "security_access"
    """Settings of the security access provider (UDS 0x27, 0x29), as its plug-in understands them."""


def place_of_secret(vehicle_id: VehicleId, name: str) -> str:
    """What a seal is bound to: a sealed value that was moved to another vehicle or name does not open."""
    return f"{vehicle_id}/{name}"
