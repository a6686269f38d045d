"""The checks of the way there: names, connections, certificates, proxies, and the clock."""

from __future__ import annotations

import socket
from urllib.parse import quote, urlsplit
from urllib.request import getproxies, proxy_bypass

from airflow_provider_bc.api.service_clock import ServiceClock
from airflow_provider_bc.delivery import Conversation
from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.hooks.diagnosis.case import Case
from airflow_provider_bc.hooks.diagnosis.result import Finding, green, note, red, refused
from airflow_provider_bc.wire import Lost, Request, Response

TOLERATED = 300.0
"""Seconds by which a clock may be wrong before a signed assertion is refused."""

_CONNECT_SECONDS = 3.0
_PROXY_REFUSES = 407
_WITHOUT_ENTRA = ("managed_identity", "azure_credential")
_SIGNING = ("certificate_file", "private_key")
_FOR_CERTIFICATE = (
    (
        "expired",
        (
            "Renew the certificate of that server or proxy; if the clock of this machine is wrong, "
            "set it."
        ),
    ),
    ("not yet valid", "Set the clock of this machine (NTP, UTC)."),
    (
        "mismatch",
        "Correct the host name in the connection, or what answers in its place (DNS, proxy).",
    ),
)


def check_authority(case: Case) -> Finding:
    """Ask Microsoft Entra for its public metadata.

    :param case: the connection; learns what the clock says there.
    """
    settings = case.settings
    if settings.grant_type in _WITHOUT_ENTRA:
        return green("Not used: this grant type gets its token in another way.")
    tenant = quote(settings.tenant_id, safe="")
    url = f"{settings.authority_host}/{tenant}/v2.0/.well-known/openid-configuration"
    return _reach(case, url)


def check_api_host(case: Case) -> Finding:
    """Ask Business Central for anything, without a token.

    :param case: the connection; learns what the clock says there.
    """
    return _reach(case, f"{case.settings.api_root}/environments/v1.2")


def check_clock(case: Case) -> Finding:
    """Compare this machine's clock with the Date of the answers.

    :param case: the connection, reached.
    """
    if case.ahead is None:
        return note("The answers tell no time, so the clock cannot be compared.")
    seconds = case.ahead.total_seconds()
    if abs(seconds) <= TOLERATED:
        return green(f"Right to {max(abs(seconds), 1):.0f} s.")
    way = "behind" if seconds > 0 else "ahead"
    found = f"This machine's clock is {abs(seconds) / 60:.0f} minutes {way}."
    remedy = "Set it: let NTP run, and keep it in UTC."
    if any(getattr(case.settings, name) for name in _SIGNING):
        cause = "Microsoft Entra refuses an assertion that is off by more than 5 minutes."
        return red(found, cause, remedy)
    cause = "Secrets work all the same; certificates do not, and logs show wrong times."
    return note(found, cause, remedy)


def _reach(case: Case, url: str) -> Finding:
    place = urlsplit(url).netloc
    try:
        answer = case.client.perform(_once(Request("GET", url, {"Accept": "application/json"})))
    except ConfigurationError as error:
        return refused(f"{place} is not trusted.", error, remedy=certificate_remedy(error))
    if isinstance(answer, Lost):
        cause, remedy = why_lost(url, answer.reason)
        return red(f"{place} did not answer.", cause, remedy)
    if answer.status == _PROXY_REFUSES:
        return red(f"{place} is behind a proxy.", "The proxy wants a password.", _proxy_remedy())
    clock = ServiceClock(case.now)
    clock.hear(answer)
    if "date" in answer.headers:
        case.ahead = clock.now() - case.now()
    encrypted = ", TLS certificate trusted" if url.startswith("https") else ", without TLS"
    return green(f"{place} answers{encrypted}.")


def _once(request: Request) -> Conversation[Response | Lost]:
    answer = yield request
    assert isinstance(answer, Response | Lost)  # noqa: S101 - the driver's side of the contract
    return answer


def certificate_remedy(error: ConfigurationError) -> str:
    """Give the remedy for a certificate that is not trusted, by what OpenSSL said of it.

    :param error: from the client, whose remedy is for an unknown authority.
    """
    told = error.message.lower()
    return next((remedy for word, remedy in _FOR_CERTIFICATE if word in told), error.remedy)


def why_lost(url: str, reason: str) -> tuple[str, str]:
    """Find out what stands between; only asked for when something does.

    :param url: what was asked.
    :param reason: what the transport said.
    :return: cause and remedy.
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or {"https": 443}.get(parts.scheme, 80)
    proxy = getproxies().get(parts.scheme)
    if proxy and not proxy_bypass(host):
        there = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        return f"The proxy {there.hostname}:{there.port} did not let it through.", _proxy_remedy()
    try:
        socket.create_connection((host, port), timeout=_CONNECT_SECONDS).close()
    except socket.gaierror:
        return (
            f"The name {host} has no address (DNS).",
            "Correct the host in the connection, or the DNS of this machine.",
        )
    except ConnectionRefusedError:
        return (
            f"Nothing listens at port {port} of {host} (connection refused).",
            "Correct host and port in the connection; 443 is Microsoft's.",
        )
    except OSError as error:
        said = error.strerror or "no answer in time"
        return f"No connection to port {port} of {host}: {said}.", _firewall(host, port)
    return (
        f"Connected, but no answer came: {reason}.",
        (
            "Check that the URL's scheme (https) and port are right, and what inspects the traffic "
            "(firewall, proxy)."
        ),
    )


def _firewall(host: str, port: int) -> str:
    return f"Let the firewall pass connections from this machine to {host}, port {port}."


def _proxy_remedy() -> str:
    return (
        "Correct HTTPS_PROXY of the Airflow processes, let the proxy pass this host, or name it "
        "in NO_PROXY."
    )
