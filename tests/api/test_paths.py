"""What may stand for an entity set."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from airflow_provider_bc.api.operations import Operations
from airflow_provider_bc.delivery import Conversation
from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.odata.page import read_page
from tests.peer import HOME, Peer, companies, exchange, page, token

READS: list[Callable[[Operations, str], Conversation[Any]]] = [
    lambda it, path: it.walk(path, read_page),
    lambda it, path: it.get(path, 1),
    lambda it, path: it.count(path),
]
NO_PATHS = [
    "customers?$filter=a eq 1 or b eq 2",
    "customers#x",
    "customers\\x",
    "customers/../../companies",
    "customers/./x",
    "customers//x",
    "customers/ /x",
    "customers\n",
    "customers\x00",
    "",
    "/",
]


@pytest.mark.parametrize("read", READS, ids=["read", "get", "count"])
@pytest.mark.parametrize("path", NO_PATHS)
def test_what_is_no_entity_set_is_refused_before_anything_is_sent(
    read: Callable[[Operations, str], Conversation[Any]], path: str
) -> None:
    with pytest.raises(ConfigurationError, match="is no entity set") as caught:
        Peer().converse(read(Operations(exchange()), path))

    assert "where" in caught.value.remedy


@pytest.mark.parametrize("path", ["", " ", "/"])
def test_a_blank_is_no_entity_set(path: str) -> None:
    with pytest.raises(ConfigurationError, match="is no entity set"):
        Peer().converse(Operations(exchange()).walk(path, read_page))


@pytest.mark.parametrize(
    "path", ["customers", "salesOrders(5d115c9c-44e3-ea11-bb43-000d3a2feca1)/salesOrderLines", "Ü"]
)
def test_a_name_or_a_path_of_names_is_read(path: str) -> None:
    peer = Peer(token(), companies(), page())
    walk = peer.converse(Operations(exchange()).walk(path, read_page))

    peer.converse(walk.next_page())
    assert peer.urls[-1].startswith(f"{HOME}/{path[:4].replace('Ü', '%C3%9C')}")
