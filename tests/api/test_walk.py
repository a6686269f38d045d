from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_bc.api.walk import MOST_EMPTY_PAGES, SMALLEST_PAGE, Walk
from airflow_provider_bc.errors import NotFound, RequestTooLarge, UnexpectedAnswer
from airflow_provider_bc.odata.page import Row, read_page
from airflow_provider_bc.wire import Response
from tests.peer import HOME, ROOT, Peer, Script, complaint, exchange, page, token

URL = f"{HOME}/customers?$top=9"


def walked(*script: Script, page_size: int = 1_000) -> tuple[list[Row], Peer]:
    peer = Peer(token(), *script)
    walk = Walk(exchange(), URL, page_size, read_page)
    rows: list[Row] = []
    while not walk.done:
        rows += peer.converse(walk.next_page()).rows
    assert peer.unused == []
    return rows, peer


def sizes(peer: Peer) -> list[str]:
    return [one.headers["Prefer"] for one in peer.requests[1:]]


def test_pages_are_followed_along_their_links_as_they_are() -> None:
    links = [f"{URL}&aid=FIN&$skiptoken=a%20b", f"{URL}&aid=FIN&$skiptoken=c"]

    rows, peer = walked(
        page({"n": 1}, {"n": 2}, link=links[0]), page({"n": 3}, link=links[1]), page({"n": 4})
    )

    assert [row["n"] for row in rows] == [1, 2, 3, 4]
    assert peer.urls[1:] == [URL, *links]
    assert sizes(peer) == ["odata.maxpagesize=1000"] * 3


def test_an_empty_page_is_not_the_end() -> None:
    rows, _ = walked(page(link=f"{URL}&2"), page({"n": 1}, link=f"{URL}&3"), page())

    assert rows == [{"n": 1}]


def empty_pages(number: int) -> list[Script]:
    return [page(link=f"{URL}&{at}") for at in range(number)]


def test_a_hundred_empty_pages_in_a_row_are_followed_and_counted_anew_after_a_row() -> None:
    hundred = empty_pages(MOST_EMPTY_PAGES)
    more = [page(link=f"{URL}&more{at}") for at in range(MOST_EMPTY_PAGES)]

    rows, _ = walked(*hundred, page({"n": 1}, link=f"{URL}&row"), *more, page({"n": 2}))

    assert [row["n"] for row in rows] == [1, 2]


def test_empty_pages_without_end_are_not_followed_for_ever() -> None:
    with pytest.raises(UnexpectedAnswer, match="101 pages in a row were empty"):
        walked(*empty_pages(MOST_EMPTY_PAGES + 1))


def test_a_relative_link_is_resolved() -> None:
    _, peer = walked(page(link="customers?$skiptoken=2"), page())

    assert peer.urls[-1] == f"{HOME}/customers?$skiptoken=2"


@pytest.mark.parametrize("too_large", [408, 413, 504])
def test_a_page_that_is_too_large_is_asked_for_again_by_halves(too_large: int) -> None:
    link = f"{URL}&2"

    rows, peer = walked(
        page({"n": 1}, link=link), Response(too_large), Response(too_large), page({"n": 2})
    )

    assert [row["n"] for row in rows] == [1, 2]
    assert peer.urls[1:] == [URL, link, link, link]
    assert [size.rpartition("=")[2] for size in sizes(peer)] == ["1000", "1000", "500", "250"]


def test_the_smaller_size_stays() -> None:
    _, peer = walked(Response(504), page(link=f"{URL}&2"), page(), page_size=100)

    assert [size.rpartition("=")[2] for size in sizes(peer)] == ["100", "50", "50"]


@pytest.mark.parametrize(
    ("first", "asked"), [(200, [200, 100, 50, 50]), (75, [75, 50, 50]), (50, [50, 50]), (7, [7, 7])]
)
def test_when_even_the_smallest_page_is_too_large_twice_it_is_an_error(
    first: int, asked: list[int]
) -> None:
    peer = Peer(token(), *[Response(413)] * len(asked))
    walk = Walk(exchange(), URL, first, read_page)

    with pytest.raises(RequestTooLarge):
        peer.converse(walk.next_page())

    assert [int(size.rpartition("=")[2]) for size in sizes(peer)] == asked
    assert walk.page_size == min(first, SMALLEST_PAGE)
    assert peer.unused == []


def test_a_repeated_link_would_repeat_rows_for_ever() -> None:
    for links in ([URL], [f"{URL}&2", f"{URL}&3", f"{URL}&2"]):
        with pytest.raises(UnexpectedAnswer, match="next link repeats") as caught:
            walked(*(page(link=link) for link in links))

        assert caught.value.request_line == f"next link {HOME}/customers"


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.com/customers?$skiptoken=x",
        "//evil.com/customers",
        f"{ROOT}:8443/customers",
        "http://api.businesscentral.dynamics.com/customers",
        "https://[evil",
        "https://user:secret@evil.com/x",
    ],
)
def test_a_link_to_another_host_is_not_followed(link: str) -> None:
    peer = Peer(token(), page({"n": 1}, link=link))
    walk = Walk(exchange(), URL, 1_000, read_page)

    with pytest.raises(UnexpectedAnswer, match="another host; the token was not sent") as caught:
        peer.converse(walk.next_page())

    assert len(peer.requests) == 2
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("fault", [Response(503), Response(200, body=b'{"value":[{"n":')])
def test_a_page_is_asked_for_again_after_a_passing_fault(fault: Response) -> None:
    rows, _ = walked(page({"n": 1}, link=f"{URL}&2"), fault, page({"n": 2}))

    assert [row["n"] for row in rows] == [1, 2]


def test_a_token_may_run_out_between_two_pages() -> None:
    rows, peer = walked(
        page({"n": 1}, link=f"{URL}&2"), Response(401), token("two"), page({"n": 2})
    )

    assert [row["n"] for row in rows] == [1, 2]
    assert peer.requests[-1].headers["Authorization"] == "Bearer two"


@pytest.mark.parametrize(
    ("answer_", "kind"),
    [(complaint(404, "BadRequest_ResourceNotFound"), NotFound), (Response(302), UnexpectedAnswer)],
)
def test_other_errors_end_the_walk(answer_: Any, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        walked(answer_)


def test_a_walk_that_is_done_has_no_next_page() -> None:
    peer = Peer(token(), page())
    walk = Walk(exchange(), URL, 1_000, read_page)
    peer.converse(walk.next_page())

    assert walk.done
    with pytest.raises(ValueError, match="The walk is done"):
        peer.converse(walk.next_page())
