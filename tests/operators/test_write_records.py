"""Records and contents, from operators, with the emulator over a socket."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from airflow_provider_bc.emulator import Server
from airflow_provider_bc.emulator.store.company import Company
from airflow_provider_bc.errors import Conflict
from airflow_provider_bc.hooks.business_central import BusinessCentralHook
from airflow_provider_bc.operators.bound_action import BusinessCentralBoundActionOperator
from airflow_provider_bc.operators.media import (
    BusinessCentralDownloadMediaOperator,
    BusinessCentralUploadMediaOperator,
)
from airflow_provider_bc.operators.record_operator import exact, failures_of
from airflow_provider_bc.operators.write_records import (
    BusinessCentralCreateRecordOperator,
    BusinessCentralDeleteRecordOperator,
    BusinessCentralUpdateRecordOperator,
    BusinessCentralUpsertRecordOperator,
)
from airflow_provider_bc.provider_info import get_provider_info
from tests.operators.task_context import context

OPERATORS = [
    BusinessCentralCreateRecordOperator,
    BusinessCentralUpdateRecordOperator,
    BusinessCentralUpsertRecordOperator,
    BusinessCentralDeleteRecordOperator,
    BusinessCentralBoundActionOperator,
    BusinessCentralDownloadMediaOperator,
    BusinessCentralUploadMediaOperator,
]
CUSTOMER = {"displayName": "Adatum", "creditLimit": "12345678901234.56789"}


@pytest.fixture
def company(connection: Server) -> Company:
    return connection.emulator.companies[0]


def run(run_id: str = "monday", map_index: int = -1) -> Context:
    """Give the context of a task instance."""
    ti = SimpleNamespace(
        dag_id="d", task_id="t", run_id=run_id, map_index=map_index, xcom_push=lambda **_: None
    )
    return Context(ti=ti)  # type: ignore[typeddict-item]


def creating(**options: Any) -> BusinessCentralCreateRecordOperator:
    given = {"entity_set": "customers", "values": CUSTOMER, **options}
    return BusinessCentralCreateRecordOperator(task_id="t", **given)


def named(company: Company, name: str = "Adatum") -> list[Any]:
    return [row for row in company.rows("customers") if row["displayName"] == name]


@pytest.mark.parametrize("kind", OPERATORS)
def test_every_operator_is_registered_and_templated(kind: Any) -> None:
    (section,) = get_provider_info()["operators"]
    assert kind.__module__ in section["python-modules"]
    assert {"bc_conn_id", "company", "entity_set"} < set(kind.template_fields)


def test_a_retry_creates_no_second_record(company: Company) -> None:
    first = creating().execute(run())
    again = creating().execute(run())
    other = creating().execute(run("tuesday"))
    mapped = creating().execute(run(map_index=1))

    assert first == again
    assert first["creditLimit"] == "12345678901234.56789"
    assert len(named(company)) == len({one["id"] for one in (first, other, mapped)}) == 3


def test_a_document_is_created_by_its_reference(company: Company) -> None:
    values = {"customerNumber": "10000", "externalDocumentNumber": "RUN-1"}
    order: dict[str, Any] = {"entity_set": "salesOrders", "values": values}
    first = creating(**order, by=["externalDocumentNumber"]).execute(run())
    assert creating(**order, by=["externalDocumentNumber"]).execute(run()) == first
    with pytest.raises(AirflowFailException, match=r"give a natural key in by="):
        creating(**order).execute(run())
    assert creating(**order, record_id=None).execute(run())["id"] != first["id"]
    assert len([1 for row in company.rows("salesOrders") if row["id"] == first["id"]]) == 1


def test_another_api_needs_a_natural_key(company: Company) -> None:
    custom: dict[str, Any] = {"api": "contoso/warehouse/v1.0", "entity_set": "warehouseItems"}
    with pytest.raises(AirflowFailException, match="cannot be given an id of the run"):
        creating(**custom, values={"number": "N1"}).execute(run())
    made = creating(**custom, values={"number": "N1"}, by=["number"]).execute(run())
    assert made["number"] == "N1"


def test_a_change_is_guarded_and_reapplied(company: Company) -> None:
    row = creating().execute(run())
    company.update("customers", row["id"], {"city": "Ulm"})
    change: dict[str, Any] = {
        "entity_set": "customers",
        "record": row,
        "values": {"creditLimit": "0.10"},
    }
    with pytest.raises(AirflowFailException, match="A retry would send the same etag"):
        BusinessCentralUpdateRecordOperator(task_id="t", **change).execute(run())
    with pytest.raises(AirflowFailException, match="A retry would send the same etag"):
        BusinessCentralDeleteRecordOperator(
            task_id="t", entity_set="customers", record=row
        ).execute(run())
    with pytest.raises(AirflowException, match="Conflict") as caught, failures_of({"number": "1"}):
        raise Conflict("by a key, whose etag each try reads anew")
    assert not isinstance(caught.value, AirflowFailException)
    changed = BusinessCentralUpdateRecordOperator(task_id="t", **change, reapply=1).execute(run())
    assert Decimal(changed["creditLimit"]) == Decimal("0.10")
    assert changed["city"] == "Ulm"


def test_an_upsert_says_what_it_did(company: Company) -> None:
    values = {"number": "N-1", "displayName": "Adatum", "creditLimit": "0.5"}
    upsert = BusinessCentralUpsertRecordOperator(task_id="t", entity_set="customers", values=values)
    assert [upsert.execute(run())["outcome"] for _ in range(2)] == ["created", "unchanged"]
    assert len(named(company)) == 1


def test_a_delete_may_be_repeated(company: Company) -> None:
    row = creating().execute(run())
    deleting: dict[str, Any] = {"task_id": "t", "entity_set": "customers", "record": row}
    assert BusinessCentralDeleteRecordOperator(**deleting).execute(run()) is True
    assert BusinessCentralDeleteRecordOperator(**deleting).execute(run()) is False
    with pytest.raises(AirflowFailException, match="NotFound"):
        BusinessCentralDeleteRecordOperator(**deleting, missing_ok=False).execute(run())
    assert named(company) == []


def test_a_refused_action_fails_at_once(company: Company) -> None:
    customer = str(company.rows("customers")[0]["id"])
    draft = company.create("salesInvoices", {"customerId": customer})
    post = BusinessCentralBoundActionOperator(
        task_id="t", entity_set="salesInvoices", record=str(draft["id"]), action="post"
    )
    with pytest.raises(AirflowFailException, match="ApplicationRejected"):
        post.execute(run())


def media(kind: Any, path: Path, record: Any, **options: Any) -> Any:
    given = {"entity_set": "items", "stream": "picture", **options}
    return kind(task_id="t", path=path.as_uri(), record=record, **given)


def test_a_content_goes_up_and_down(company: Company, tmp_path: Path) -> None:
    item = company.rows("items")[0]["id"]
    up, down = tmp_path / "up", tmp_path / "new" / "down"
    up.write_bytes(b"picture")
    assert media(BusinessCentralUploadMediaOperator, up, item).execute(run()) == 7
    assert media(BusinessCentralDownloadMediaOperator, down, item).execute(run()) == down.as_uri()
    assert [(one.name, one.read_bytes()) for one in down.parent.iterdir()] == [("down", b"picture")]


def test_a_download_that_fails_leaves_what_was_there(company: Company, tmp_path: Path) -> None:
    file = tmp_path / "down"
    file.write_bytes(b"before")
    item = company.rows("items")[0]["id"]
    with pytest.raises(AirflowFailException, match="has no content"):
        media(BusinessCentralDownloadMediaOperator, file, item).execute(run())
    assert [one.read_bytes() for one in tmp_path.iterdir()] == [b"before"]


def test_a_file_that_is_not_there_is_not_uploaded(company: Company, tmp_path: Path) -> None:
    item = company.rows("items")[0]["id"]
    with pytest.raises(AirflowFailException, match="There is no file"):
        media(BusinessCentralUploadMediaOperator, tmp_path / "none", item).execute(run())


def drafted() -> str:
    """Create an invoice with one line; return its id."""
    line = {"lineType": "Item", "lineObjectNumber": "1896-S", "quantity": 1}
    with BusinessCentralHook() as hook:
        values = {"customerNumber": "10000", "salesInvoiceLines": [line]}
        return str(hook.create("salesInvoices", values)["id"])


@pytest.mark.parametrize("fault", ["answer_lost", "dropped_midway", "cut_json", "error_in_200"])
def test_a_record_that_nothing_tells_apart_is_not_created_again(
    impatient: Server, fault: str
) -> None:
    operator = creating(values={"displayName": "Adatum"}, record_id=None)
    impatient.emulator.faults.add(fault, where="/customers")
    with pytest.raises(AirflowFailException, match="OutcomeUnknown: "):
        operator.execute(run())
    assert len(named(impatient.emulator.companies[0])) == 1


def test_an_action_that_may_have_been_carried_out_is_not_tried_again(impatient: Server) -> None:
    company = impatient.emulator.companies[0]
    invoice = drafted()
    with BusinessCentralHook() as hook:
        hook.act("salesInvoices", invoice, "post")
    impatient.emulator.faults.add("answer_lost", where="makeCorrectiveCreditMemo")
    operator = BusinessCentralBoundActionOperator(
        task_id="t", entity_set="salesInvoices", record=invoice, action="makeCorrectiveCreditMemo"
    )
    with pytest.raises(AirflowFailException, match="OutcomeUnknown: "):
        operator.execute(run())
    made = [row for row in company.rows("salesCreditMemos") if row["invoiceId"] == invoice]
    assert len(made) == 1


def corrective(invoice: str) -> BusinessCentralBoundActionOperator:
    return BusinessCentralBoundActionOperator(
        task_id="t", entity_set="salesInvoices", record=invoice, action="makeCorrectiveCreditMemo"
    )


def test_a_retry_makes_no_second_document_of_the_first(connection: Server) -> None:
    invoice = drafted()
    with BusinessCentralHook() as hook:
        hook.act("salesInvoices", invoice, "post")
    made = corrective(invoice).execute(context())["row"]
    with pytest.raises(AirflowFailException, match=f"may have made {made['number']}.*clear the"):
        corrective(invoice).execute(context(try_number=2))
    connection.emulator.clock.advance(120)
    cleared = context(try_number=2, cleared=True)
    assert corrective(invoice).execute(cleared)["row"]["id"] != made["id"]


def test_a_refusal_in_a_retry_says_that_it_may_be_done_already(connection: Server) -> None:
    invoice = drafted()
    post = BusinessCentralBoundActionOperator(
        task_id="t", entity_set="salesInvoices", record=invoice, action="post"
    )
    post.execute(context())
    with pytest.raises(AirflowFailException, match="An earlier try of this task may have done it"):
        post.execute(context(try_number=2))
    with pytest.raises(AirflowFailException) as caught:
        post.execute(context())
    assert "earlier try" not in str(caught.value)


@pytest.mark.parametrize("nothing", [None, ""])
def test_a_record_that_is_none_is_not_deleted(connection: Server, nothing: Any) -> None:
    operator = BusinessCentralDeleteRecordOperator(
        task_id="t", entity_set="customers", record=nothing
    )
    with pytest.raises(AirflowFailException, match="record is blank"):
        operator.execute(run())
    assert connection.emulator.log.count(method="DELETE") == 0


def test_what_was_done_is_not_undone_by_a_read_that_fails(impatient: Server) -> None:
    invoice = drafted()
    impatient.emulator.faults.add("unavailable", where="/salesInvoices(", after=1)
    operator = BusinessCentralBoundActionOperator(
        task_id="t", entity_set="salesInvoices", record=invoice, action="post"
    )
    assert operator.execute(run()) == {"entity_set": "salesInvoices", "row": None}
    assert impatient.emulator.log.count(method="POST", path=".post") == 1


def test_rows_are_exact_in_xcom() -> None:
    row = {"a": Decimal("1E+2"), "lines": [{"b": Decimal("0.10")}], "c": None}
    assert exact(row) == {"a": "100", "lines": [{"b": "0.10"}], "c": None}
