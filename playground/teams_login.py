"""The pretend Entra login: secrets and certificates in, access tokens out, errors in its form."""

from __future__ import annotations

import hmac
from http import HTTPStatus
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qsl, urlencode
from urllib.request import ProxyHandler, Request, build_opener
from uuid import NAMESPACE_URL, uuid5

from starlette.requests import Request as Asked
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from playground.teams_passes import CONNECTOR, GRAPH, LIFE
from playground.teams_residents import Json
from playground.teams_tenant import Tenant
from playground.teams_weather import Answer, Call, Form, carry_out

LOGIN = "https://login.microsoftonline.com"
PATIENCE = 30.0
MOST_BYTES = 20_000
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
SCOPES = {f"{service}/.default": service for service in (CONNECTOR, GRAPH)}
_LEEWAY = 300


class LoginError(Exception):
    """Raised when Entra would refuse; carries OAuth's code, Entra's number, and its words."""

    def __init__(self, code: str, number: int, words: str, status: int = 400) -> None:
        super().__init__(code, number)
        self.code = code
        self.number = number
        self.message = f"AADSTS{number}: {words}"
        self.status = HTTPStatus(status)


_REFUSED = {
    "invalid_client": (7000215, "Invalid client secret provided.", 401),
    "invalid_request": (900144, "The request body is not complete.", 400),
    "invalid_scope": (1002012, "The provided scope is not valid.", 400),
    "temporarily_unavailable": (90033, "A transient error has occurred.", 503),
    "unauthorized_client": (700016, "Application not found in the directory.", 400),
}


def login_routes(tenant: Tenant) -> list[Route]:
    """The routes of the login, `/teams/login/…`, and of the Bot Framework's key set."""

    async def give_token(request: Asked) -> Response:
        asked = await _read(request)
        method = "teams.login"

        async def work() -> Answer:
            return Answer(_give_token(tenant, request.path_params["tenant"], asked))

        shown: Json = {name: asked.get(name) for name in ("client_id", "scope")}
        return await carry_out(tenant, Call(method, request, shown, work), _FORM)

    async def discover(request: Asked) -> Response:
        known = request.path_params["tenant"].lower() == tenant.id
        if not known:
            return JSONResponse(_draw(_no_tenant()), HTTPStatus.BAD_REQUEST)
        return JSONResponse(_openid(tenant.id))

    async def name_instances(_: Asked) -> Response:
        return JSONResponse(_instances(tenant.id))

    async def give_keys(_: Asked) -> Response:
        tenant.keys.asked += 1
        return JSONResponse(tenant.keys.as_jwks())

    async def describe_framework(_: Asked) -> Response:
        return JSONResponse(_framework(tenant))

    known, framework = "/.well-known", "/teams/botframework/v1"
    return [
        Route("/teams/login/common/discovery/instance", name_instances),
        Route(f"/teams/login/{{tenant}}/v2.0{known}/openid-configuration", discover),
        Route("/teams/login/{tenant}/oauth2/v2.0/token", give_token, methods=["POST"]),
        Route(f"{framework}{known}/keys", give_keys),
        Route(f"{framework}{known}/openidconfiguration", describe_framework),
    ]


def token_endpoint(tenant: str) -> str:
    """Where tokens of a tenant come from, as its discovery document says."""
    return f"{LOGIN}/{tenant}/oauth2/v2.0/token"


def _give_token(tenant: Tenant, named: str, asked: Json) -> Json:
    if named.lower() != tenant.id:
        raise _no_tenant()
    if asked.get("grant_type") != "client_credentials":
        raise LoginError("unsupported_grant_type", 70003, "The grant type is not supported.")
    if asked.get("client_id") != tenant.app.id:
        raise _refused("unauthorized_client")
    if "client_assertion" in asked:
        _check_assertion(tenant, asked)
    else:
        _check_secret(tenant, asked)
    if asked.get("scope") not in SCOPES:
        raise _refused("invalid_scope")
    token = tenant.passes.issue(SCOPES[asked["scope"]])
    life = {"expires_in": LIFE, "ext_expires_in": LIFE}
    return {"token_type": "Bearer", **life, "access_token": token}


def _check_secret(tenant: Tenant, asked: Json) -> None:
    secret = asked.get("client_secret")
    if not secret:
        raise LoginError("invalid_client", 7000218, "A secret or an assertion is needed.", 401)
    if not hmac.compare_digest(str(secret).encode(), tenant.app.secret.encode()):
        raise _refused("invalid_client")


def _check_assertion(tenant: Tenant, asked: Json) -> None:
    """Signed by one of the app's certificates, about itself, for this very address."""
    import jwt
    from cryptography.x509 import load_pem_x509_certificate

    if asked.get("client_assertion_type") != ASSERTION:
        raise LoginError("invalid_request", 50027, "The assertion's type is not known.")
    for pem in tenant.app.certificates:
        certificate = load_pem_x509_certificate(pem)
        if not _is_named(asked["client_assertion"], certificate):
            continue
        try:
            claims = jwt.decode(
                asked["client_assertion"],
                key=certificate.public_key(),  # type: ignore[arg-type]
                algorithms=["PS256", "RS256"],
                audience=token_endpoint(tenant.id),
                issuer=tenant.app.id,
                leeway=_LEEWAY,
                options={"require": ["exp", "sub", "jti"]},
            )
        except jwt.InvalidTokenError:
            break
        if claims["sub"] == tenant.app.id:
            return
    raise LoginError("invalid_client", 700027, "The certificate is not the application's.", 401)


