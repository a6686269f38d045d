"""What destroys data is refused unless the environment is certainly a sandbox."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_bc.api.environment_type import refuse_production
from airflow_provider_bc.errors import ConfigurationError
from tests.peer import Peer, exchange, page, token


def refuse(*environments: dict[str, Any]) -> None:
    talk = exchange(environment="Live")
    Peer(token(), page(*environments)).converse(refuse_production(talk, "To delete it"))


def test_a_sandbox_is_a_sandbox_whatever_it_is_called() -> None:
    refuse({"name": "Production", "type": "Production"}, {"name": "LIVE", "type": "Sandbox"})


@pytest.mark.parametrize(
    ("environments", "kind"),
    [
        ([{"name": "Live", "type": "Production"}], "a Production environment"),
        ([{"name": "Live", "type": "Something"}], "a Something environment"),
        ([{"name": "Live"}], "of an unknown type"),
        ([{"name": "Other", "type": "Sandbox"}], "of an unknown type"),
    ],
)
def test_anything_else_is_refused(environments: list[dict[str, Any]], kind: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"Live is {kind}.*allow_production"):
        refuse(*environments)
