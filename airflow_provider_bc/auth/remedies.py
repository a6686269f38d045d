"""What a person should do about each AADSTS code that app-only sign-in can meet.

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
_PASSING = "Microsoft Entra has a passing fault: run the task again later."

REMEDIES: dict[int, str] = {
    7000215: _CLIENT_CREDENTIAL,
    70002: _CLIENT_CREDENTIAL,
    7000222: (
        "The client secret has expired: create a new one in Certificates & secrets and put its "
        "Value into the connection."
    ),
    7000218: "Fill in the client secret: the request carried none.",
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
    700024: "The clock of this machine is wrong or the assertion old: set the clock (NTP, UTC).",
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
    70003: "Set the grant type to client_credentials.",
    501051: _CONSENT,
    65001: _CONSENT,
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

UNKNOWN = (
    "Check tenant ID, client ID, client secret and scope of the connection; "
    "https://login.microsoftonline.com/error explains the code."
)
