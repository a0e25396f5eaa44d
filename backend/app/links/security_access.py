"""Security access (service 0x27) and authentication (0x29) through plug-ins that keep the secrets to themselves."""

import importlib.metadata
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from app.domain.errors import VehicleRefused
from app.links import uds_services
from app.links.uds_client import UdsClient
from app.links.uds_errors import ecu_text
from app.protocols.uds import requests
from app.protocols.uds.errors import UdsFormatError
from app.protocols.uds.responses import body_of, parse_seed
from app.protocols.uds.services import AuthenticationTask, Service

ENTRY_POINTS = "sovd_command.security_providers"
"""Group of entry points. Each names a callable that takes the settings (a mapping) and gives a SecurityProvider."""
DEMONSTRATION = "xor-demo"


class SecurityProvider(Protocol):
    """Computes keys. Its settings are secret: they must not appear in an error, a log or a `repr`."""

    async def key(self, level: int, seed: bytes, ecu_address: int) -> bytes:
        """The key for a seed; `level` is the odd number it was asked for with. Raises SecurityProviderFailed."""
        ...


@runtime_checkable
class AuthenticationProvider(Protocol):
    """A provider that can also authenticate with a certificate (APCE, unidirectional; ISO 14229-1, clause 10.6)."""

    async def certificate(self, ecu_address: int) -> bytes:
        """The tester's certificate as the ECU wants it."""
        ...

    async def proof_of_ownership(self, challenge: bytes, ecu_address: int) -> bytes:
        """The signature over the ECU's challenge."""
        ...


class SecurityProviderFailed(VehicleRefused):
    """Security access cannot be had with the vehicle's settings; the ECU was asked for nothing but a seed."""

    code = "security_provider_failed"


@dataclass(frozen=True, slots=True, repr=False)
class XorDemonstration:
    """Key = seed XOR a mask. For the simulator only: it protects nothing."""

    masks: Mapping[int, bytes]

    async def key(self, level: int, seed: bytes, ecu_address: int) -> bytes:
        """The seed XOR the mask of the level, which is repeated as often as needed."""
        mask = self.masks.get(level) or self.masks.get(0)
        if not mask:
            raise SecurityProviderFailed(
                f"The security access settings have no mask for level {level} (ECU {ecu_text(ecu_address)}). "
                "Add it to `masks`."
            )
        return bytes(byte ^ mask[at % len(mask)] for at, byte in enumerate(seed))


def load_security_provider(settings: str | None) -> SecurityProvider:
    """The provider that a vehicle's secret `security_access` names, a JSON object: `{"provider": NAME, ...}`.

    `xor-demo` is built in and takes `mask` (for all levels) or `masks` (by level), in hex. Raises
    SecurityProviderFailed without repeating anything of the settings but the provider's name.
    """
    if settings is None:
        raise SecurityProviderFailed(
            "This needs security access, and the vehicle has no settings for it. Store its secret `security_access`."
        )
    values = _read_settings(settings)
    name = values.get("provider", DEMONSTRATION)
    if name == DEMONSTRATION:
        return _demonstration(values)
    found = list(importlib.metadata.entry_points(group=ENTRY_POINTS, name=str(name)))
    if not found:
        raise SecurityProviderFailed(
            f"There is no security provider {str(name)[:60]!r}. Install the package that brings it on every worker."
        )
    try:
        provider: SecurityProvider = found[0].load()(values)
    except Exception as error:  # noqa: BLE001 - foreign code, whose words may hold secrets: only their kind is told
        raise _plug_in_failed(error) from None
    return provider


def wants_authentication(settings: str | None) -> bool:
    """Whether the settings say `"authenticate": true`: prove who we are (service 0x29) before a change.

    Raises SecurityProviderFailed for settings that cannot be read.
    """
    return settings is not None and _read_settings(settings).get("authenticate") is True


def _read_settings(settings: str) -> dict[str, Any]:
    try:
        values = json.loads(settings)
    except ValueError:
        values = None
    if not isinstance(values, dict):
        raise SecurityProviderFailed("The vehicle's secret `security_access` is no JSON object. Store it again.")
    return values


def _demonstration(values: Mapping[str, Any]) -> XorDemonstration:
    try:
        masks = {int(level): bytes.fromhex(mask) for level, mask in dict(values.get("masks", {})).items()}
        if "mask" in values:
            masks[0] = bytes.fromhex(values["mask"])
    except (TypeError, ValueError):
        raise SecurityProviderFailed("`mask` or `masks` of the security access settings is not hexadecimal.") from None
    return XorDemonstration(masks)


async def unlock(client: UdsClient, provider: SecurityProvider, level: int, deadline: float) -> None:
    """Get security access for a level (odd). Does nothing more where the ECU is open already (a seed of zeros).

    Raises NegativeResponse (wrong key, too many attempts, delay not over: with what to do), SecurityProviderFailed
    and what requests raise.
    """
    request = requests.SecurityAccess(level=level)
    seed = (await uds_services.ask(client, request, deadline, lambda raw: parse_seed(raw, level))).value
    if not any(seed):
        return
    try:
        key = await provider.key(level, seed, client.ecu_address)
    except SecurityProviderFailed:
        raise
    except Exception as error:  # noqa: BLE001 - foreign code, whose words may hold secrets: only their kind is told
        raise _plug_in_failed(error) from None
    await client.ask(requests.SecurityAccess(level=level + 1, data=key).encode(), deadline)


async def authenticate(client: UdsClient, provider: SecurityProvider, deadline: float) -> None:
    """Authenticate the tester with a certificate and proof that its key is ours, unidirectional.

    Raises NegativeResponse, SecurityProviderFailed (also where the provider cannot do it) and what requests raise.
    """
    if not isinstance(provider, AuthenticationProvider):
        raise SecurityProviderFailed("The vehicle's security provider cannot authenticate (service 0x29).")
    try:
        certificate = await provider.certificate(client.ecu_address)
    except Exception as error:  # noqa: BLE001 - foreign code, whose words may hold secrets: only their kind is told
        raise _plug_in_failed(error) from None
    first = requests.Authentication(
        task=AuthenticationTask.VERIFY_CERTIFICATE_UNIDIRECTIONAL,
        data=b"\x00" + _with_length(certificate) + _with_length(b""),  # no session key, no challenge of ours
    )
    challenge = (await uds_services.ask(client, first, deadline, _read_challenge)).value
    try:
        proof = await provider.proof_of_ownership(challenge, client.ecu_address)
    except Exception as error:  # noqa: BLE001 - foreign code, whose words may hold secrets: only their kind is told
        raise _plug_in_failed(error) from None
    second = requests.Authentication(
        task=AuthenticationTask.PROOF_OF_OWNERSHIP, data=_with_length(proof) + _with_length(b"")
    )
    await client.ask(second.encode(), deadline)


def _with_length(data: bytes) -> bytes:
    if len(data) > 0xFFFF:
        raise SecurityProviderFailed("The security provider gave more bytes than a message can hold.")
    return len(data).to_bytes(2, "big") + data


def _read_challenge(raw: bytes) -> bytes:
    body = body_of(raw, Service.AUTHENTICATION, 4)
    length = int.from_bytes(body[2:4], "big")
    challenge = body[4 : 4 + length]
    if len(challenge) != length or not challenge:
        raise UdsFormatError("the challenge breaks off")
    return challenge


def _plug_in_failed(error: Exception) -> SecurityProviderFailed:
    return SecurityProviderFailed(f"The security provider failed ({type(error).__name__}). See its own log.")
