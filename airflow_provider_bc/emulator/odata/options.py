"""The query options of a request.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/webservices/odata-known-limitations
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote_plus

from airflow_provider_bc.emulator.odata.errors import ODataError, bad_request, not_implemented

if TYPE_CHECKING:
    from collections.abc import Mapping

QUERY_CEILING = 8_099
MAX_PAGE = 20_000
_NESTED = frozenset(("$select", "$filter", "$expand", "$orderby", "$top"))
_SYSTEM = _NESTED | {"$skip", "$count", "$schemaversion", "$format", "$skiptoken"}
_PLAIN = "~()*!',:$/@"
_VERSIONS = ("1.0", "2.0", "2.1")


@dataclass(frozen=True, slots=True)
class Options:
    """The query options, decoded and checked one by one.

    :param given: every option as it was given, in order.
    :param top: `$top`, None for all.
    :param skip: `$skip`.
    :param counted: `$count`.
    :param token: `$skiptoken`.
    :param schema_version: `$schemaversion`, `2.0` by default.
    """

    given: dict[str, str] = field(default_factory=dict)
    top: int | None = None
    skip: int = 0
    counted: bool = False
    token: str | None = None
    schema_version: str = "2.0"

    def text(self, name: str) -> str:
        """Return an option's text.

        :param name: the option with its dollar sign.
        :returns: its value, empty if it was not given.
        """
        return self.given.get(name, "")

    def next_query(self, token: str, remaining: int | None) -> str:
        """Write the query string of a next link: the other options stay.

        https://learn.microsoft.com/dynamics365/business-central/dev-itpro/webservices/server-driven-paging-in-odata-web-services

        :param token: the skip token.
        :param remaining: what is left of `$top`.
        :returns: the query string.
        """
        kept = {k: v for k, v in self.given.items() if k not in ("$skiptoken", "$skip", "$top")}
        if remaining is not None:
            kept["$top"] = str(remaining)
        kept["$skiptoken"] = token
        return "&".join(f"{k}={quote(v, safe=_PLAIN)}" for k, v in kept.items())


def parse_options(query: str) -> Options:
    """Read a query string.

    :param query: the part behind the question mark, encoded.
    :returns: the options.
    :raises ODataError: 414 if it is too long, 400 or 501 for an option that is not served.
    """
    if len(query) > QUERY_CEILING:
        raise ODataError(414, "BadRequest", "The request URI is too long.", correlated=False)
    given: dict[str, str] = {}
    for part in query.split("&") if query else ():
        raw_name, _, raw_value = part.partition("=")
        name, value = unquote_plus(raw_name), unquote_plus(raw_value)
        if name in given:
            raise bad_request(f"Query option '{name}' was specified more than once.")
        if name.startswith("$") and name not in _SYSTEM:
            raise not_implemented(f"The query option '{name}' is not supported.")
        if f"${name}" in _SYSTEM:
            # OData 4.0 would ignore it and return the whole table: certainly not what was meant.
            raise bad_request(f"The query option '{name}' lacks its dollar sign.")
        given[name] = value
    return _checked(given)


def nested_options(text: Mapping[str, str]) -> Options:
    """Read the options of an expanded navigation property.

    :param text: option names with their values.
    :returns: the options.
    :raises ODataError: for an option that `$expand` does not take.
    """
    for name in text:
        if name not in _NESTED:
            raise not_implemented(f"The query option '{name}' is not supported inside $expand.")
    return _checked(dict(text))


def _checked(given: dict[str, str]) -> Options:
    if given.get("$format", "json") not in ("json", "application/json"):
        raise bad_request(f"The format '{given['$format']}' is not supported.")
    version = given.get("$schemaversion", "2.0")
    if version not in _VERSIONS:
        raise ODataError(404, "BadRequest_NotFound", f"Schema version '{version}' was not found.")
    counted = given.get("$count", "false")
    if counted not in ("true", "false"):
        raise bad_request(f"Invalid value '{counted}' for $count query option found.")
    top = _number(given, "$top") if "$top" in given else None
    skip = _number(given, "$skip") if "$skip" in given else 0
    return Options(given, top, skip, counted == "true", given.get("$skiptoken"), version)


def _number(given: Mapping[str, str], name: str) -> int:
    value = given[name]
    if not (value.isascii() and value.isdigit()):
        raise bad_request(f"Invalid value '{value}' for {name} query option found.")
    return int(value)


def page_size(prefer: str) -> int | None:
    """Read `odata.maxpagesize` from a Prefer header (https://www.rfc-editor.org/rfc/rfc7240).

    :param prefer: the header's value.
    :returns: the page size asked for, clamped to the server's, or None if none was asked for.
    """
    for preference in prefer.split(","):
        name, _, value = preference.strip().partition("=")
        if name.strip().lower() in ("odata.maxpagesize", "maxpagesize"):
            digits = value.strip().strip('"')
            if digits.isdigit() and int(digits) > 0:
                return min(int(digits), MAX_PAGE)
    return None
