"""The municipality's own sign-in, by OpenID Connect: code flow with PKCE, state and nonce.

The provider's sign-in stands for password and code app both: what it asks for is set there.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import httpx2
import structlog
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from services.audit.log import record
from services.audit.record import Actor, Deed
from services.console.paths import SIGNED_IN_PATH
from services.console.sessions import as_bytes, open_session
from services.privacy.keyring import Keyring
from services.settings import Settings
from services.store.coordinators import find_coordinator_by_sign_in

_TIMEOUT: Final = 10.0  # seconds
_LEEWAY: Final = 60  # seconds that the provider's clock may differ
# Signatures by the provider's own key alone: never "none", nor one made with our shared secret.
_ALGORITHMS: Final = ["RS256", "PS256", "ES256"]
_log = structlog.get_logger(__name__)


class SignInError(Exception):
    """The sign-in failed; the log says in what step, and nobody is told more."""


class Attempt(BaseModel):
    """A sign-in under way, kept in the browser that began it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    state: str
    nonce: str
    verifier: str


class _Provider(BaseModel):
    """What the provider says of itself (OpenID Connect Discovery 1.0)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


@dataclass(frozen=True, slots=True)
class SignIn:
    """A municipality's sign-in, as the operator has set it."""

    issuer: str
    client_id: str
    client_secret: str | None
    claim: str
    redirect_uri: str

    @classmethod
    def configured(cls, settings: Settings) -> SignIn | None:
        """The sign-in, or nothing when none is set."""
        if settings.oidc_issuer is None or settings.oidc_client_id is None:
            return None
        secret = settings.oidc_client_secret
        return cls(
            issuer=settings.oidc_issuer,
            client_id=settings.oidc_client_id,
            client_secret=secret.get_secret_value() if secret else None,
            claim=settings.oidc_claim,
            redirect_uri=settings.public_url.rstrip("/") + SIGNED_IN_PATH,
        )

    async def begin(self) -> tuple[str, Attempt]:
        """The provider's address to send the browser to, and what to keep until it is back.

        Raises:
            SignInError: the provider can't be asked.
        """
        try:
            async with self._client() as client:
                provider = await self._discover(client)
                verifier, nonce = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
                address, state = client.create_authorization_url(
                    provider.authorization_endpoint, code_verifier=verifier, nonce=nonce
                )
        except (httpx2.HTTPError, ValueError, AuthlibBaseError) as error:
            raise _failed("begin", error) from error
        return address, Attempt(state=state, nonce=nonce, verifier=verifier)

    async def finish(self, attempt: Attempt, code: str, state: str, now: datetime) -> str:
        """Who signed in, by the claim that the operator chose.

        Args:
            attempt: What ``begin`` gave to this browser.
            code: That the provider sent with the browser.
            state: The same.
            now: The time, for the token's.

        Raises:
            SignInError
        """
        if not hmac.compare_digest(as_bytes(state), attempt.state.encode()):
            raise SignInError("state")
        try:
            async with self._client() as client:
                provider = await self._discover(client)
                tokens = await client.fetch_token(
                    provider.token_endpoint, code=code, code_verifier=attempt.verifier
                )
                keys = await client.request("GET", provider.jwks_uri, withhold_token=True)
            claims = self._claims(tokens, keys.json(), attempt, now)
        except (httpx2.HTTPError, ValueError, KeyError, AuthlibBaseError, JoseError) as error:
            raise _failed("finish", error) from error
        who = claims.get(self.claim)
        if self.claim == "email" and claims.get("email_verified") is not True:
            raise SignInError("email")
        if not isinstance(who, str) or not who:
            raise SignInError("claim")
        return who

    def _claims(
        self, tokens: dict[str, Any], keys: Any, attempt: Attempt, now: datetime
    ) -> dict[str, Any]:
        decoded = jwt.decode(
            tokens["id_token"], KeySet.import_key_set(keys), algorithms=_ALGORITHMS
        )
        registry = jwt.JWTClaimsRegistry(
            now=int(now.timestamp()),
            leeway=_LEEWAY,
            iss={"essential": True, "value": self.issuer},
            aud={"essential": True, "value": self.client_id},
            nonce={"essential": True, "value": attempt.nonce},
            exp={"essential": True},
            iat={"essential": True},
        )
        registry.validate(decoded.claims)
        return dict(decoded.claims)

    async def _discover(self, client: AsyncOAuth2Client) -> _Provider:
        address = self.issuer.rstrip("/") + "/.well-known/openid-configuration"
        found = await client.request("GET", address, withhold_token=True)
        found.raise_for_status()
        try:
            provider = _Provider.model_validate_json(found.content)
        except ValidationError as error:
            raise _failed("discovery", error) from error
        if provider.issuer != self.issuer:
            raise SignInError("issuer")
        return provider

    def _client(self) -> AsyncOAuth2Client:
        return AsyncOAuth2Client(
            client_id=self.client_id,
            client_secret=self.client_secret,
            scope="openid email profile",
            redirect_uri=self.redirect_uri,
            code_challenge_method="S256",
            timeout=_TIMEOUT,
        )


async def enter(session: AsyncSession, keyring: Keyring, who: str, now: datetime) -> str:
    """Begin a session for whoever signed in; give its token.

    Raises:
        SignInError: there is no open account for them.
    """
    account = await find_coordinator_by_sign_in(session, who)
    if account is None or account.disabled_at is not None:
        raise SignInError("account")
    token = open_session(session, account.id, now, second_factor=True)
    actor = Actor(account.name, account.id)
    await record(session, keyring, at=now, actor=actor, deed=Deed.LOGIN, about="oidc")
    return token


def _failed(step: str, error: Exception) -> SignInError:
    # The kind of fault alone: what a provider says may hold whose sign-in it was.
    _log.warning("sign_in_failed", step=step, cause=type(error).__name__)
    return SignInError(step)
