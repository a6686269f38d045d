"""Who may see the page and use it: Airflow's own rights, and no foreign form."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from airflow.models.connection import Connection
from airflow.utils.session import create_session

from airflow_provider_bc.plugins.connect.headers import HEADERS
from tests.plugins.conftest import Connections
from tests.plugins.site import Site, Visitor

PAGES = ("/", "/connections/{}", "/connections/{}/outcome", "/callback?code=a&state=b")


@pytest.fixture
def conn_id(connections: Connections) -> str:
    return connections.add()


@pytest.fixture
def olga(site: Site) -> Iterator[Visitor]:
    with site.visitor("olga") as visitor:
        yield visitor


@pytest.fixture
def stored() -> Iterator[str]:
    """A connection in Airflow's database, beside one of another type."""
    names = ("bc_stored", "other_stored")
    with create_session() as session:
        session.add(
            Connection(conn_id=names[0], conn_type="business_central", description="<b>Contoso</b>")
        )
        session.add(Connection(conn_id=names[1], conn_type="http"))
    yield names[0]
    with create_session() as session:
        session.query(Connection).where(Connection.conn_id.in_(names)).delete()


@pytest.mark.parametrize("path", PAGES)
def test_nobody_is_sent_to_airflows_sign_in_and_back(site: Site, conn_id: str, path: str) -> None:
    with site.visitor() as nobody:
        answer = nobody.get(path.format(conn_id))
        place = answer.headers["location"]
        assert answer.status_code == 303
        assert place.startswith("/api/v2/auth/login?next=http%3A%2F%2F127.0.0.1")
        assert "code" not in place


@pytest.mark.parametrize("path", PAGES[:3])
def test_a_viewer_sees_nothing(site: Site, conn_id: str, path: str) -> None:
    with site.visitor("vera") as vera:
        answer = vera.get(path.format(conn_id))
        assert answer.status_code == 403
        assert "You may not see" in answer.text


@pytest.mark.parametrize("action", ["check", "connect"])
def test_a_viewer_does_nothing_even_with_a_form_of_somebody_else(
    site: Site, olga: Visitor, conn_id: str, action: str
) -> None:
    form = olga.form(conn_id)
    with site.visitor("vera") as vera:
        answer = vera.post(f"/connections/{conn_id}/{action}", data={"form": form})
        assert answer.status_code == 403
        assert "You may not edit" in answer.text


@pytest.mark.parametrize("action", ["check", "connect"])
def test_a_form_of_another_user_is_refused(
    site: Site, olga: Visitor, conn_id: str, action: str
) -> None:
    with site.visitor("ada") as ada:
        answer = ada.post(f"/connections/{conn_id}/{action}", data={"form": olga.form(conn_id)})
        assert answer.status_code == 403
        assert "This form is not accepted" in answer.text


@pytest.mark.parametrize("action", ["check", "connect"])
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
def test_a_form_on_another_site_is_refused(
    olga: Visitor, conn_id: str, action: str, origin: str
) -> None:
    answer = olga.press(conn_id, action, origin=origin)
    assert answer.status_code == 403
    assert "stood on another site" in answer.text


def test_our_own_origin_is_accepted(site: Site, olga: Visitor, conn_id: str) -> None:
    assert olga.press(conn_id, "connect", origin=site.url).status_code == 200


def test_a_post_without_a_form_and_a_get_do_nothing(olga: Visitor, conn_id: str) -> None:
    assert olga.post(f"/connections/{conn_id}/connect").status_code == 403
    assert olga.get(f"/connections/{conn_id}/connect").status_code == 404


def test_connections_of_our_type_are_listed_escaped(olga: Visitor, stored: str) -> None:
    text = olga.get("/").text
    assert "bc_stored" in text
    assert "&lt;b&gt;Contoso&lt;/b&gt;" in text
    assert "other_stored" not in text
    assert "<b>Contoso" not in text


def test_an_empty_list_says_so(olga: Visitor) -> None:
    assert "There is no connection" in olga.get("/").text


@pytest.mark.parametrize("conn_type", ["http", None])
def test_what_is_no_connection_of_ours_is_not_there(
    olga: Visitor, connections: Connections, conn_type: str | None
) -> None:
    conn_id = connections.add(conn_type=conn_type) if conn_type else "<nothing>"
    answer = olga.get(f"/connections/{conn_id}")
    assert answer.status_code == 404
    assert "There is no Business Central connection" in answer.text
    assert "<nothing>" not in answer.text


def test_every_answer_has_the_headers(site: Site, olga: Visitor, conn_id: str) -> None:
    answers = [olga.get("/"), olga.get(f"/connections/{conn_id}"), olga.get("/nothing")]
    answers += [olga.press(conn_id, "check"), olga.get("/static/connect.css")]
    for answer in answers:
        for name, value in HEADERS.items():
            assert answer.headers[name] == value, answer.url


def test_the_app_does_not_describe_itself(olga: Visitor) -> None:
    for path in ("/docs", "/redoc", "/openapi.json"):
        assert olga.get(path).status_code == 404


def test_style_and_script_are_there(olga: Visitor) -> None:
    assert olga.get("/static/connect.css").headers["content-type"].startswith("text/css")
    assert "javascript" in olga.get("/static/theme.js").headers["content-type"]
