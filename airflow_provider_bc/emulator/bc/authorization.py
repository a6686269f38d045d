"""Who may come in: the bearer, its roles, and the app's record in the environment.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/automation-apis-using-s2s-authentication
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_bc.emulator.entra.directory import DELEGATED
from airflow_provider_bc.emulator.entra.tokens import InvalidTokenError
from airflow_provider_bc.emulator.odata.errors import ODataError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_bc.emulator.bc.address import Address
    from airflow_provider_bc.emulator.entra.directory import Directory
    from airflow_provider_bc.emulator.entra.tokens import TokenIssuer

_REJECTED = "The server has rejected the client credentials."
_NOT_ENTITLED = "Web service call failed because user could not be authenticated or authorized."


@dataclass(slots=True)
class AppRecord:
    """An app on the page "Microsoft Entra Applications" of an environment.

    :param enabled: whether State is Enabled.
    :param permitted: whether its permission sets cover the pages it calls.
    """

    enabled: bool = True
    permitted: bool = True


def rejected(text: str = _REJECTED) -> ODataError:
    """Say that the credentials do not open Business Central.

    :param text: the message.
    :returns: 401 `Authentication_InvalidCredentials`.
    """
    return ODataError(401, "Authentication_InvalidCredentials", text)


def denied(page: str) -> ODataError:
    """Say that a permission set is missing: a 400, as on the live service.

    :param page: the page that was called.
    :returns: 400 `Internal_ServerError`.
    """
    text = f"You do not have the following permissions on Page {page}: Execute."
    return ODataError(400, "Internal_ServerError", text)


class Gate:
    """Checks each request on its way in.

    :param directory: the tenant.
    :param issuer: what verifies tokens.
    """

    def __init__(self, directory: Directory, issuer: TokenIssuer) -> None:
        self._directory = directory
        self._issuer = issuer

    def claims(self, authorization: str) -> dict[str, Any]:
        """Verify the bearer.

        :param authorization: the header.
        :returns: the token's claims.
        :raises ODataError: 401.
        """
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise rejected()
        try:
            return self._issuer.verify(token)
        except InvalidTokenError:
            raise rejected() from None

    def admit(
        self, claims: dict[str, Any], address: Address, records: Mapping[str, AppRecord]
    ) -> None:
        """Check tenant, role and app record.

        :param claims: the token's claims.
        :param address: where the request goes.
        :param records: the app records of the environment by client id.
        :raises ODataError: 401 for each of them, 400 for a missing permission set.
        """
        if address.tenant is not None and not self._directory.is_tenant(address.tenant):
            raise rejected()
        if claims.get("idtyp") != "app":
            self._admit_user(claims, address)
            return
        automation = address.route.startswith("microsoft/automation/")
        role = "Automation.ReadWrite.All" if automation else "API.ReadWrite.All"
        if role not in claims.get("roles", ()):
            raise rejected(_NOT_ENTITLED)
        record = records.get(claims["appid"])
        if record is None or not record.enabled:
            raise rejected()
        if not record.permitted or _for_users(address):
            raise denied(_page(address))

    def _admit_user(self, claims: dict[str, Any], address: Address) -> None:
        """Check the delegated permissions, and the user in the environment."""
        if not set(claims.get("scp", "").split()) & set(DELEGATED):
            raise rejected(_NOT_ENTITLED)
        user = self._directory.user(claims["oid"])
        if user is None or not user.enabled or not user.in_business_central:
            raise rejected()
        if not user.permitted:
            raise denied(_page(address))


def _for_users(address: Address) -> bool:
    """Say whether an action needs SUPER, which an app cannot have.

    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/automation-apis-using-s2s-authentication
    """
    return any("getnewusers" in segment.name.lower() for segment in address.segments)


def _page(address: Address) -> str:
    """Name the page that an address leads to."""
    last = address.segments[-1].name if address.segments else "API Routes"
    return f"APIV2 - {last[:1].upper()}{last[1:]}"
