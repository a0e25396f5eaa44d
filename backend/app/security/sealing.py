"""Secrets at rest: sealed with a key that is not in the database."""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.domain.errors import ServiceError

_NONCE_BYTES = 12


class SealBroken(ServiceError):
    """A stored secret cannot be opened: the key is another one than it was sealed with, or the value was changed."""

    code = "seal_broken"
    retry_can_help = False


class Sealing:
    """Seals and opens short texts with AES-256-GCM (NIST SP 800-38D).

    `key` is any long random text; the sealing key is derived from it (HKDF, RFC 5869). `place` binds a seal to where
    it is kept: a value that was moved to another vehicle or name does not open.
    """

    def __init__(self, key: str) -> None:
        derived = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"sovd-command vehicle secrets")
        self._cipher = AESGCM(derived.derive(key.encode()))

    def seal(self, text: str, nonce: bytes, *, place: str) -> bytes:
        """Encrypt a text for a place. `nonce`: 12 fresh random bytes."""
        return nonce + self._cipher.encrypt(nonce, text.encode(), place.encode())

    def open(self, sealed: bytes, *, place: str) -> str:
        """The text again. Raises SealBroken."""
        nonce, body = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return self._cipher.decrypt(nonce, body, place.encode()).decode()
        except (InvalidTag, ValueError) as error:
            raise SealBroken(
                "a stored secret of a vehicle cannot be opened with the present key; restore SOVD_SECRET_KEY, or set "
                "the secret again"
            ) from error
