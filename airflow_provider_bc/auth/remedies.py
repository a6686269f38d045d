"""What a person should do about each AADSTS code that a sign-in can meet.

The codes choose a hint only: Microsoft may change them, so behaviour follows ``error`` and the
HTTP status (https://learn.microsoft.com/entra/identity-platform/reference-error-codes).
"""

from __future__ import annotations

_CLIENT_CREDENTIAL = (
    "Copy the secret's Value (not its Secret ID) again from Certificates & secrets of this app, "
    "and check that the connection holds it whole: in a connection URI it must be percent-encoded."
)
_PAIR = (
    "Check that client ID and tenant ID belong together, that the app was consented to in this "
    "tenant, and that the authority host is the right cloud."
)
_DISABLED = "Enable the enterprise application in the Entra admin center (Properties > Enabled)."
_ASSERTION = (
    "Upload the public part of this certificate to the app registration, and check that the "
    "private key belongs to it."
)
_FEDERATION = (
    "Compare issuer, subject and audience of the federated credential with the token, letter by "
    "letter; a new record takes some minutes to work."
)
_TENANT = "Use the Directory (tenant) ID from App registrations > your app > Overview."
_RESOURCE = (
    "Business Central is not set up in this tenant, or the scope is mistyped: the scope is "
    "https://api.businesscentral.dynamics.com/.default."
)
_SCOPE = "Set the scope to https://api.businesscentral.dynamics.com/.default."
_ONE_SCOPE = "Name exactly one resource in the scope."
_CLIENT_BUG = "Something between Airflow and Entra altered the request: check proxies on the way."
_POLICY = (
    "A Conditional Access policy blocked the app: ask the Entra administrator, and name the "
    "worker's outgoing IP address."
)
_CONSENT = (
    "Add an application permission of Dynamics 365 Business Central to the app registration, and "
    "have an administrator grant consent (API permissions > Grant admin consent)."
)
_ADMIN_CONSENT = "An administrator must consent to the app: API permissions > Grant admin consent."
_RESPONSE_TYPE = "Ask for response_type=code: implicit tokens are switched off for this app."
_REVOKED = (
    "The password was changed or the sessions revoked: sign in again, or let an app sign in "
    "(grant type client_credentials)."
)
_MFA = (
    "A second factor is wanted: sign in again in a browser, or let an app sign in (grant type "
    "client_credentials)."
)
_PKCE = "The code belongs to another sign-in: begin it anew, in one browser."
_PASSING = "Microsoft Entra has a passing fault: run the task again later."

