"""Connect: a person signs in through the page, and nobody else can finish it."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from urllib.parse import parse_qs, quote, urlencode, urlsplit
from uuid import uuid4

import httpx
import pytest

from airflow_provider_bc.emulator import Emulator, Server, serve
from airflow_provider_bc.emulator.entra.defaults import USER
from airflow_provider_bc.emulator.entra.directory import AutoApproval
from airflow_provider_bc.errors import AuthenticationError
from airflow_provider_bc.hooks.business_central import BusinessCentralHook
from tests.plugins.conftest import Connections
from tests.plugins.site import Site, Visitor


@pytest.fixture
def olga(site: Site) -> Iterator[Visitor]:
    with site.visitor("olga") as visitor:
        yield visitor


@pytest.fixture
def conn_id(connections: Connections) -> str:
    return connections.add()


def is_connected(conn_id: str) -> bool:
    with BusinessCentralHook(conn_id) as hook:
        try:
            return bool(hook.companies())
        except AuthenticationError as error:
            assert "Nobody has signed in" in str(error)  # noqa: PT017 - either is an answer
            return False


def refusal(answer: httpx.Response, words: str) -> None:
    assert answer.status_code == 400
    assert "That did not work" in answer.text
    assert words in answer.text
    assert answer.headers["referrer-policy"] == "no-referrer"


def test_a_person_connects_and_tasks_work_as_that_person(olga: Visitor, conn_id: str) -> None:
    back = olga.get(olga.sign_in(conn_id))

    assert back.status_code == 303
    assert back.headers["referrer-policy"] == "no-referrer"
    end = olga.follow(back)
    assert end.status_code == 200
    assert USER in end.text
    assert "You may close this tab" in end.text
    assert is_connected(conn_id)


@pytest.mark.parametrize("mark", ["#", "/", "?", "%", "\\", "(1)!", "/outcome/", "/check/"])
def test_an_id_may_hold_whatever_airflow_allows(
    olga: Visitor, connections: Connections, mark: str
) -> None:
    conn_id = connections.add(conn_id=f"bc{mark}{uuid4().hex}")
    address = f"/connections/{quote(conn_id)}"
    form = {"form": olga.form(quote(conn_id))}
    left = olga.post(f"{address}/connect", data=form)
    came_back = httpx.get(left.headers["refresh"].partition("url=")[2], trust_env=False)
    back = olga.get(came_back.headers["location"])
    end = olga.follow(back)
    assert "You may close this tab" in end.text
    assert olga.follow(olga.follow(back)).status_code == 200
    assert "This connection works." in olga.post(f"{address}/check", data=form).text
    assert is_connected(conn_id)


def test_what_is_sent_to_microsoft_is_a_code_flow_with_pkce(
    site: Site, olga: Visitor, conn_id: str
) -> None:
    query = {
        name: values[0] for name, values in parse_qs(urlsplit(olga.leave(conn_id)).query).items()
    }
    assert query["response_type"] == "code"
    assert query["response_mode"] == "query"
    assert query["code_challenge_method"] == "S256"
    assert query["redirect_uri"] == site.callback
    assert "offline_access" in query["scope"].split()


def test_nothing_of_a_sign_in_is_in_a_page_or_readable_in_a_cookie(
    olga: Visitor, tenant: Server, conn_id: str, capfd: pytest.CaptureFixture[str]
) -> None:
    answer = olga.press(conn_id, "connect")
    location = answer.headers["refresh"].partition("url=")[2]
    sent = parse_qs(urlsplit(location).query)
    came_back = httpx.get(location, trust_env=False).headers["location"]
    callback = olga.get(came_back)
    end = olga.follow(callback)
    brought = parse_qs(urlsplit(came_back).query)
    hidden = {*sent["state"], *sent["nonce"], *brought["code"], tenant.emulator.client_secret}
    hidden |= {str(one) for one in tenant.emulator.authority.grants.issued}
    outcome = f"path={urlsplit(callback.headers['location']).path} "
    logged = logged_until("path=/business-central/callback ", capfd, outcome)
    shown = [answer.text, callback.text, end.text, logged]
    shown += [str(one.headers.get_list("set-cookie")) for one in (answer, callback, end)]
    assert len(hidden) > 5
    assert [one for one in hidden if any(one in text for text in shown)] == []


def test_cookies_are_out_of_reach_and_gone_afterwards(olga: Visitor, conn_id: str) -> None:
    given = olga.press(conn_id, "connect")
    (cookie,) = given.headers.get_list("set-cookie")
    for part in ("HttpOnly", "Max-Age=600", "Path=/business-central", "SameSite=lax"):
        assert part in cookie
    location = given.headers["refresh"].partition("url=")[2]
    olga.follow(olga.get(httpx.get(location, trust_env=False).headers["location"]))
    assert [name for name in olga.cookies if name.startswith("bc_")] == []


def test_the_success_page_is_shown_once(olga: Visitor, conn_id: str) -> None:
    back = olga.get(olga.sign_in(conn_id))
    olga.follow(back)
    again = olga.follow(back)
    assert again.status_code == 303
    assert again.headers["location"].endswith(f"/connections/{conn_id}")


def test_a_success_page_cannot_be_shown_for_another_connection(
    olga: Visitor, conn_id: str, connections: Connections
) -> None:
    olga.get(olga.sign_in(conn_id))
    assert olga.get(f"/connections/{connections.add()}/outcome").status_code == 303


def logged_until(words: str, capfd: pytest.CaptureFixture[str], last: str = "") -> str:
    """Read the log until it says something: a line about a request follows its answer."""
    logged, deadline = "", time.monotonic() + 10
    while words not in logged or last not in logged:
        assert time.monotonic() < deadline, logged
        time.sleep(0.1)  # what is written while it is read would be lost
        logged += "".join(capfd.readouterr())
    return logged


class TestIsRefused:
    def test_a_tampered_state(self, olga: Visitor, conn_id: str) -> None:
        came_back = re.sub(r"state=[^&]{4}", "state=AAAA", olga.sign_in(conn_id))
        refusal(olga.get(came_back), "not begun in this browser")
        assert not is_connected(conn_id)

    def test_a_cookie_that_was_changed(self, olga: Visitor, conn_id: str) -> None:
        came_back = olga.sign_in(conn_id)
        (name,) = (one for one in olga.cookies if one.startswith("bc_sign_in"))
        value = olga.cookies[name]
        olga.cookies.delete(name)
        olga.cookies.set(name, value[:-8] + "AAAAAAA=", domain="127.0.0.1")
        refusal(olga.get(came_back), "too old, or was changed")
        assert not is_connected(conn_id)

    def test_another_browser_of_the_same_user(
        self, site: Site, olga: Visitor, conn_id: str
    ) -> None:
        came_back = olga.sign_in(conn_id)
        with site.visitor("olga") as elsewhere:
            refusal(elsewhere.get(came_back), "not begun in this browser")
        assert not is_connected(conn_id)

    def test_another_user_in_the_same_browser(
        self, site: Site, olga: Visitor, conn_id: str
    ) -> None:
        came_back = olga.sign_in(conn_id)
        with site.visitor("ada") as ada:
            olga.cookies.set("_token", ada.cookies["_token"], domain="127.0.0.1")
            refusal(olga.get(came_back), "another Airflow user began it")
        assert not is_connected(conn_id)

    @pytest.mark.parametrize("method", ["GET", "POST"])
    @pytest.mark.parametrize("end", ["", "/"])
    def test_who_was_signed_out_meanwhile_and_no_log_has_the_code(
        self, olga: Visitor, conn_id: str, capfd: pytest.CaptureFixture[str], method: str, end: str
    ) -> None:
        came_back = urlsplit(olga.sign_in(conn_id))
        olga.cookies.delete("_token")
        olga.request(method, came_back._replace(path=f"{came_back.path}{end}").geturl())
        (code,) = parse_qs(came_back.query)["code"]
        logged = logged_until(f"path=/business-central/callback{end} ", capfd)
        assert code not in logged

    def test_who_was_signed_out_meanwhile_goes_on_to_the_list(
        self, site: Site, olga: Visitor, conn_id: str
    ) -> None:
        came_back = olga.sign_in(conn_id)
        olga.cookies.delete("_token")
        answer = olga.get(came_back)
        assert answer.status_code == 303
        assert urlsplit(answer.headers["location"]).path == "/api/v2/auth/login"
        (wanted,) = parse_qs(urlsplit(answer.headers["location"]).query)["next"]
        assert wanted == f"{site.url}/business-central/"

    def test_who_lost_the_right_meanwhile(
        self, site: Site, olga: Visitor, conn_id: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        came_back = olga.sign_in(conn_id)
        monkeypatch.setenv("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS", "olga:viewer")
        with site.visitor("olga") as demoted:
            olga.cookies.set("_token", demoted.cookies["_token"], domain="127.0.0.1")
            assert olga.get(came_back).status_code == 403
        assert not is_connected(conn_id)

    def test_a_connection_that_names_a_file_of_the_api_server_meanwhile(
        self, olga: Visitor, conn_id: str, connections: Connections
    ) -> None:
        came_back = olga.sign_in(conn_id)
        connections.change(conn_id, password=None, certificate_file="/nowhere.pem")
        answer = olga.follow(olga.get(came_back))
        assert answer.status_code == 400
        assert "a file of the machine" in answer.text

    def test_a_connection_that_was_deleted_meanwhile(
        self, olga: Visitor, conn_id: str, connections: Connections
    ) -> None:
        came_back = olga.sign_in(conn_id)
        connections.remove(conn_id)
        answer = olga.follow(olga.get(came_back))
        assert answer.status_code == 400
        assert "was deleted meanwhile" in answer.text
        assert [name for name in olga.cookies if name.startswith("bc_")] == []

    def test_a_connection_that_leads_elsewhere_meanwhile(
        self, olga: Visitor, conn_id: str, connections: Connections, tenant: Server
    ) -> None:
        came_back = olga.sign_in(conn_id)
        with serve(Emulator(limits=False)) as elsewhere:
            connections.change(conn_id, authority_host=elsewhere.url)
            answer = olga.follow(olga.get(came_back))
            assert elsewhere.emulator.log.entries == []
        assert answer.status_code == 400
        assert "was changed during the sign-in" in answer.text
        assert tenant.emulator.log.count(kind="token") == 0

    def test_a_callback_that_is_replayed(self, olga: Visitor, conn_id: str) -> None:
        came_back = olga.sign_in(conn_id)
        olga.follow(olga.get(came_back))
        refusal(olga.get(came_back), "or is finished")

    def test_a_code_that_is_replayed_with_a_copied_cookie(
        self, olga: Visitor, conn_id: str
    ) -> None:
        came_back = olga.sign_in(conn_id)
        copied = dict(olga.cookies)
        olga.get(came_back)
        olga.cookies.update(copied)
        answer = olga.follow(olga.get(came_back))
        assert answer.status_code == 400
        assert "AADSTS54005" in answer.text

    def test_a_code_of_somebody_elses_sign_in(
        self, olga: Visitor, conn_id: str, connections: Connections
    ) -> None:
        own = parse_qs(urlsplit(olga.sign_in(conn_id)).query)
        foreign = parse_qs(urlsplit(olga.sign_in(connections.add())).query)
        query = urlencode({"code": foreign["code"][0], "state": own["state"][0]})
        answer = olga.follow(olga.get(f"/callback?{query}"))
        assert answer.status_code == 400
        assert "AADSTS" in answer.text
        assert not is_connected(conn_id)

    def test_a_denied_consent(self, olga: Visitor, tenant: Server, conn_id: str) -> None:
        tenant.emulator.directory.auto_approval = AutoApproval(USER, consent=False)
        back = olga.get(olga.sign_in(conn_id))
        assert "access_denied" not in back.headers["location"]
        answer = olga.follow(back)
        assert answer.status_code == 400
        assert "AADSTS65004" in answer.text
        assert 'class="remedy"' in answer.text
        assert not is_connected(conn_id)

    def test_a_callback_out_of_the_blue(self, olga: Visitor) -> None:
        refusal(olga.get("/callback?code=abc&state=def"), "not begun in this browser")
        refusal(olga.get("/callback"), "not begun in this browser")


class TestCannotBeBegun:
    def test_for_an_app_that_signs_in_by_itself(
        self, olga: Visitor, connections: Connections
    ) -> None:
        conn_id = connections.add("client_credentials")
        page = olga.get(f"/connections/{conn_id}")
        assert ">Connect<" not in page.text
        assert "its app does" in page.text
        answer = olga.press(conn_id, "connect")
        assert answer.status_code == 400
        assert "Nobody signs in" in answer.text

    def test_with_a_certificate_file_of_the_api_server(
        self, olga: Visitor, connections: Connections
    ) -> None:
        conn_id = connections.add(password=None, certificate_file="/nowhere.pem")
        form = {"form": olga.form(connections.add())}
        answer = olga.post(f"/connections/{conn_id}/connect", data=form)
        assert answer.status_code == 400
        assert "a file of the machine" in answer.text
        assert f"airflow business-central doctor {conn_id}" in answer.text
        assert "refresh" not in answer.headers

    def test_where_the_redirect_uri_leads_elsewhere(
        self, olga: Visitor, connections: Connections
    ) -> None:
        conn_id = connections.add(redirect_uri="http://localhost:8400/callback")
        page = olga.get(f"/connections/{conn_id}")
        assert "does not lead back to this page" in page.text
        assert ">Connect<" not in page.text

    def test_but_the_redirect_uri_may_name_our_page_at_another_address(
        self, olga: Visitor, connections: Connections
    ) -> None:
        named = "https://airflow.contoso.com/bi/business-central/callback"
        url = olga.leave(connections.add(redirect_uri=named))
        assert parse_qs(urlsplit(url).query)["redirect_uri"] == [named]

    def test_where_airflow_does_not_know_its_address(
        self, olga: Visitor, conn_id: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AIRFLOW__API__BASE_URL", "")
        page = olga.get(f"/connections/{conn_id}")
        assert "Set [api] base_url" in page.text

    def test_where_nothing_can_be_encrypted(
        self, olga: Visitor, conn_id: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AIRFLOW__CORE__FERNET_KEY", "")
        page = olga.get(f"/connections/{conn_id}")
        assert "Set [core] fernet_key" in page.text
        assert "<form" not in page.text
        answer = olga.post(f"/connections/{conn_id}/connect", data={"form": "x"})
        assert answer.status_code == 400
        assert "Set [core] fernet_key" in answer.text

    def test_over_https_without_secure_cookies(
        self, olga: Visitor, conn_id: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://airflow.contoso.com")
        (cookie,) = olga.press(conn_id, "connect").headers.get_list("set-cookie")
        assert "Secure" in cookie
