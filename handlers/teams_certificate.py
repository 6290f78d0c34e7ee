"""The certificate that the app shows to Entra instead of a secret."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey


@dataclass(frozen=True, slots=True)
class Certificate:
    """A private key and the certificate that belongs to it, both as PEM."""

    private_key: str = field(repr=False)
    public: str = field(repr=False)
    ends: datetime
    """When Entra takes it no longer."""


def read_certificate(pem: bytes) -> Certificate:
    """A PEM file with a private key without a password, and its certificate among perhaps more.

    Raises ValueError that says what is wrong with it, and repeats nothing of it.
    """
    from cryptography.hazmat.primitives import serialization as forms

    key = _read_key(pem)
    own = key.public_key().public_numbers()
    found = next((one for one in _read_all(pem) if _numbers(one) == own), None)
    if found is None:
        raise ValueError("the certificate of the private key is not in the file")
    private = key.private_bytes(forms.Encoding.PEM, forms.PrivateFormat.PKCS8, forms.NoEncryption())
    public = found.public_bytes(forms.Encoding.PEM)
    return Certificate(private.decode(), public.decode(), found.not_valid_after_utc)


def _read_key(pem: bytes) -> RSAPrivateKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(pem, None)
    except TypeError:
        raise ValueError("the private key has a password; Sharecheck cannot open it") from None
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError("no private key in the file") from None
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("the private key is not an RSA key")  # noqa: TRY004 - bad input
    return key


def _read_all(pem: bytes) -> list[x509.Certificate]:
    from cryptography.x509 import load_pem_x509_certificates

    try:
        return load_pem_x509_certificates(pem)
    except ValueError:
        raise ValueError("no certificate in the file") from None


def _numbers(certificate: x509.Certificate) -> object:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    key = certificate.public_key()
    return key.public_numbers() if isinstance(key, RSAPublicKey) else None
