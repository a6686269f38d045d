"""Where things are: every URL of Business Central is made here.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/webservices/api-endpoint-structure
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote, urljoin, urlsplit

from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.settings import Settings

STANDARD_API = "v2.0"
ODATA_V4 = "ODataV4"

_CUSTOM_API = re.compile(r"(\w[\w.-]*/){2}(v\d+\.\d+|beta)", re.IGNORECASE | re.ASCII)
_PATH = "/()',=:;$@*-._~?&%!+"
_SEGMENT = "()',=:;$@*-._~!"
_ABSOLUTE = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_STANDARD = re.compile(r"v\d+\.\d+|beta", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Company:
    """A company of an environment.

    https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/resources/dynamics_company

    :param id: its GUID, which the APIs want.
    :param name: its name, at most 30 characters, which the web services want.
    :param display_name: what people see; it may be blank and need not be unique.
    """

    id: str
    name: str
    display_name: str = ""


class Routes:
    """The URLs of one environment.

    :param settings: the connection.
    :ivar root: scheme, host and port.
    """

    def __init__(self, settings: Settings) -> None:
        self.root = settings.api_root
        tenant = f"/{quote(settings.tenant_id, safe='')}" if settings.tenant_in_url else ""
        self._environment = f"{self.root}/v2.0{tenant}/{quote(settings.environment, safe='')}"

    def environments(self) -> str:
        """List the environments (https://learn.microsoft.com/dynamics365/business-central/dev-itpro/webservices/api-get-environments)."""
        return f"{self.root}/environments/v1.2"

    def api(self, api: str) -> str:
        """Give the root of one API.

        :param api: ``v2.0``, ``publisher/group/version`` of a custom API, or ``ODataV4``.
        :raises ConfigurationError: for anything else.
        """
        if api == ODATA_V4:
            return f"{self._environment}/ODataV4"
        if _STANDARD.fullmatch(api) or _CUSTOM_API.fullmatch(api):
            return f"{self._environment}/api/{api}"
        raise ConfigurationError(
            f"{api!r} is no API.",
            remedy='Use "v2.0", "publisher/group/version" of a custom API, or "ODataV4".',
        )

    def company(self, api: str, company: Company) -> str:
        """Give one company of an API: by id, or by name for web services.

        An apostrophe in a name is doubled before it is percent-encoded.
        """
        if api == ODATA_V4:
            name = quote(company.name.replace("'", "''"), safe="")
            return f"{self.api(api)}/Company('{name}')"
        return f"{self.api(api)}/companies({company.id})"

    def within(self, root: str, path: str) -> str:
        """Give a path below a root, percent-encoded where it is not yet.

        :param root: a URL made by these routes.
        :param path: e.g. ``customers``, ``salesOrders(…)/salesOrderLines``, or a full URL of the
            same service.
        :raises ConfigurationError: for a path that leaves its root or names another host.
        """
        if is_absolute(path):
            if not self.owns(path):
                raise ConfigurationError(
                    f"{without_query(path)} is not the API of this connection.",
                    remedy="The token is sent to the API URL only: use a connection for that host.",
                )
            return path
        bare = path.split("?", 1)[0]
        if not path.strip("/") or ".." in unquote(bare).split("/") or "#" in path:
            raise ConfigurationError(
                f"{path!r} is no path below {root}.", remedy='Give one such as "customers".'
            )
        return f"{root}/{quote(path.lstrip('/'), safe=_PATH)}"

    def with_query(self, url: str, query: str) -> str:
        """Add a query string to a URL.

        :param query: percent-encoded, "" for none.
        """
        return f"{url}{'&' if '?' in url else '?'}{query}" if query else url

    def owns(self, url: str) -> bool:
        """Say whether a URL is of this API, so that the token may be sent there."""
        try:
            mine, theirs = urlsplit(self.root), urlsplit(url)
            return (mine.scheme, mine.hostname, _port(self.root)) == (
                theirs.scheme,
                theirs.hostname,
                _port(url),
            ) and "@" not in theirs.netloc
        except ValueError:
            return False


def absolute(base: str, link: str) -> str:
    """Resolve a link that may be relative (https://www.rfc-editor.org/rfc/rfc3986#section-5)."""
    try:
        return urljoin(base, link)
    except ValueError:
        return link


def is_absolute(path: str) -> bool:
    """Say whether a path is a full URL; a URL within its query does not make it one."""
    return bool(_ABSOLUTE.match(path))


def segment(text: str) -> str:
    """Percent-encode a path segment: a slash or a question mark in it is data."""
    return quote(text, safe=_SEGMENT)


def without_query(url: str) -> str:
    """Give a URL for a message, without query and user information, however malformed it is."""
    scheme, _, rest = url.partition("?")[0].partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"


def _port(url: str) -> int | None:
    parts = urlsplit(url)
    return parts.port or {"https": 443, "http": 80}.get(parts.scheme)
