"""The connections page of Airflow, in a headless Chromium that knows this machine only."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect, sync_playwright

from devtools.system import BROWSERS

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
PATIENCE = 120_000.0
expect.set_options(timeout=PATIENCE)
SCREEN: ViewportSize = {"width": 1300, "height": 1500}
TYPE = "Microsoft Dynamics 365 Business Central"


def chromium() -> str:
    """Find Chromium; without one the tests fail, they are never left out."""
    named = os.environ.get("CHROMIUM")
    found = named or next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.fail(
            "There is no Chromium, which the tests of the connection form need. "
            "Run them with `python3 dev.py test`, which installs it, or name it by CHROMIUM."
        )
    return found


@contextmanager
def browser() -> Iterator[Browser]:
    """Run a headless Chromium while the block runs."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=chromium(), headless=True, args=[*FLAGS]
        )
        with launched:
            yield launched


class ConnectionsPage:
    """The list of connections, and the form that it opens.

    :param page: an empty page of the browser.
    :param url: of Airflow.
    :param pictures: the folder for screenshots.
    """

    def __init__(self, page: Page, url: str, pictures: Path) -> None:
        self.page = page
        self.url = url
        self.pictures = pictures
        self.asked: list[str] = []
        page.set_default_timeout(PATIENCE)
        page.on("request", lambda request: self.asked.append(request.url))
        page.goto(f"{url}/connections")

    @property
    def strangers(self) -> set[str]:
        """What was asked of anyone but Airflow."""
        known = {urlsplit(self.url).netloc, ""}  # data: and blob: URLs have no host
        return {url for url in self.asked if urlsplit(url).netloc not in known}

    def picture(self, name: str) -> None:
        """Keep what is on the screen, as it is when everything has moved to its place."""
        self.page.screenshot(path=self.pictures / f"{name}.png", animations="disabled")

    def add(self) -> Form:
        """Open the form of a new connection of our type."""
        self.page.get_by_role("button", name="Add Connection").click()
        form = Form(self.page)
        form.choose_type()
        return form

    def edit(self, connection_id: str) -> Form:
        """Open the form of a stored connection."""
        self.row(connection_id).get_by_role("button", name="Edit Connection").click()
        form = Form(self.page)
        expect(form.field("connection_id")).to_have_value(connection_id)
        return form

    def row(self, connection_id: str) -> Locator:
        """The row of a connection in the list."""
        cell = self.page.get_by_role("cell", name=connection_id, exact=True)
        return self.page.get_by_role("row").filter(has=cell)

    def test(self, connection_id: str) -> tuple[str, str]:
        """Press the Test button, and read the notification: its title and its text."""
        self.row(connection_id).get_by_role("button", name="Test Connection").click()
        toast = self.page.get_by_role("status").filter(has_text="Test Connection")
        toast.wait_for()
        title, _, text = toast.inner_text().partition("\n")
        return title, text


class Form:
    """The form of one connection."""

    def __init__(self, page: Page) -> None:
        self.box = page.get_by_role("dialog")
        self._page = page

    @property
    def save(self) -> Locator:
        """The button that stores it."""
        return self.box.get_by_role("button", name="Save")

    def choose_type(self) -> None:
        """Choose our type of connection, by the name that a person knows."""
        self.box.get_by_role("combobox").click()
        self._page.get_by_role("option", name=TYPE, exact=True).click()
        expect(self.field("login")).to_be_visible()

    def open(self, section: str) -> None:
        """Open a section, unless it is open."""
        head = self.box.get_by_role("button", name=section, exact=True)
        if head.get_attribute("aria-expanded") != "true":
            head.click()
        expect(head).to_have_attribute("aria-expanded", "true")

    def field(self, name: str) -> Locator:
        """The input of a standard field (``login``) or an extra one (``element_tenant_id``)."""
        return self.box.locator(f"[name={name}]")

    def words_of(self, name: str) -> list[str]:
        """What stands at a field, line by line: its label first, with a star if it is required."""
        group = self.box.get_by_role("group").filter(has=self._page.locator(f"[name={name}]"))
        lines = re.sub(r"\n\s*\*", "*", group.inner_text()).splitlines()
        return [line.strip() for line in lines if line.strip()]

    def value_of(self, name: str) -> Any:
        """What a field holds; whether a switch is on."""
        field = self.field(name)
        if field.get_attribute("type") == "checkbox":
            return field.is_checked()
        return field.input_value()

    def store(self) -> None:
        """Save, and see the form close."""
        self.save.click()
        expect(self.box).to_be_hidden()
