"""Write-backs from end to end with the emulator."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from upath import UPath

from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.wire import Request
from airflow_provider_bc.write_back.journal import FileJournal
from tests.write_back.meddler import NEW, Meddler, order, told


class TestUpsert:
    def test_each_row_becomes_what_it_should(self, meddler: Meddler) -> None:
        changed = meddler.there(number="W2", displayName="Old", city="Ulm")
        equal = meddler.there(number="W3", displayName="New", creditLimit=Decimal("0.1"))
        rows = [NEW, NEW | {"number": "W2"}, NEW | {"number": "W3"}, {"displayName": "No number"}]
        outcomes = meddler.write(rows)

        assert told(outcomes) == ["created", "updated", "unchanged", "missing_key"]
        assert [one.row.number for one in outcomes] == [1, 2, 3, 4]
        (new,) = meddler.customers("W1")
        assert outcomes[0].record_id == new["id"]
        assert new["creditLimit"] == Decimal("0.10")
        assert meddler.company.row("customers", changed).values()["city"] == "Ulm"
        assert meddler.company.row("customers", changed)["displayName"] == "New"
        assert [meddler.version(key) for key in (new["id"], changed, equal)] == [1, 2, 1]

    def test_only_what_differs_is_sent_under_the_etag_that_was_read(self, meddler: Meddler) -> None:
        key = meddler.there(number="W1", displayName="Old", creditLimit=Decimal("0.1"))
        etag = meddler.company.row("customers", key).etag
        meddler.write([NEW])
        ((sent,),) = meddler.batches
        assert (sent["method"], sent["body"]) == ("PATCH", {"displayName": "New"})
        assert sent["headers"]["If-Match"] == etag

    def test_a_key_that_comes_twice_is_refused_and_names_the_first(self, meddler: Meddler) -> None:
        outcomes = meddler.write([NEW, NEW | {"number": "w1"}])
        assert told(outcomes) == ["created", "duplicate_key"]
        assert outcomes[1].refusal is not None
        assert outcomes[1].refusal.reason == "Row 1 has the same number."
        assert outcomes[1].key == {"number": "w1"}

    def test_several_records_of_one_key_are_refused(self, meddler: Meddler) -> None:
        for _ in range(2):
            meddler.company.create("salesOrders", order("E1"))
        outcomes = meddler.write([order("E1")], "salesOrders", by=["externalDocumentNumber"])
        assert told(outcomes) == ["ambiguous_key"]

    def test_a_key_of_two_properties(self, meddler: Meddler) -> None:
        meddler.there(number="W1", displayName="A", city="Ulm")
        rows = [{"displayName": "A", "city": city, "website": "w"} for city in ("Ulm", "Kiel")]
        outcomes = meddler.write(rows, by=["displayName", "city"])
        assert told(outcomes) == ["updated", "created"]

    def test_a_wildcard_in_a_key_finds_nothing_but_itself(self, meddler: Meddler) -> None:
        assert told(meddler.write([NEW | {"number": "1*"}])) == ["created"]

    def test_spaces_around_a_key_are_none_of_it(self, meddler: Meddler) -> None:
        for run in ("run", "another"):
            rows = [NEW | {"number": "w1" + " " * 30}, NEW | {"number": " W1"}]
            done = "created" if run == "run" else "unchanged"
            assert told(meddler.write(rows, run=run)) == [done, "duplicate_key"]
        ((sent,),) = meddler.batches
        assert sent["body"]["number"] == "w1"

    def test_a_key_of_spaces_is_blank(self, meddler: Meddler) -> None:
        assert told(meddler.write([NEW | {"number": "   "}])) == ["missing_key"]

    def test_a_row_that_names_another_record_than_its_key_changes_neither(
        self, meddler: Meddler
    ) -> None:
        key = meddler.there(number="W1", displayName="Old")
        other = meddler.there(number="W2", displayName="Old")
        assert told(meddler.write([NEW | {"id": other}])) == ["other_id"]
        assert [meddler.version(one) for one in (key, other)] == [1, 1]
        assert told(meddler.write([NEW | {"id": key.upper()}])) == ["updated"]

    @pytest.mark.parametrize("blank", [None, "", "00000000-0000-0000-0000-000000000000"])
    def test_a_column_of_ids_that_is_blank_names_none(self, meddler: Meddler, blank: Any) -> None:
        row = {"id": blank, "number": "W1", "displayName": "New"}
        assert told(meddler.write([row])) == ["created"]
        assert told(meddler.write([row])) == ["unchanged"]
        assert told(meddler.write([row | {"displayName": "Newer"}])) == ["updated"]

    def test_many_batches_at_once(self, meddler: Meddler) -> None:
        rows = [NEW | {"number": f"W{number}"} for number in range(57)]
        outcomes = meddler.write(rows, batch_size=5, workers=5)
        assert told(outcomes) == ["created"] * 57
        assert [one.row.number for one in outcomes] == [*range(1, 58)]
        assert sorted(map(len, meddler.batches)) == [2, *[5] * 11]

    def test_no_rows_are_no_requests(self, meddler: Meddler) -> None:
        assert meddler.write([]) == []
        assert meddler.batches == []

    def test_refused_rows_alone_are_told_in_time(self, meddler: Meddler) -> None:
        rows = [{"number": None, "displayName": "x"} for _ in range(25)]
        assert told(meddler.write(rows, batch_size=1)) == ["missing_key"] * 25
        assert meddler.batches == []

    def test_a_custom_api_gets_no_ids_of_ours(self, meddler: Meddler, tmp_path: Path) -> None:
        rows = [{"number": f"C{number}", "quantity": number} for number in range(3)]
        for _ in range(2):
            journal = FileJournal(UPath(tmp_path / "outcomes.parquet"), "run")
            api = "contoso/warehouse/v1.0"
            outcomes = meddler.write(rows, "warehouseItems", api=api, journal=journal)
            assert told(outcomes) == ["created"] * 3
        ((first, *_),) = meddler.batches
        assert first["body"] == {"number": "C0", "quantity": 0}

    def test_columns_say_what_is_what(self, meddler: Meddler) -> None:
        rows = [{"no": 4711, "name": "New", "other": object()}]
        outcomes = meddler.write(rows, columns={"no": "number", "name": "displayName"})
        assert told(outcomes) == ["created"]
        assert meddler.customers("4711")[0]["displayName"] == "New"


class TestOtherModes:
    def test_update_refuses_what_is_not_there(self, meddler: Meddler) -> None:
        meddler.there(number="W2", displayName="Old")
        outcomes = meddler.write([NEW, NEW | {"number": "W2"}], mode="update")
        assert told(outcomes) == ["not_found", "updated"]
        assert meddler.customers("W1") == []

    def test_create_refuses_what_is_there(self, meddler: Meddler) -> None:
        meddler.there(number="W2", displayName="Old")
        rows = [NEW, NEW | {"number": "W2"}]
        outcomes = meddler.write(rows, mode="create", by=["number"])
        assert told(outcomes) == ["created", "already_exists"]
        assert told(meddler.write(rows, mode="create", by=["number"])) == [
            "created",
            "already_exists",
        ]
        again = meddler.write(rows, mode="create", by=["number"], run="another")
        assert told(again) == ["already_exists", "already_exists"]

    def test_rows_without_a_key_are_known_by_their_content(self, meddler: Meddler) -> None:
        rows = [{"displayName": "Twin"}, {"displayName": "Twin"}, {"displayName": "Single"}]
        for run, times in (("run", 1), ("run", 1), ("another", 2)):
            outcomes = meddler.write(reversed(rows), mode="create", by=(), run=run)
            assert told(outcomes) == ["created"] * 3
            names = [row["displayName"] for row in meddler.company.rows("customers")]
            assert names.count("Twin") == 2 * times
            assert names.count("Single") == times

    def test_one_row_that_cannot_be_written_keeps_no_other_without_a_key(
        self, meddler: Meddler
    ) -> None:
        rows: list[dict[str, Any]] = [{"displayName": "B", "balanceDue": 1}, {"displayName": "A"}]
        for some in (rows, rows[:1] + rows):  # the second time A is there, and nothing is created
            outcomes = meddler.write(some, mode="create", by=())
            assert told(outcomes)[-2:] == ["BadRequest_InvalidOperation", "created"]
        with pytest.raises(ConfigurationError, match="Control 'balanceDue' is read-only"):
            meddler.write(rows[:1], mode="create", by=())

    def test_rows_that_bring_their_ids(self, meddler: Meddler) -> None:
        key = "11111111-2222-3333-4444-aaaaaaaaaaaa"
        outcomes = meddler.write([NEW | {"id": key.upper()}], mode="create", by=())
        assert (told(outcomes), outcomes[0].record_id) == (["created"], key)
        again = meddler.write([NEW | {"id": key, "displayName": "B"}], by=["id"], run="another")
        assert told(again) == ["updated"]

    def test_documents_need_a_key(self, meddler: Meddler) -> None:
        with pytest.raises(ConfigurationError, match="refused an id of our own: Control 'id'"):
            meddler.write([order("E1")], "salesOrders", mode="create", by=())
        assert meddler.orders("E1") == []

    def test_so_does_a_custom_api(self, meddler: Meddler) -> None:
        with pytest.raises(ConfigurationError, match="take no ids: a retry would create them"):
            meddler.write([NEW], "Customer", api="ODataV4", mode="create", by=())

    def test_children_of_one_parent_go_in_their_order(self, meddler: Meddler) -> None:
        key = meddler.company.create("salesOrders", order("E1"))["id"]
        rows = [
            {"lineType": "Item", "lineObjectNumber": "1896-S", "quantity": number}
            for number in range(1, 8)
        ]
        path = f"salesOrders({key})/salesOrderLines"
        outcomes = meddler.write(rows, path, mode="create", by=(), batch_size=2, workers=5)
        assert told(outcomes) == ["created"] * 7
        lines = sorted(
            (row.values() for row in meddler.company.lines("salesOrders", str(key))),
            key=lambda line: int(str(line["sequence"])),
        )
        assert [line["quantity"] for line in lines] == [*range(1, 8)]


class TestAnotherAttempt:
    def attempt(self, meddler: Meddler, tmp_path: Path, run: str = "run") -> list[str]:
        rows = [NEW, NEW | {"number": "W2"}, NEW | {"number": "W3"}]
        journal = FileJournal(UPath(tmp_path / "outcomes.parquet"), run)
        return told(meddler.write(rows, run=run, journal=journal))

    def test_tells_what_the_task_did_whichever_attempt_did_it(
        self, meddler: Meddler, tmp_path: Path
    ) -> None:
        meddler.there(number="W2", displayName="Old")
        meddler.there(number="W3", displayName="New", creditLimit=Decimal("0.1"))
        first = self.attempt(meddler, tmp_path)
        assert first == ["created", "updated", "unchanged"]
        assert self.attempt(meddler, tmp_path) == first
        assert len(meddler.batches) == 1
        assert self.attempt(meddler, tmp_path, "another") == ["unchanged"] * 3

    def test_writes_what_was_noted_but_not_sent(self, meddler: Meddler, tmp_path: Path) -> None:
        meddler.there(number="W2", displayName="Old")

        def kill(_: Request) -> None:
            raise KeyboardInterrupt

        meddler.upon_batches(kill)
        with pytest.raises(KeyboardInterrupt):
            self.attempt(meddler, tmp_path)
        assert self.attempt(meddler, tmp_path)[:2] == ["created", "updated"]
        assert meddler.customers("W2")[0]["displayName"] == "New"

    @pytest.mark.parametrize("number", ["E1", "e1      "])
    def test_a_document_that_was_created_is_told_as_such(
        self, meddler: Meddler, tmp_path: Path, number: str
    ) -> None:
        for _ in range(2):
            journal = FileJournal(UPath(tmp_path / "outcomes.parquet"), "run")
            by = ["externalDocumentNumber"]
            outcomes = meddler.write([order(number)], "salesOrders", by=by, journal=journal)
            assert told(outcomes) == ["created"]
        assert len(meddler.orders("E1")) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"mode": "replace"}, "mode is 'replace'"),
        ({"by": "number"}, "by is the text 'number'"),
        ({"by": ()}, "by is empty, and mode is 'upsert'"),
        ({"batch_size": 101}, "batch_size is 101"),
        ({"workers": 0}, "workers is 0"),
        ({"reapply": -1}, "reapply is -1"),
        ({"timezone": "Mars"}, "timezone is 'Mars'"),
        ({"by": ["numbr"]}, "no property 'numbr'"),
        ({"columns": {"number": "nmber"}}, "no property 'nmber'"),
        ({"columns": {"a": "number", "b": "number"}}, "gives number from several columns"),
        ({"columns": {"no": "number"}}, "The source has no column 'no', which columns names"),
        ({"columns": {"displayName": "displayName"}}, "by names number, which no column gives"),
        ({"entity_set": "custmers"}, "Did you mean customers"),
    ],
)
def test_what_cannot_be_right_sends_nothing(
    meddler: Meddler, arguments: dict[str, Any], said: str
) -> None:
    with pytest.raises(ConfigurationError, match=said):
        meddler.write([NEW], **arguments)
    assert meddler.batches == []


def test_a_column_that_is_no_property_sends_nothing(meddler: Meddler) -> None:
    with pytest.raises(ConfigurationError, match="'displayNam' is no property of customer") as no:
        meddler.write([{"number": "W1", "displayNam": "x"}])
    assert "Did you mean displayName" in no.value.remedy
    assert meddler.batches == []


@pytest.mark.parametrize("name", ["nonsense", "etag", "context", "@odata.etag"])
def test_later_rows_of_other_columns_are_refused_alone(meddler: Meddler, name: str) -> None:
    rows = [NEW, {"number": "W2", name: "x"}, {"number": "W3", "_note": "for the reader"}]
    assert told(meddler.write(rows)) == ["created", "invalid_value", "created"]