REMEDIES: dict[int, str] = {
    7000215: _CLIENT_CREDENTIAL,
    70002: _CLIENT_CREDENTIAL,
    7000222: (
        "The client secret has expired: create a new one in Certificates & secrets and put its "
        "Value into the connection."
    ),
    7000218: (
        "Fill in the client secret or a certificate: the request carried none. An app without one "
        "is a public client: switch on Allow public client flows, or register the redirect URI "
        "under Mobile and desktop applications."
    ),
    700016: _PAIR,
    700011: _PAIR,
    7000229: (
        "The app has no service principal in this tenant: grant admin consent, or create it with "
        "`az ad sp create --id <client ID>`."
    ),
    7000112: _DISABLED,
    70001: _DISABLED,
    700025: "The app is registered as a public client: register it as a confidential one (Web).",
    700027: _ASSERTION,
    700024: (
        "The clock of this machine is wrong or the assertion old: set the clock (NTP, UTC), and "
        "see that the federated token file is renewed."
    ),
    700030: _ASSERTION,
    50012: _ASSERTION,
    50048: "Use the client ID both as issuer and as subject of the assertion.",
    70021: _FEDERATION,
    700211: _FEDERATION,
    700213: _FEDERATION,
    7002137: _FEDERATION,
    7002138: _FEDERATION,
    90002: f"There is no such tenant in this cloud. {_TENANT}",
    900023: f"The tenant is neither a GUID nor a domain. {_TENANT}",
    90019: _TENANT,
    50059: _TENANT,
    9001023: f"An app signs in to one tenant, not to a shared endpoint. {_TENANT}",
    50194: f"This is a single-tenant app. {_TENANT}",
    90038: "The tenant lives in another national cloud: change the authority host.",
    500011: _RESOURCE,
    50001: _RESOURCE,
    650052: "The tenant has not subscribed to Business Central: buy it, or start a trial.",
    650057: _CONSENT,
    1002012: _SCOPE,
    70011: _SCOPE,
    28002: _SCOPE,
    28003: _SCOPE,
    700022: _ONE_SCOPE,
    700023: _ONE_SCOPE,
    901002: _CLIENT_BUG,
    900144: _CLIENT_BUG,
    9002313: _CLIENT_BUG,
    90014: _CLIENT_BUG,
    90023: _CLIENT_BUG,
    90100: _CLIENT_BUG,
    900561: _CLIENT_BUG,
    90056: _CLIENT_BUG,
    70003: "Check the grant type (grant_type): this app or tenant does not allow it.",
    501051: _CONSENT,
    65001: (
        "Nobody has consented to the app: sign in and accept, or have an administrator grant "
        "consent (API permissions > Grant admin consent)."
    ),
    65004: "The consent was declined: sign in again and accept what the app asks for.",
    90094: _ADMIN_CONSENT,
    90095: _ADMIN_CONSENT,
    50011: (
        "Register this redirect URI, letter by letter, under Authentication > Web of the app "
        "registration."
    ),
    9002327: "The redirect URI is registered under SPA: register it under Web, not SPA.",
    50105: (
        "Assign the user to the app: Enterprise applications > your app > Users and groups (Entra "
        "admin center)."
    ),
    700054: _RESPONSE_TYPE,
    70005: _RESPONSE_TYPE,
    54005: "The code was used already: begin the sign-in anew.",
    70008: "The code or refresh token has expired: sign in again.",
    70000: "The code or refresh token is not valid any more: sign in again.",
    700082: (
        "The refresh token was not used for 90 days: sign in again, and let a DAG use the "
        "connection more often."
    ),
    700084: "The refresh token lives a day only: register the redirect URI under Web, not SPA.",
    70043: "A sign-in frequency policy has ended the sign-in: sign in again, or use an app.",
    50173: _REVOKED,
    50132: _REVOKED,
    50133: _REVOKED,
    50076: _MFA,
    50079: _MFA,
    50074: _MFA,
    50158: _MFA,
    501481: _PKCE,
    50147: _PKCE,
    501491: _PKCE,
    700005: "The code is for another tenant: begin the sign-in anew, with this connection's.",
    70016: "The code was not yet entered: enter it in the browser.",
    70019: "The device code has expired: begin the sign-in anew, and enter the code sooner.",
    70018: "The device code is not known: enter it as it was shown.",
    53003: _POLICY,
    530032: _POLICY,
    53000: _POLICY,
    53001: _POLICY,
    53002: _POLICY,
    500021: "Tenant restrictions of your proxy block this tenant: ask the network administrator.",
    500022: "Tenant restrictions of your proxy block this tenant: ask the network administrator.",
    90099: "The app is not authorized in the customer's tenant: have it consented to there.",
    50196: "Entra sees a loop of sign-ins: wait some minutes, and share one hook per process.",
    90055: _PASSING,
    90033: _PASSING,
    90024: _PASSING,
    90012: _PASSING,
    90006: _PASSING,
    50033: _PASSING,
    50087: _PASSING,
    90090: _PASSING,
}

_ERRORS = {
    "access_denied": "The sign-in was declined: begin it anew and accept.",
    "login_required": _MFA,
    "interaction_required": _MFA,
    "consent_required": _ADMIN_CONSENT,
    "authorization_declined": "The sign-in was declined: begin it anew and accept.",
    "expired_token": "The device code has expired: begin the sign-in anew.",
    "code_expired": "The device code has expired: begin the sign-in anew.",
    "invalid_grant": "The code or refresh token is not valid any more: sign in again.",
}

UNKNOWN = (
    "Check tenant ID, client ID, client secret and scope of the connection; "
    "https://login.microsoftonline.com/error explains the code."
)


def remedy_for(code: int | None, error: str | None) -> str:
    """Find what to do.

    :param code: the AADSTS number, where there is one.
    :param error: the error of OAuth, where there is one.
    :return: one sentence or two.
    """
    return REMEDIES.get(code or 0) or _ERRORS.get(error or "") or UNKNOWN
