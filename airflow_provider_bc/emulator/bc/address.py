"""Business Central's URLs.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/webservices/api-endpoint-structure
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from airflow_provider_bc.emulator.odata.errors import bad_request

_SEGMENT = re.compile(r"([^()]+)(?:\((.*)\))?", re.DOTALL)
_GENERATION = "v2.0"
_WITHOUT_TENANT, _WITH_TENANT = 3, 4
_OWN_ROUTE, _PUBLISHED_ROUTE = 1, 3


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment of a resource path.

    :param name: an entity set, navigation property, action or `$…` segment.
    :param key: what stands in parentheses, by property; `""` names a key without property; None for
        no parentheses.
    """

    name: str
    key: dict[str, str] | None = None

    @property
    def single(self) -> str:
        """The only key value, lower case as GUIDs compare."""
        return next(iter((self.key or {}).values()), "").lower()


@dataclass(frozen=True, slots=True)
class Address:
    """Where a Business Central URL points.

    :param origin: scheme and host.
    :param tenant: the tenant, None where the token decides.
    :param environment: the environment's name.
    :param route: `v2.0`, `publisher/group/version` or `ODataV4`.
    :param base: the URL of the route, the start of every context URL.
    :param segments: the resource path behind the route.
    """

    origin: str
    tenant: str | None
    environment: str
    route: str
    base: str
    segments: tuple[Segment, ...]


def _key(text: str) -> dict[str, str]:
    """Read a key predicate; quoted values double their apostrophes."""
    key: dict[str, str] = {}
    for part in re.findall(r"(?:'(?:[^']|'')*'|[^,'])+", text):
        name, sign, value = part.partition("=") if not part.startswith("'") else ("", "", part)
        if not sign:
            name, value = "", part
        value = value.strip()
        if value.startswith("'"):
            value = value[1:-1].replace("''", "'")
        key[name.strip()] = value
    return key


def _segment(raw: str) -> Segment:
    text = unquote(raw)
    match = _SEGMENT.fullmatch(text)
    if match is None or text.count("'") % 2:
        raise bad_request(f"Bad Request - Error in query syntax: '{text}'.")
    name, key = match.groups()
    return Segment(name, None if key is None else _key(key))


def read_address(url: str) -> Address | None:
    """Take a URL apart.

    :param url: the absolute URL.
    :returns: the address, None if it is not one of the data plane's.
    :raises ODataError: 400 if a segment cannot be read.
    """
    parts = urlsplit(url)
    origin = f"{parts.scheme}://{parts.netloc}"
    raw = parts.path.strip("/").split("/")
    if raw[0] != _GENERATION:
        return None
    for length in (_WITHOUT_TENANT, _WITH_TENANT):
        door = raw[length - 1] if len(raw) >= length else ""
        if door in ("api", "ODataV4"):
            tenant = unquote(raw[1]) if length == _WITH_TENANT else None
            return _behind(door, raw, length, (origin, tenant, unquote(raw[length - 2])))
    return None


def _behind(
    door: str, raw: list[str], length: int, where: tuple[str, str | None, str]
) -> Address | None:
    """Read what stands behind `api` or `ODataV4`."""
    origin, tenant, environment = where
    rest = raw[length:]
    if door == "api":
        own = rest[:1] == ["v2.0"] or rest[:1] == ["v1.0"] or rest[:1] == ["beta"]
        words = _OWN_ROUTE if own else _PUBLISHED_ROUTE
        if len(rest) < words or not rest[0]:
            return None
        route = "/".join(unquote(word) for word in rest[:words])
    else:
        words, route = 0, "ODataV4"
    base = "/".join([origin, *raw[: length + words]])
    segments = tuple(_segment(one) for one in rest[words:] if one)
    return Address(origin, tenant, environment, route, base, segments)
