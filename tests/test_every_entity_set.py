"""Every entity set of the facts, through our client: read, created, updated, deleted or refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from airflow_provider_bc.auth.cache import TokenCache
from airflow_provider_bc.client import Client
from airflow_provider_bc.emulator import Emulator, VirtualClock, serve
from airflow_provider_bc.emulator.schema.model import EntitySet
from airflow_provider_bc.emulator.store.derived import DERIVED
from airflow_provider_bc.errors import ApplicationRejected, NotFound, RequestRejected
from tests.emulator import conftest as raw
from tests.emulator.test_entity_sets import KEYED, SETS, Place, named
from tests.test_client import connected


@pytest.fixture(scope="module")
def both() -> Iterator[tuple[Client, raw.Client]]:
    """Our client, and the plain one that knows what the emulator holds."""
    emulator = Emulator(clock=VirtualClock(), limits=False)
    emulator.roles = ("API.ReadWrite.All", "Automation.ReadWrite.All")
    with serve(emulator) as server, Client(connected(server), TokenCache()) as client:
        plain = raw.Client(server)
        with closing(plain.http):
            yield client, plain


@named(SETS)
def test_it_is_read(both: tuple[Client, raw.Client], route: str, schema: EntitySet) -> None:
    client, plain = both
    if schema.refuses is not None:
        with pytest.raises(ApplicationRejected):
            list(client.read(schema.name, api=route))
        return
    rows = list(client.read(schema.name, api=route))
    served = plain.http.get(Place(plain, route, schema).url).json()["value"]
    assert len(rows) == len(served)
    assert client.count(schema.name, api=route) == len(served)


@named(KEYED)
def test_it_is_written_as_far_as_it_may_be(
    both: tuple[Client, raw.Client], route: str, schema: EntitySet
) -> None:
    client, plain = both
    name, place = schema.name, Place(plain, route, schema)
    (key_name,) = schema.key
    key = place.row().rpartition("(")[2].rstrip(")").strip("'")
    if "insert" in schema.writes:
        made = client.create(name, place.body(), api=route, record_id=None)
        key = str(made[key_name])
    else:
        with pytest.raises(RequestRejected):
            client.create(name, {}, api=route, record_id=None)
    if name in DERIVED:
        return
    assert str(client.get(name, key, api=route)[key_name]) == key
    writable = [one for one in schema.properties.values() if one.writable]
    own = min(writable, key=lambda one: one.type != "Edm.String").name if writable else key_name
    if "modify" in schema.writes:
        row = client.get(name, key, api=route)
        changed = client.update(name, row, {own: row[own]}, api=route)
        assert changed["@odata.etag"] != row["@odata.etag"]
    else:
        with pytest.raises(RequestRejected):
            client.update(name, key, {own: client.get(name, key, api=route)[own]}, api=route)
    if "delete" in schema.writes:
        assert client.delete(name, key, api=route)
        with pytest.raises(NotFound):
            client.get(name, key, api=route)
    else:
        with pytest.raises(RequestRejected):
            client.delete(name, key, api=route)
