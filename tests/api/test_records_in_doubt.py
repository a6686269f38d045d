"""Writes against a scripted service: what is in doubt, and what is said in answer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from airflow_provider_bc.api.entities import Entities
from airflow_provider_bc.api.operations import Operations
from airflow_provider_bc.api.records import DUPLICATE, Records, Upserted
from airflow_provider_bc.delivery import Conversation
from airflow_provider_bc.errors import (
    RequestRejected,
    Unavailable,
    UnexpectedAnswer,
)
from airflow_provider_bc.wire import Lost, Response
from tests.peer import HOME, Peer, Script, answer, companies, complaint, exchange, page, token

ID = "11111111-2222-3333-4444-aaaaaaaaaaaa"
CSDL = b"""<edmx:Edmx xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>
<Schema Namespace="N" xmlns="http://docs.oasis-open.org/odata/ns/edm">
  <EntityType Name="customer"><Key><PropertyRef Name="id"/></Key>
    <Property Name="id" Type="Edm.Guid"/><Property Name="number" Type="Edm.String"/>
    <Property Name="city" Type="Edm.String"/>
  </EntityType>
  <EntityType Name="pair"><Key><PropertyRef Name="a"/><PropertyRef Name="b"/></Key>
    <Property Name="a" Type="Edm.String"/><Property Name="b" Type="Edm.String"/>
  </EntityType>
  <EntityContainer Name="NAV"><EntitySet Name="customers" EntityType="N.customer"/>
  <EntitySet Name="pairs" EntityType="N.pair"/></EntityContainer>
