"""What a contender is told of the service: where the rows are, and how to sign in."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from typing import Self

VARIABLE = "BENCHMARK_SERVICE"
DATABASE = "BENCHMARK_DATABASE"
"""Where a contender that copies to a database finds an empty one."""


@dataclass(frozen=True, slots=True)
class Service:
    """The entity set of one company.

    :param root: scheme, host and port.
    :param path: of the entity set, company included, as a user of plain HTTP writes it down.
    :param token_url: where tokens are.
    :param client_id: of the app.
    :param client_secret: of the app.
    :param scope: what a token is asked for.
    :param api: of the entity set.
    :param entity_set: the name of the entity set.
    :param page_size: rows a page.
    """

    root: str
    path: str
    token_url: str
    client_id: str
    client_secret: str
    scope: str
    api: str
    entity_set: str
    page_size: int

    @property
    def url(self) -> str:
        """The first page."""
        return self.root + self.path

    @property
    def prefer(self) -> dict[str, str]:
        """The header that asks for pages of `page_size`."""
        return {"Prefer": f"odata.maxpagesize={self.page_size}"}

    @property
    def grant(self) -> dict[str, str]:
        """The form that a token is asked for with (https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow)."""
        return {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "scope": self.scope,
        }

    def variables(self) -> dict[str, str]:
        """Write it as environment variables for another process."""
        return {VARIABLE: json.dumps(asdict(self))}

    @classmethod
    def from_environment(cls) -> Self:
        """Read what `variables` wrote."""
        return cls(**json.loads(os.environ[VARIABLE]))
