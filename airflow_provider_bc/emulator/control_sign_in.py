"""The control door's orders around sign-in: people, apps, consent, and what was issued."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeAlias

from airflow_provider_bc.emulator.bc.authorization import AppRecord
from airflow_provider_bc.emulator.entra.directory import (
    Application,
    ManagedIdentity,
    RedirectUri,
    Secret,
    User,
)
from airflow_provider_bc.emulator.entra.federation import (
    EXCHANGE,
    FederatedCredential,
    ForeignIssuer,
)

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.emulator import Emulator

Order: TypeAlias = dict[str, Any]
_READ: dict[str, Callable[[Any], Any]] = {
    "redirect_uris": lambda given: [
        RedirectUri(one) if isinstance(one, str) else RedirectUri(**one) for one in given
    ],
    "secrets": lambda given: [Secret(**one) for one in given],
    "federated": lambda given: [FederatedCredential(**one) for one in given],
    "consents": lambda given: {who: set(scopes) for who, scopes in given.items()},
    "roles": tuple,
    "requested_roles": tuple,
    "delegated": tuple,
}


def _assign(target: Any, values: Mapping[str, Any]) -> None:
    """Set the fields of a record, none that it has not."""
    known = asdict(target)
    for name, value in values.items():
        if name not in known:
            raise ValueError(f"there is no {name!r}; there are {', '.join(known)}")
        setattr(target, name, _READ.get(name, lambda same: same)(value))


def _shown(record: Any) -> Order:
    """Describe a record as JSON; sets become lists."""
    told = asdict(record)
    if "consents" in told:
        told["consents"] = {who: sorted(scopes) for who, scopes in told["consents"].items()}
    return told | {"object_id": record.object_id}


def _users(emulator: Emulator, _: Order, __: str) -> Any:
    return {"users": [_shown(user) for user in emulator.directory.users]}


def _put_user(emulator: Emulator, order: Order, _: str) -> Any:
    upn = order["upn"]
    user = emulator.directory.user(upn)
    if user is None:
        user = User(str(order.get("name", upn)), upn)
        emulator.directory.users.append(user)
    _assign(user, order)
    return _shown(user)


def _drop_user(emulator: Emulator, order: Order, _: str) -> Any:
    user = emulator.directory.user(order["upn"])
    if user is None:
        raise KeyError(order["upn"])
    emulator.directory.users.remove(user)
    return {}


def _applications(emulator: Emulator, _: Order, __: str) -> Any:
    return {"applications": [_shown(app) for app in emulator.directory.applications]}


def _put_application(emulator: Emulator, order: Order, _: str) -> Any:
    client_id = order.get("client_id", emulator.client_id)
    application = emulator.directory.application(client_id)
    if application is None:
        application = Application(client_id.lower(), str(order.get("name", client_id)))
        emulator.directory.applications.append(application)
    _assign(application, {name: value for name, value in order.items() if name != "client_id"})
    return _shown(application)


def _put_identity(emulator: Emulator, order: Order, _: str) -> Any:
    identities = emulator.directory.managed_identities
    found = [one for one in identities if one.client_id == order["client_id"]]
    if not found:
        found = [ManagedIdentity(order["client_id"], str(order.get("name", "identity")))]
        identities.extend(found)
    _assign(found[0], order)
    return _shown(found[0])


def _drop_identities(emulator: Emulator, _: Order, __: str) -> Any:
    emulator.directory.managed_identities.clear()
    return {}


def _put_record(emulator: Emulator, order: Order, _: str) -> Any:
    client_id = order.pop("client_id", emulator.client_id)
    records = emulator.app_records
    if "environment" in order:
        name = order.pop("environment")
        records = {one.name: one.app_records for one in emulator.environments}[name]
    if not order.pop("present", True):
        records.pop(client_id, None)
        return {}
    record = records.setdefault(client_id, AppRecord())
    _assign(record, order)
    return asdict(record)


def _authorize_app(emulator: Emulator, order: Order, _: str) -> Any:
    client_id = order.get("client_id", emulator.client_id)
    if order.get("authorized", True):
        emulator.admin_center_apps.add(client_id)
    else:
        emulator.admin_center_apps.discard(client_id)
    return {"authorized": sorted(emulator.admin_center_apps)}


def _auto_approve(emulator: Emulator, order: Order, _: str) -> Any:
    emulator.auto_approve(order["upn"], consent=order.get("consent", True))
    return {}


def _revoke(emulator: Emulator, order: Order, _: str) -> Any:
    return {"revoked": emulator.revoke_refresh_tokens(order.get("upn"))}


def _issued(emulator: Emulator, _: Order, __: str) -> Any:
    return {"issued": [asdict(one) for one in emulator.authority.grants.issued]}


def _token_requests(emulator: Emulator, _: Order, __: str) -> Any:
    return emulator.log.grants()


def _federated_token(emulator: Emulator, order: Order, _: str) -> Any:
    url = order["issuer"]
    issuer = emulator.directory.issuers.setdefault(url, ForeignIssuer(url))
    now, audience = emulator.clock.now(), order.get("audience", EXCHANGE)
    lifetime = int(order.get("lifetime", 600))
    return {"token": issuer.token(order["subject"], now, audience, lifetime)}


def _refuse(emulator: Emulator, order: Order, _: str) -> Any:
    try:
        return asdict(emulator.authority.refusals.add(**order))
    except TypeError as error:
        raise ValueError(str(error)) from None


def _clear_refusals(emulator: Emulator, _: Order, __: str) -> Any:
    emulator.authority.refusals.clear()
    return {}


ORDERS: dict[tuple[str, str], Callable[[Emulator, Order, str], Any]] = {
    ("GET", "users"): _users,
    ("POST", "users"): _put_user,
    ("DELETE", "users"): _drop_user,
    ("GET", "applications"): _applications,
    ("POST", "applications"): _put_application,
    ("POST", "managed-identities"): _put_identity,
    ("DELETE", "managed-identities"): _drop_identities,
    ("POST", "app-records"): _put_record,
    ("POST", "admin-center-apps"): _authorize_app,
    ("POST", "auto-approve"): _auto_approve,
    ("POST", "revoke-refresh-tokens"): _revoke,
    ("GET", "issued"): _issued,
    ("GET", "token-requests"): _token_requests,
    ("POST", "federated-token"): _federated_token,
    ("POST", "refusals"): _refuse,
    ("DELETE", "refusals"): _clear_refusals,
}