def _is_named(assertion: str, certificate: Any) -> bool:
    """Whether an assertion's head names a certificate, by one of the two thumbprints."""
    import jwt
    from cryptography.hazmat.primitives import hashes
    from jwt.utils import base64url_encode

    try:
        head = jwt.get_unverified_header(assertion)
    except jwt.InvalidTokenError:
        return False
    ways = {"x5t#S256": hashes.SHA256(), "x5t": hashes.SHA1()}  # noqa: S303 - Entra's older name for a key
    prints = {
        name: base64url_encode(certificate.fingerprint(way)).decode() for name, way in ways.items()
    }
    given = {name: str(head[name]).rstrip("=") for name in ways if name in head}
    return bool(given) and all(prints[name] == value for name, value in given.items())


async def _read(request: Asked) -> dict[str, str]:
    body = (await request.body())[:MOST_BYTES]
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def _no_tenant() -> LoginError:
    return LoginError("invalid_request", 90002, "Tenant not found.")


def _draw(error: LoginError) -> Json:
    name = str(uuid5(NAMESPACE_URL, error.message))
    return {
        "error": error.code,
        "error_description": f"{error.message} Trace ID: {name}",
        "error_codes": [error.number],
        "trace_id": name,
        "correlation_id": name,
        "error_uri": f"{LOGIN}/error?code={error.number}",
    }


def _refused(code: str) -> LoginError:
    return LoginError(code, *_REFUSED[code])


_FORM = Form(LoginError, _refused, _draw, "temporarily_unavailable", "temporarily_unavailable")


def _openid(tenant: str) -> Json:
    start = f"{LOGIN}/{tenant}"
    return {
        "token_endpoint": token_endpoint(tenant),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
        "jwks_uri": f"{start}/discovery/v2.0/keys",
        "issuer": f"{start}/v2.0",
        "authorization_endpoint": f"{start}/oauth2/v2.0/authorize",
        "device_authorization_endpoint": f"{start}/oauth2/v2.0/devicecode",
    }


def _instances(tenant: str) -> Json:
    host = LOGIN.removeprefix("https://")
    about = {"preferred_network": host, "preferred_cache": host, "aliases": [host]}
    discovery = f"{LOGIN}/{tenant}/v2.0/.well-known/openid-configuration"
    return {"tenant_discovery_endpoint": discovery, "api-version": "1.1", "metadata": [about]}


def _framework(tenant: Tenant) -> Json:
    return {
        "issuer": "https://api.botframework.com",
        "authorization_endpoint": "https://invalid.botframework.com",
        "jwks_uri": f"{tenant.base_url()}/teams/botframework/v1/.well-known/keys",
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
    }


class LoginReply:
    """An answer in the form that msal reads."""

    def __init__(self, status_code: int, text: str, headers: dict[str, str]) -> None:
        self.status_code = status_code
        self.text = text
        self.headers = headers

    def raise_for_status(self) -> None:
        """Raises OSError for a status of 400 or more."""
        if self.status_code >= HTTPStatus.BAD_REQUEST:
            raise OSError(f"HTTP {self.status_code}")


class LoginOverHttp:
    """msal's `http_client`: what is meant for Entra's login goes to a pretend one over HTTP.

    `base_url` is where the tenant is served. Other addresses are refused with ValueError.
    """

    def __init__(self, base_url: str) -> None:
        self.sent = 0
        self._start = f"{base_url.rstrip('/')}/teams/login"
        self._opener = build_opener(ProxyHandler({}))

    def get(self, url: str, params: Any = None, headers: Any = None, **_: Any) -> LoginReply:
        """Ask for a document."""
        return self._send(url, params, headers, None)

    def post(
        self, url: str, params: Any = None, data: Any = None, headers: Any = None, **_: Any
    ) -> LoginReply:
        """Ask for a token, with a form."""
        form = data if isinstance(data, str) else urlencode(data or {})
        return self._send(url, params, headers, form.encode())

    def close(self) -> None:
        """There is nothing to close: each request has a connection of its own."""

    def _send(self, url: str, params: Any, headers: Any, body: bytes | None) -> LoginReply:
        if not url.startswith(f"{LOGIN}/"):
            raise ValueError("only the login is pretended")
        query = f"?{urlencode(params)}" if params else ""
        address = self._start + url.removeprefix(LOGIN) + query
        asked = Request(address, body, dict(headers or {}))  # noqa: S310 - `_start` is ours
        self.sent += 1
        try:
            with self._opener.open(asked, timeout=PATIENCE) as answer:
                return LoginReply(answer.status, answer.read().decode(), dict(answer.headers))
        except HTTPError as error:
            with error:
                return LoginReply(error.code, error.read().decode(), dict(error.headers))
