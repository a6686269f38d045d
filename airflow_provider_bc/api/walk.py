"""Reading an entity set page by page, along the server's own next links.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/webservices/server-driven-paging-in-odata-web-services
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic

from airflow_provider_bc.api.exchange import Exchange
from airflow_provider_bc.api.routes import absolute, without_query
from airflow_provider_bc.delivery import Conversation
from airflow_provider_bc.errors import RequestTooLarge, UnexpectedAnswer
from airflow_provider_bc.odata.page import Page, Rows
from airflow_provider_bc.wire import Pause

SMALLEST_PAGE = 50
MOST_EMPTY_PAGES = 100


class Walk(Generic[Rows]):
    """One read: ask for its next page until it is done.

    The next page's URL is the whole state, so a page is asked for again with a smaller size, or
    with a new token, without losing or repeating a row.

    :param exchange: how requests are exchanged.
    :param url: the first page.
    :param page_size: rows a page, which is halved while the server finds it too large.
    :param read: what makes a page of the bytes of an answer.
    """

    def __init__(
        self, exchange: Exchange, url: str, page_size: int, read: Callable[[bytes], Page[Rows]]
    ) -> None:
        self._exchange = exchange
        self._read = read
        self._url: str | None = url
        self._seen = {url}
        self._empty = 0
        self.page_size = page_size

    @property
    def done(self) -> bool:
        """Whether the last page was read."""
        return self._url is None

    def next_page(self) -> Conversation[Page[Rows]]:
        """Read the next page.

        :return: the page; it may be empty before the last one.
        :raises UnexpectedAnswer: for an answer that is no page, or a next link that repeats or
            leaves the service.
        :raises RequestTooLarge: when even a small page is too large.
        """
        smallest_failed = False
        while True:
            url = self._url
            if url is None:
                raise ValueError("The walk is done.")
            request = self._exchange.request(
                "GET", url, {"Prefer": f"odata.maxpagesize={self.page_size}"}
            )
            try:
                page = yield from self._exchange.fetch(request, self._read)
            except RequestTooLarge:
                if smallest_failed:
                    raise
                smallest_failed = self.page_size <= SMALLEST_PAGE
                self.page_size = min(self.page_size, max(SMALLEST_PAGE, self.page_size // 2))
                yield Pause(1, f"{request.line}: too large, now {self.page_size} rows a page")
                continue
            self._empty = 0 if page.entities else self._empty + 1
            self._url = self._checked(url, page.next_link)
            return page

    def _checked(self, url: str, link: str | None) -> str | None:
        if link is None:
            return None
        following = absolute(url, link)
        if not self._exchange.routes.owns(following):
            raise UnexpectedAnswer(
                "The next link leads to another host; the token was not sent there.",
                remedy="Check the API URL, and what stands between Airflow and Business Central.",
                request_line=f"next link {without_query(following)}",
            )
        if self._empty > MOST_EMPTY_PAGES:
            raise UnexpectedAnswer(
                f"{self._empty} pages in a row were empty, and each led to another.",
                remedy="Run the task again; if it lasts, report the entity set to Microsoft.",
            )
        if following in self._seen:
            raise UnexpectedAnswer(
                "The next link repeats: following it would repeat rows for ever.",
                remedy="Run the task again; if it lasts, report the entity set to Microsoft.",
                request_line=f"next link {without_query(following)}",
            )
        self._seen.add(following)
        return following
