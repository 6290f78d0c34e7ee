"""The Bot Framework's keys and tokens: good ones, and each kind of bad one."""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from playground.teams_residents import Json

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

ISSUER = "https://api.botframework.com"
LIFE = 3600
SKEW = 300
"""Seconds by which the clocks of Teams and of an app may differ."""


class BadToken(StrEnum):
    """What may be wrong with a token."""

    AUDIENCE = "another app"
    EXPIRED = "expired"
    FORGED = "signed with another key under a known id"
    GARBAGE = "not a token"
    HMAC = "the public key taken for a secret"
    ISSUER = "another issuer"
    NO_EXPIRY = "lives for ever"
    NO_SERVICE_URL = "names no service"
    NONE = "algorithm none"
    NOT_YET = "not valid yet"
    SERVICE_URL = "another service"
    UNKNOWN_KEY = "an unknown key id"


class Signer:
    """One RSA key and its id."""

    def __init__(self, name: str) -> None:
        self.kid = str(uuid5(NAMESPACE_URL, f"teams/{name}"))

    @cached_property
    def key(self) -> RSAPrivateKey:
        from cryptography.hazmat.primitives.asymmetric import rsa

        return rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def as_jwk(self) -> Json:
        """The public half, as key sets hold it."""
        from jwt.algorithms import RSAAlgorithm

        jwk = RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        about = {"use": "sig", "kid": self.kid, "x5t": self.kid, "endorsements": ["msteams"]}
        return {"kty": jwk["kty"], "n": jwk["n"], "e": jwk["e"], **about}

    def sign(self, claims: Json, *, kid: str | None = None) -> str:
        import jwt

        return jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": kid or self.kid})


class TeamsKeys:
    """The keys with which activities to bots are signed, and the set that tells them apart."""

    def __init__(self, app_id: str, now: Callable[[], float] = time.time) -> None:
        self.app_id = app_id
        self.asked = 0
        """How often the key set was fetched."""
        self._now = now
        self._count = 1
        self._signers = [Signer("1")]
        self._outsider = Signer("outsider")

    @property
    def signer(self) -> Signer:
        """The key in use."""
        return self._signers[-1]

    def rotate(self, *, keep: bool = True) -> None:
        """Sign with a new key from now on; `keep` leaves the old ones in the set."""
        self._count += 1
        self._signers = [*(self._signers if keep else ()), Signer(str(self._count))]

    def as_jwks(self) -> Json:
        """The key set, as the Bot Framework publishes it."""
        return {"keys": [signer.as_jwk() for signer in self._signers]}

    def token(self, service_url: str, **claims: Any) -> str:
        """A good token for one service; `claims` replace its own, and None takes one out."""
        return self.signer.sign(self._claims(service_url, claims))

    def bad_token(self, kind: BadToken, service_url: str) -> str:
        """A token with one thing wrong with it."""
        return self._bent(kind, service_url) or self.token(service_url, **self._wrong(kind))

    def _claims(self, service_url: str, changes: Json) -> Json:
        at = int(self._now())
        claims: Json = {
            "serviceurl": service_url,
            "nbf": at - SKEW,
            "exp": at + LIFE,
            "iss": ISSUER,
            "aud": self.app_id,
        } | changes
        return {name: value for name, value in claims.items() if value is not None}

    def _wrong(self, kind: BadToken) -> Json:
        at = int(self._now())
        wrong: dict[BadToken, Json] = {
            BadToken.AUDIENCE: {"aud": str(uuid5(NAMESPACE_URL, "teams/another-app"))},
            BadToken.EXPIRED: {"nbf": at - 3 * LIFE, "exp": at - 2 * LIFE},
            BadToken.ISSUER: {"iss": "https://sts.windows.net/elsewhere/"},
            BadToken.NO_EXPIRY: {"exp": None},
            BadToken.NO_SERVICE_URL: {"serviceurl": None},
            BadToken.NOT_YET: {"nbf": at + 2 * LIFE, "exp": at + 3 * LIFE},
            BadToken.SERVICE_URL: {"serviceurl": "https://service.elsewhere.example/"},
        }
        return wrong[kind]

    def _bent(self, kind: BadToken, service_url: str) -> str | None:
        """A token that is wrong in its form or its signature, if that is the kind."""
        claims = self._claims(service_url, {})
        if kind is BadToken.GARBAGE:
            return "not.a.token"
        if kind is BadToken.FORGED:
            return self._outsider.sign(claims, kid=self.signer.kid)
        if kind is BadToken.UNKNOWN_KEY:
            return self._outsider.sign(claims)
        if kind is BadToken.NONE:
            return _unsigned(claims, self.signer.kid)
        if kind is BadToken.HMAC:
            return _signed_with_public_key(claims, self.signer)
        return None


def _unsigned(claims: Json, kid: str) -> str:
    import jwt

    return jwt.encode(claims, "", algorithm="none", headers={"kid": kid})


def _signed_with_public_key(claims: Json, signer: Signer) -> str:
    """PyJWT refuses to make such a token, so it is made by hand."""
    import hashlib
    import hmac
    import json

    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
    from jwt.utils import base64url_encode

    head = {"alg": "HS256", "typ": "JWT", "kid": signer.kid}
    parts = (base64url_encode(json.dumps(part).encode()) for part in (head, claims))
    signed = b".".join(parts)
    secret = signer.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    seal = base64url_encode(hmac.new(secret, signed, hashlib.sha256).digest())
    return f"{signed.decode()}.{seal.decode()}"
