"""Batches, with somebody who is faster, and with answers that never come."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from airflow_provider_bc.errors import AuthorizationError, Unavailable, UnexpectedAnswer
from airflow_provider_bc.wire import Lost, Request, Response
from tests.write_back.meddler import NEW, Meddler, order, told, void

BY: dict[str, Any] = {"by": ["externalDocumentNumber"]}


class TestSomebodyElse:
    def test_a_record_that_was_changed_meanwhile_is_read_and_decided_on_again(
        self, meddler: Meddler
    ) -> None:
        key = meddler.there(number="W1", displayName="Old")
        meddler.upon_batches(lambda _: meddler.change(key, city="Ulm"))
        assert told(meddler.write([NEW])) == ["updated"]
        assert meddler.company.row("customers", key)["city"] == "Ulm"
        assert meddler.version(key) == 3

    def test_one_that_then_holds_everything_was_changed_by_others(self, meddler: Meddler) -> None:
        key = meddler.there(number="W1", displayName="Old")
        wanted = {"displayName": "New", "creditLimit": Decimal("0.1")}
        meddler.upon_batches(lambda _: meddler.change(key, **wanted))
        assert told(meddler.write([NEW])) == ["unchanged"]

    def test_one_that_is_changed_again_and_again_is_refused(self, meddler: Meddler) -> None:
        key = meddler.there(number="W1", displayName="Old")
        meddler.upon_batches(*[lambda _: meddler.change(key, city="Ulm")] * 3)
        assert told(meddler.write([NEW], reapply=2)) == ["Request_EntityChanged"]

    def test_one_that_was_deleted_meanwhile_is_created(self, meddler: Meddler) -> None:
        key = meddler.there(number="W1", displayName="Old")
        meddler.upon_batches(lambda _: meddler.company.delete("customers", key))
        assert told(meddler.write([NEW])) == ["created"]

    def test_or_not_where_only_changes_are_wanted(self, meddler: Meddler) -> None:
        key = meddler.there(number="W1", displayName="Old")
        meddler.upon_batches(lambda _: meddler.company.delete("customers", key))
        assert told(meddler.write([NEW], mode="update")) == ["not_found"]

    def test_one_that_was_created_meanwhile_is_changed(self, meddler: Meddler) -> None:
        meddler.upon_batches(lambda _: void(meddler.there(number="W1", displayName="Theirs")))
        assert told(meddler.write([NEW])) == ["updated"]
        assert len(meddler.customers("W1")) == 1

    def test_or_refused_where_only_new_ones_are_wanted(self, meddler: Meddler) -> None:
        meddler.upon_batches(lambda _: void(meddler.there(number="W1", displayName="Theirs")))
        assert told(meddler.write([NEW], mode="create", by=["number"])) == ["already_exists"]

    def test_a_record_of_ours_that_was_renamed_is_refused_at_last(self, meddler: Meddler) -> None:
        (created,) = meddler.write([NEW])
        meddler.change(str(created.record_id), number="W9")
        assert told(meddler.write([NEW])) == ["Internal_EntityWithSameKeyExists"]

    def test_the_service_says_no(self, meddler: Meddler) -> None:
        rows = [order("E1"), order("E2", customerNumber="NOBODY")]
        outcomes = meddler.write(rows, "salesOrders", by=["externalDocumentNumber"])
        assert told(outcomes) == ["created", "Application_DialogException"]
        assert outcomes[1].refusal is not None
        assert "The Customer does not exist" in outcomes[1].refusal.reason


def instead(status: int, code: str = "Any") -> Callable[[Request], Response]:
    """Answer every request within a batch with an error."""

    def answer(request: Request) -> Response:
        body = {"error": {"code": code, "message": "No."}}
        entries = [
            {"id": one["id"], "status": status, "headers": {}, "body": body}
            for one in json.loads(request.body)["requests"]
        ]
        return Response(200, {}, json.dumps({"responses": entries}).encode())

    return answer


def outer(status: int) -> Callable[[Request], Response]:
    return lambda _: Response(status, {}, b"no")


class TestDoubt:
    @pytest.mark.parametrize(
        "meddle",
        [
            lambda _: Lost("gone"),
            lambda _: Lost("never left", sent=False),
            outer(500),
            outer(502),
            outer(408),
            outer(504),
            lambda _: Response(200, {}, b'{"respon'),
            lambda _: Response(200, {}, b'{"responses": []}'),
            instead(500),
            instead(503),
            instead(429),
            instead(408),
            instead(504),
        ],
    )
    def test_what_was_not_carried_out_is_sent_again(self, meddler: Meddler, meddle: Any) -> None:
        key = meddler.there(number="W2", displayName="Old")
        meddler.upon_batches(*[meddle] * 3)
        assert told(meddler.write([NEW, NEW | {"number": "W2"}])) == ["created", "updated"]
        assert meddler.version(key) == 2
        assert len(meddler.customers("W1")) == 1

    def test_what_was_carried_out_is_not(self, meddler: Meddler) -> None:
        key = meddler.there(number="W2", displayName="Old")
        meddler.upon_batches(meddler.carried_out_but_lost)
        assert told(meddler.write([NEW, NEW | {"number": "W2"}])) == ["created", "updated"]
        assert len(meddler.batches) == 1
        assert meddler.version(key) == 2

    @pytest.mark.parametrize("status", [408, 500, 504])
    def test_nor_where_only_the_answer_within_the_batch_is_missing(
        self, meddler: Meddler, status: int
    ) -> None:
        key = meddler.there(number="W2", displayName="Old")

        def carried_out(request: Request) -> Response:
            meddler.emulator.handle(request)
            return instead(status)(request)

        meddler.upon_batches(carried_out)
        assert told(meddler.write([NEW, NEW | {"number": "W2"}])) == ["created", "updated"]
        assert len(meddler.batches) == 1
        assert meddler.version(key) == 2

    def test_one_row_that_is_too_large_for_a_batch_is_refused(self, meddler: Meddler) -> None:
        meddler.upon_batches(instead(413, "TooLarge"))
        assert told(meddler.write([NEW])) == ["TooLarge"]

    def test_what_somebody_else_creates_meanwhile_is_theirs(self, meddler: Meddler) -> None:
        def theirs(request: Request) -> Response:
            meddler.there(number="W1", displayName="Theirs")
            return instead(503)(request)

        meddler.upon_batches(theirs)
        outcomes = meddler.write([NEW], mode="create", by=["number"])
        assert told(outcomes) == ["already_exists"]

    def test_an_answer_that_comes_late_creates_nothing_twice(self, meddler: Meddler) -> None:
        late: list[Request] = []
        meddler.upon_batches(
            lambda request: late.append(request) or Lost("gone"),  # type: ignore[func-returns-value]
            lambda _: void(meddler.emulator.handle(late[0])),
        )
        assert told(meddler.write([NEW])) == ["created"]
        assert len(meddler.customers("W1")) == 1

    def test_doubt_without_end_ends_the_attempt(self, meddler: Meddler) -> None:
        meddler.upon_batches(*[lambda _: Lost("gone")] * 6)
        with pytest.raises(Unavailable, match=r"Rows in doubt: 1\. .*gone"):
            meddler.write([NEW])
        assert len(meddler.batches) == 6

    def test_too_large_a_batch_is_divided(self, meddler: Meddler) -> None:
        def refuse_more_than_two(request: Request) -> Response | None:
            large = len(json.loads(request.body)["requests"]) > 2
            return Response(413, {}, b"") if large else None

        meddler.upon_batches(*[refuse_more_than_two] * 20)
        rows = [NEW | {"number": f"W{number}"} for number in range(9)]
        assert told(meddler.write(rows, batch_size=9)) == ["created"] * 9
        assert max(map(len, meddler.batches[-4:])) == 2

    def test_so_is_one_of_documents(self, meddler: Meddler) -> None:
        def refuse_more_than_two(request: Request) -> Response | None:
            large = len(json.loads(request.body)["requests"]) > 2
            return Response(413, {}, b"") if large else None

        meddler.upon_batches(*[refuse_more_than_two] * 20)
        rows = [order(f"E{number}") for number in range(6)]
        assert told(meddler.write(rows, "salesOrders", **BY)) == ["created"] * 6

    def test_one_row_that_is_too_large_ends_the_attempt(self, meddler: Meddler) -> None:
        meddler.upon_batches(*[outer(413)] * 6)
        with pytest.raises(Unavailable, match=r"HTTP 413.*Rows in doubt: 1\."):
            meddler.write([NEW])

    def test_a_missing_permission_ends_the_attempt(self, meddler: Meddler) -> None:
        meddler.upon_batches(instead(403, "Authorization_RequestDenied"))
        with pytest.raises(AuthorizationError):
            meddler.write([NEW])


class TestDocuments:
    """They take no id of ours, so their natural key is all that keeps them single."""

    def test_they_are_created_without_an_id_once_it_was_refused(self, meddler: Meddler) -> None:
        rows = [order(f"E{number}") for number in range(6)]
        outcomes = meddler.write(rows, "salesOrders", batch_size=2, **BY)
        assert told(outcomes) == ["created"] * 6
        with_id = ["id" in batch[0]["body"] for batch in meddler.batches]
        assert with_id == [True, False, False, False]
        assert outcomes[0].record_id == meddler.orders("E0")[0]["id"]

    def test_one_that_is_there_after_a_lost_answer_was_created(self, meddler: Meddler) -> None:
        meddler.upon_batches(None, meddler.carried_out_but_lost)
        assert told(meddler.write([order("E1")], "salesOrders", **BY)) == ["created"]
        assert len(meddler.orders("E1")) == 1

    def test_one_that_is_not_there_stays_in_doubt(self, meddler: Meddler) -> None:
        meddler.upon_batches(None, lambda _: Lost("gone"))
        with pytest.raises(Unavailable, match=r"Rows in doubt: 1\. .*may have been carried out"):
            meddler.write([order("E1")], "salesOrders", **BY)
        assert told(meddler.write([order("E1")], "salesOrders", **BY)) == ["created"]
        assert len(meddler.orders("E1")) == 1

    @pytest.mark.parametrize("status", [429, 503])
    def test_one_that_was_certainly_not_created_is_created_again(
        self, meddler: Meddler, status: int
    ) -> None:
        meddler.upon_batches(None, instead(status))
        outcomes = meddler.write([order("E1"), order("E2")], "salesOrders", batch_size=1, **BY)
        assert told(outcomes) == ["created", "created"]
        assert [len(meddler.orders(number)) for number in ("E1", "E2")] == [1, 1]

    def test_what_is_not_in_a_list_of_answers_that_ends_early_is_looked_for(
        self, meddler: Meddler
    ) -> None:
        rows = [order("E0", customerNumber="NOBODY"), order("E1"), order("E2")]

        def cut(request: Request) -> Response:
            answer = meddler.emulator.handle(request)
            assert isinstance(answer, Response)
            answers = json.loads(answer.body)["responses"][:1]
            return Response(200, {}, json.dumps({"responses": answers}).encode())

        meddler.upon_batches(None, cut)
        outcomes = meddler.write(rows, "salesOrders", **BY)
        assert told(outcomes) == ["Application_DialogException", "created", "created"]
        assert [len(meddler.orders(number)) for number in ("E1", "E2")] == [1, 1]

    def test_and_sent_again_where_it_was_not_carried_out(self, meddler: Meddler) -> None:
        """As by a service that stops at what it refuses, though it is asked to go on."""
        rows = [order(f"E{number}", customerNumber="NOBODY") for number in range(8)]

        def stop(request: Request) -> Response:
            first = json.loads(request.body)["requests"][:1]
            body = json.dumps({"requests": first}).encode()
            answer = meddler.emulator.handle(replace(request, body=body))
            assert isinstance(answer, Response)
            return answer

        meddler.upon_batches(None, *[stop] * 8)
        outcomes = meddler.write([*rows, order("E8")], "salesOrders", **BY)
        assert told(outcomes) == ["Application_DialogException"] * 8 + ["created"]
        assert len(meddler.orders("E8")) == 1

    def test_a_refusal_of_something_else_keeps_the_ids(self, meddler: Meddler) -> None:
        rows = [NEW | {"balanceDue": 1}, NEW | {"number": "W2"}]
        assert told(meddler.write(rows, batch_size=1)) == ["BadRequest_InvalidOperation", "created"]
        assert "id" in meddler.batches[-1][0]["body"]


def test_a_record_without_its_etag_is_not_changed(meddler: Meddler) -> None:
    meddler.there(number="W1", displayName="Old")

    def without_etag(request: Request) -> Response:
        answer = meddler.emulator.handle(request)
        assert isinstance(answer, Response)
        return Response(answer.status, {}, answer.body.replace(b"@odata.etag", b"@odata.tag"))

    meddler.looks.append(without_etag)
    with pytest.raises(UnexpectedAnswer, match="came without its etag"):
        meddler.write([NEW])
    assert meddler.batches == []