</Schema></edmx:DataServices></edmx:Edmx>"""
ROW = {"@odata.etag": "W/1", "id": ID, "number": "10", "city": "Köln"}
LOST = Lost("gone")
DENIED = complaint(400, "BadRequest_InvalidOperation", "Control 'id' is read-only")


def scripted(*script: Script) -> tuple[Records, Peer]:
    talk = exchange()
    records = Records(Entities(talk, Operations(talk)))
    return records, Peer(token(), Response(200, {}, CSDL), *script)


def held(peer: Peer, conversation: Conversation[Any]) -> Any:
    """Hold a conversation to the end of the script; token and metadata are not shown."""
    result = peer.converse(conversation)
    assert peer.unused == []
    del peer.requests[:2]
    return result


@pytest.mark.parametrize(
    "doubtful",
    [LOST, Response(500), Response(504), Response(201, {}, b'{"id"'), Response(201)],
)
def test_a_create_in_doubt_is_looked_for_by_its_id(doubtful: Any) -> None:
    records, peer = scripted(companies(), doubtful, answer(ROW))

    assert held(peer, records.create("customers", {"city": "Köln"}, record_id=ID)) == ROW
    post, get = peer.requests[1:]
    assert json.loads(post.body) == {"id": ID, "city": "Köln"}
    assert (get.method, get.url) == ("GET", f"{HOME}/customers({ID})")
    assert "Data-Access-Intent" not in get.headers


def test_a_create_in_doubt_that_is_not_found_stays_in_doubt() -> None:
    records, peer = scripted(companies(), LOST, Response(404))
    with pytest.raises(Unavailable, match="may have been carried out"):
        held(peer, records.create("customers", {"city": "Köln"}))


@pytest.mark.parametrize("rows", [[ROW], []])
def test_a_create_in_doubt_is_looked_for_by_its_natural_key(rows: list[dict[str, Any]]) -> None:
    records, peer = scripted(companies(), page(), LOST, page(*rows))
    creating = records.create("customers", {"number": "10"}, by=["number"])
    if rows:
        assert held(peer, creating) == ROW
        assert json.loads(peer.requests[2].body) == {"number": "10"}
    else:
        with pytest.raises(Unavailable):
            held(peer, creating)


def test_a_create_without_id_or_natural_key_stays_in_doubt() -> None:
    records, peer = scripted(companies(), LOST)
    with pytest.raises(Unavailable):
        held(peer, records.create("customers", {"city": "Köln"}, record_id=None))


def test_an_own_id_is_left_out_where_none_is_taken() -> None:
    records, peer = scripted(companies(), DENIED, answer(ROW, 201))
    assert held(peer, records.create("customers", {"city": "Köln"})) == ROW
    assert json.loads(peer.requests[2].body) == {"city": "Köln"}


def test_an_own_id_that_was_asked_for_is_not_left_out() -> None:
    records, peer = scripted(companies(), DENIED)
    with pytest.raises(RequestRejected):
        held(peer, records.create("customers", {"id": ID}))


def test_no_id_is_chosen_for_another_key() -> None:
    records, peer = scripted(companies(), answer({"a": "1"}, 201))
    held(peer, records.create("pairs", {"a": "1"}))
    assert json.loads(peer.requests[1].body) == {"a": "1"}


def test_a_throttled_write_is_not_looked_for() -> None:
    for verb in ("create", "update", "delete"):
        records, peer = scripted(companies(), *[Response(503)] * 9)
        every: dict[str, list[Any]] = {
            "create": [{}],
            "update": [ID, {"city": "A"}],
            "delete": [ID],
        }
        arguments = every[verb]
        options = {} if verb == "create" else {"etag": "*"}
        with pytest.raises(Unavailable):
            held(peer, getattr(records, verb)("customers", *arguments, **options))


@pytest.mark.parametrize(
    ("found", "error"),
    [(answer({**ROW, "city": "Ulm"}), Unavailable), (Response(404), Unavailable)],
)
def test_a_change_in_doubt_is_made_or_not(found: Response, error: type[Exception]) -> None:
    records, peer = scripted(companies(), LOST, found)
    with pytest.raises(error):
        held(peer, records.update("customers", ID, {"city": "Köln"}, etag="*"))


def test_a_change_that_is_answered_with_nothing_is_read() -> None:
    records, peer = scripted(companies(), Response(204), answer(ROW))
    assert held(peer, records.update("customers", ROW, {"city": "Köln"})) == ROW
    assert peer.requests[1].headers["If-Match"] == "W/1"


def test_a_row_of_a_composite_key_is_addressed_by_all_of_it() -> None:
    row = {"@odata.etag": "W/1", "a": "x", "b": "y"}
    records, peer = scripted(companies(), Response(204))
    assert held(peer, records.delete("pairs", row))
    assert peer.urls[-1] == f"{HOME}/pairs(a='x',b='y')"


@pytest.mark.parametrize(
    ("found", "done"), [(Response(404), True), (answer(ROW), False), (Response(403), False)]
)
def test_a_delete_in_doubt_is_looked_for(found: Response, done: bool) -> None:  # noqa: FBT001 - a parameter
    records, peer = scripted(companies(), LOST, found)
    deleting = records.delete("customers", ID)
    if done:
        assert held(peer, deleting) is True
    else:
        with pytest.raises(Unavailable):
            held(peer, deleting)


def test_an_upsert_that_another_overtakes_changes_what_the_other_made() -> None:
    taken = complaint(400, DUPLICATE)
    changed = {**ROW, "city": "Ulm"}
    script = (companies(), page(), taken, Response(404), page(ROW), answer(changed))
    records, peer = scripted(*script)
    values = {"number": "10", "city": "Ulm"}
    assert held(peer, records.upsert("customers", values)) == Upserted(changed, "updated")


def test_an_upsert_that_is_refused_says_so() -> None:
    records, peer = scripted(companies(), page(), complaint(400, "BadRequest"), page())
    with pytest.raises(RequestRejected, match="BadRequest"):
        held(peer, records.upsert("customers", {"number": "10"}))


def test_an_answer_that_is_no_entity_is_unexpected() -> None:
    records, peer = scripted(companies(), answer([1], 200), answer({**ROW, "city": "Ulm"}))
    with pytest.raises(UnexpectedAnswer, match="not an entity"):
        held(peer, records.update("customers", ROW, {"city": "Köln"}))
