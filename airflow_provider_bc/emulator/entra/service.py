"""Entra's side of the wire: paths to answers.

https://learn.microsoft.com/entra/identity-platform/v2-protocols
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import UUID, uuid5

from airflow_provider_bc.emulator.answer import json_response
from airflow_provider_bc.emulator.entra.discovery import instance_discovery, openid_configuration
from airflow_provider_bc.emulator.entra.errors import EntraError
from airflow_provider_bc.emulator.entra.token_endpoint import TokenEndpoint
from airflow_provider_bc.emulator.entra.tokens import key_set

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.clock import Clock
    from airflow_provider_bc.emulator.entra.directory import Directory
    from airflow_provider_bc.emulator.entra.tokens import TokenIssuer
    from airflow_provider_bc.wire import Request, Response

_METADATA = "v2.0/.well-known/openid-configuration"
_KEYS = "discovery/v2.0/keys"
_TOKEN = "oauth2/v2.0/token"  # noqa: S105  # a path, not a secret


def is_entra(path: str) -> bool:
    """Tell whether a path belongs to Entra.

    :param path: the path of the URL.
    :returns: True if Entra answers it.
    """
    tail = path.lstrip("/").partition("/")[2]
    return tail in (_METADATA, _KEYS, _TOKEN) or path == "/common/discovery/instance"


class Entra:
    """The authority of one tenant.

    :param directory: the tenant.
    :param issuer: what makes its tokens.
    :param clock: the time.
    """

    def __init__(self, directory: Directory, issuer: TokenIssuer, clock: Clock) -> None:
        self._directory = directory
        self._clock = clock
        self._tokens = TokenEndpoint(directory, issuer, clock)
        self._serial = count(1)

    def answer(self, request: Request) -> Response:
        """Answer a request that `is_entra`.

        :param request: the request.
        :returns: the response; every refusal is one as well.
        """
        parts = urlsplit(request.url)
        origin = f"{parts.scheme}://{parts.netloc}"
        tenant, _, tail = unquote(parts.path).lstrip("/").partition("/")
        try:
            if tail == _TOKEN:
                return self._tokens.redeem(request, tenant)
            if tail == "discovery/instance":
                query = parse_qs(parts.query).get("authorization_endpoint", [""])
                return json_response(*instance_discovery(origin, query[0]))
            return self._describe(origin, tenant, tail)
        except EntraError as error:
            trace = str(uuid5(UUID(int=0), f"trace/{next(self._serial)}"))
            headers = {name.lower(): value for name, value in request.headers.items()}
            correlation = headers.get("client-request-id", trace)
            return error.response(origin, self._clock.now(), trace, correlation)

    def _describe(self, origin: str, tenant: str, tail: str) -> Response:
        if tenant != "common":
            self._tokens.check_tenant(tenant)
        tenant_id = self._directory.tenant_id
        if tail == _KEYS:
            return json_response(200, key_set(f"{origin}/{tenant_id}/v2.0"))
        return json_response(200, openid_configuration(origin, tenant, tenant_id))
