"""Typed rows."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.odata.metadata import EntityType, Metadata, Property
from airflow_provider_bc.odata.models import Entity, entity_model, models_module

GUID = "5d115c9c-44e3-ea11-bb43-000d3a2feca1"
PROPERTIES = [
    Property("id", "Edm.Guid"),
    Property("number", "Edm.String", max_length=3),
    Property("amount", "Edm.Decimal"),
    Property("day", "Edm.Date"),
    Property("at", "Edm.DateTimeOffset"),
    Property("opens", "Edm.TimeOfDay"),
    Property("from", "Edm.Date"),
    Property("values", "Edm.Int32"),
    Property("model_x", "Edm.Boolean"),
    Property("1st", "Edm.Duration"),
    Property("_", "Edm.String"),
    Property("photo", "Edm.Stream"),
    Property("status", "N.s", is_enum=True, members=("_x0020_", "In_x0020_Progress")),
    Property("odd", "N.o", is_enum=True),
]
THING = EntityType("thing", ("id",), {prop.name: prop for prop in PROPERTIES}, {})
METADATA = Metadata({"things": "thing"}, {"thing": THING})
ROW = {
    "@odata.etag": "W/1",
    "id": GUID,
    "number": "10",
    "amount": Decimal("0.10"),
    "day": "0001-01-01",
    "at": "2026-01-01T12:00:00Z",
    "from": "2026-02-28",
    "values": 7,
    "model_x": True,
    "1st": "PT1H",
    "_": "x",
    "status": "In_x0020_Progress",
}


def written() -> type[Entity]:
    names: dict[str, Any] = {"__name__": "written"}
    exec(compile(models_module(METADATA, ["things"]), "written", "exec"), names)  # noqa: S102 - its purpose
    made: type[Entity] = names["Thing"]
    made.model_rebuild(_types_namespace=names)
    return made


@pytest.fixture(params=["made", "written"])
def model(request: pytest.FixtureRequest) -> type[Entity]:
    return written() if request.param == "written" else entity_model(METADATA, "things")


def test_a_row_is_read_exactly(model: type[Entity]) -> None:
    thing: Any = model.model_validate(ROW)

    assert model.__name__ == "Thing"
    assert (str(thing.id), thing.number, thing.amount) == (GUID, "10", Decimal("0.10"))
    assert (thing.day, thing.from_) == (None, date(2026, 2, 28))
    assert thing.at == datetime(2026, 1, 1, 12, tzinfo=UTC)
    assert (thing.values_, thing.model_x_, thing.field) == (7, True, "x")
    assert thing.status == "In Progress"
    assert thing.etag == "W/1"
    assert "photo" not in model.model_fields


def test_values_are_those_that_were_set(model: type[Entity]) -> None:
    thing: Any = model.model_validate({"@odata.etag": "W/1", "from": "2026-02-28"})
    thing.status = " "
    assert thing.values() == {"from": date(2026, 2, 28), "status": " "}
    assert model.model_validate({"number": None, "status": None}).values() == {
        "number": None,
        "status": None,
    }


@pytest.mark.parametrize(
    "row", [{"number": "1234"}, {"status": "Done"}, {"nmber": "1"}, {"amount": "x"}, {"id": "x"}]
)
def test_what_does_not_fit_is_refused(model: type[Entity], row: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        model.model_validate(row)


@pytest.mark.parametrize("name", ["day", "at", "opens"])
@pytest.mark.parametrize(
    "value", [0, 20240131, 86400.5, Decimal(5), True, "0", "20240131", " -5.5", "1e5", "NaN"]
)
def test_a_number_is_no_moment_since_1970(model: type[Entity], name: str, value: Any) -> None:
    with pytest.raises(ValidationError, match="a number is no date, time or moment"):
        model.model_validate({name: value})


@pytest.mark.parametrize("name", ["amount", "values"])
def test_a_number_is_not_written_as_in_python(model: type[Entity], name: str) -> None:
    with pytest.raises(ValidationError, match="a number has no _ between its digits"):
        model.model_validate({name: "1_000"})


def test_times_are_read_as_they_are_written(model: type[Entity]) -> None:
    opens: Any = model.model_validate({"opens": "08:30:00"})
    assert opens.opens == time(8, 30)


def test_a_module_of_nothing_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="No entity set"):
        models_module(METADATA, [])
    with pytest.raises(ConfigurationError, match="Did you mean things"):
        models_module(METADATA, ["thing"])
