"""Whether an environment is a production environment, as the service says, not as it is called.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/webservices/api-get-environments
"""

from __future__ import annotations

from airflow_provider_bc.api.exchange import Exchange
from airflow_provider_bc.delivery import Conversation
from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.odata.page import read_page

_SANDBOX = "sandbox"


def refuse_production(exchange: Exchange, what: str) -> Conversation[None]:
    """Refuse what destroys data, unless the environment is certainly a sandbox.

    :param exchange: how requests are exchanged.
    :param what: what is refused, as a sentence's subject.
    :raises ConfigurationError: for a production environment, or one that is not listed.
    """
    request = exchange.request("GET", exchange.routes.environments())
    page = yield from exchange.fetch(request, read_page)
    name = exchange.settings.environment.casefold()
    types = [row.get("type") for row in page.rows if str(row.get("name")).casefold() == name]
    kind = str(types[0] or "") if types else ""
    if kind.casefold() == _SANDBOX:
        return
    described = f"a {kind} environment" if kind else "of an unknown type"
    raise ConfigurationError(
        f"{what} is refused: {exchange.settings.environment} is {described}.",
        remedy="Set allow_production=True if this is really meant.",
    )
