"""The page in a browser, beside Airflow's own sign-in: who gets in, and who does not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from airflow_provider_bc.emulator import Server
from airflow_provider_bc.emulator.entra.defaults import USER
from airflow_provider_bc.plugins import PREFIX
from tests.live.browser import PATIENCE, SCREEN, browser
from tests.plugins.conftest import Connections
from tests.plugins.site import PASSWORDS, Site

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as launched:
        yield launched


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    with chromium.new_context(viewport=SCREEN) as context:
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        yield page


def log_in(page: Page, name: str) -> None:
    """Fill in the form that Airflow shows to whom it does not know."""
    page.locator("[name=username]").fill(name)
    page.locator("[name=password]").fill(PASSWORDS[name])
    page.get_by_role("button", name="Sign in").click()


def test_who_is_not_signed_in_comes_back_after_airflows_own_sign_in(
    site: Site, page: Page, connections: Connections, tenant: Server
) -> None:
    conn_id = connections.add()
    page.goto(f"{site.url}{PREFIX}/connections/{conn_id}")
    assert "/auth/login" in page.url
    log_in(page, "olga")
    expect(page.get_by_role("heading", level=1)).to_have_text(conn_id)
    page.get_by_role("button", name="Connect").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Connected")
    assert USER in page.locator("main").inner_text()


def test_a_viewer_is_refused(site: Site, page: Page) -> None:
    page.goto(f"{site.url}{PREFIX}/")
    log_in(page, "vera")
    expect(page.get_by_text("You may not see connections")).to_be_visible()


def test_a_foreign_page_can_neither_frame_nor_post(
    site: Site, page: Page, connections: Connections, tenant: Server
) -> None:
    conn_id = connections.add()
    page.goto(f"{site.url}{PREFIX}/")
    log_in(page, "olga")
    page.get_by_role("link", name="Business Central").wait_for()
    page.goto(f"{tenant.url}/nowhere")
    target = f"{site.url}{PREFIX}/connections/{conn_id}"
    page.set_content(f'<iframe src="{target}"></iframe>')
    expect(page.frames[-1].locator("h1")).not_to_have_text(conn_id)
    assert page.frames[-1].url.startswith("chrome-error:")
    page.set_content(f'<form method="post" action="{target}/connect"><button>Win</button></form>')
    page.get_by_role("button", name="Win").click()
    expect(page.get_by_text("This form stood on another site.")).to_be_visible()
