"""What Entra says about itself: metadata, keys and known authorities.

https://openid.net/specs/openid-connect-discovery-1_0.html
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit


def openid_configuration(origin: str, tenant: str, tenant_id: str) -> dict[str, Any]:
    """Describe a tenant's endpoints.

    :param origin: scheme and host of the authority.
    :param tenant: the tenant as the request named it.
    :param tenant_id: its GUID.
    :returns: the OpenID provider metadata.
    """
    at = f"{origin}/{tenant}"
    return {
        "token_endpoint": f"{at}/oauth2/v2.0/token",
        "token_endpoint_auth_methods_supported": [
            "client_secret_post",
            "private_key_jwt",
            "client_secret_basic",
        ],
        "jwks_uri": f"{at}/discovery/v2.0/keys",
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": f"{origin}/{tenant_id}/v2.0",
        "request_uri_parameter_supported": False,
        "authorization_endpoint": f"{at}/oauth2/v2.0/authorize",
        "device_authorization_endpoint": f"{at}/oauth2/v2.0/devicecode",
        "http_logout_supported": True,
        "frontchannel_logout_supported": True,
        "end_session_endpoint": f"{at}/oauth2/v2.0/logout",
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "tid", "oid", "ver"],
    }


def instance_discovery(origin: str, authorize_url: str) -> tuple[int, dict[str, Any]]:
    """Tell whether an authority is one of ours.

    :param origin: scheme and host of this authority.
    :param authorize_url: the `authorization_endpoint` in question.
    :returns: status and body.
    """
    parts = urlsplit(authorize_url)
    tenant = parts.path.lstrip("/").partition("/")[0]
    if f"{parts.scheme}://{parts.netloc}" != origin or not tenant:
        return 400, {"error": "invalid_instance", "error_description": "AADSTS50049: Unknown or "
                     "invalid instance.", "error_codes": [50049]}  # fmt: skip
    host = parts.netloc
    alias = {"preferred_network": host, "preferred_cache": host, "aliases": [host]}
    at = f"{origin}/{tenant}/v2.0/.well-known/openid-configuration"
    return 200, {"tenant_discovery_endpoint": at, "api-version": "1.1", "metadata": [alias]}
