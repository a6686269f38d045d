"""Admin > Business Central and Microsoft's sign-in page, as a person clicks through them."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

from airflow_provider_bc.plugins import PREFIX
from tests.live.browser import PATIENCE


class ConnectPage:
    """Our page, opened in a tab of its own.

    :param page: the tab.
    :param url: of Airflow.
    :param pictures: the folder for screenshots.
    """

    def __init__(self, page: Page, url: str, pictures: Path) -> None:
        self.page = page
        self.url = url
        self.pictures = pictures
        self.seen: list[str] = []
        page.set_default_timeout(PATIENCE)

    def picture(self, name: str) -> None:
        """Keep what is on the screen; remember the page's source for the hunt."""
        self.seen.append(self.page.content())
        self.page.screenshot(path=self.pictures / f"{name}.png", full_page=True)

    def open(self, conn_id: str) -> None:
        """Open a connection from the list."""
        self.page.goto(f"{self.url}{PREFIX}/")
        self.picture("list")
        self.page.get_by_role("link", name=conn_id).click()
        expect(self.page.get_by_role("heading", level=1)).to_have_text(conn_id)
        self.picture("connection")

    def check(self, name: str) -> str:
        """Press Check and wait for the verdict."""
        self.page.get_by_role("button", name="Check").click()
        verdict = self.page.locator(".verdict")
        verdict.wait_for()
        self.picture(name)
        return verdict.inner_text()

    def states(self) -> dict[str, str]:
        """The state of each check, by its title."""
        return {
            item.locator("h2").inner_text().partition(" ")[0]: item.get_attribute("class") or ""
            for item in self.page.locator(".checks > li").all()
        }

    def leave(self) -> None:
        """Press Connect, and arrive at Microsoft."""
        self.page.get_by_role("button", name="Connect").click()
        expect(self.page.get_by_role("heading", level=1)).to_have_text("Pick an account")

    def choose(self, account: str) -> None:
        """Choose an account; consent if that is asked."""
        self.page.get_by_role("button", name=account).click()
        accept = self.page.get_by_role("button", name="Accept")
        ours = self.page.locator("header .home")
        expect(accept.or_(ours)).to_be_visible()
        if accept.is_visible():
            accept.click()

    def cancel(self) -> None:
        """Decline at Microsoft."""
        self.page.get_by_role("button", name="Cancel").click()

    def end(self, heading: str, name: str) -> str:
        """Wait for the last page, whose address tells nothing; return its text."""
        expect(self.page.get_by_role("heading", level=1)).to_have_text(heading)
        assert urlsplit(self.page.url).query == ""
        self.picture(name)
        return self.page.locator("main").inner_text()
