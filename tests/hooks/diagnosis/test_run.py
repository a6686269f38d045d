"""The list as a whole: every check has its say, and nothing is ever raised."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest

from airflow_provider_bc.emulator import Server
from airflow_provider_bc.hooks.business_central import BusinessCentralHook
from airflow_provider_bc.hooks.diagnosis.case import Case
from airflow_provider_bc.hooks.diagnosis.result import Finding, green, red
from airflow_provider_bc.hooks.diagnosis.run import CHECKS, Check, diagnose
from airflow_provider_bc.settings import Settings
from tests.hooks.patient import data_can_be_read, examine, patient, states

NAMES = [
    "settings",
    "credential",
    "authority",
    "api_host",
    "clock",
    "sign_in",
    "token",
    "environment",
    "data_api",
    "company",
    "page",
    "automation_api",
    "admin_center",
]
SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": [
        "name",
        "title",
        "state",
        "found",
        "cause",
        "remedy",
        "details",
        "because",
        "needed",
    ],
    "properties": {
        "name": {"enum": NAMES},
        "title": {"type": "string"},
        "state": {"enum": ["green", "note", "red", "grey"]},
        "found": {"type": "string"},
        "cause": {"type": "string"},
        "remedy": {"type": "string"},
        "details": {"type": "object", "additionalProperties": {"type": "string"}},
        "because": {"enum": [*NAMES, None]},
        "needed": {"type": "boolean"},
    },
}


def unread() -> Settings:
    raise AssertionError("not asked for")


CASE = Case("bc", unread, lambda _: unread(), lambda: datetime.now(UTC))  # type: ignore[arg-type,return-value]


def test_a_connection_that_works_is_green_all_over(business_central: Server) -> None:
    results = examine(business_central)
    assert states(results) == "g" * len(CHECKS)
    assert data_can_be_read(results)
    assert results["page"].found == "5 rows of customers read."


def test_the_names_and_the_form_of_a_result_are_stable(business_central: Server) -> None:
    good, bad = examine(business_central), examine(business_central, password="wrong")
    assert [*good] == [*bad] == NAMES
    for result in [*good.values(), *bad.values()]:
        jsonschema.validate(json.loads(json.dumps(result.as_dict())), SCHEMA)


def test_every_red_has_a_cause_and_a_remedy_and_every_grey_a_red(business_central: Server) -> None:
    results = examine(business_central, password="wrong")
    for result in results.values():
        if result.state == "red":
            assert result.cause
            assert result.remedy
        if result.state == "grey":
            assert result.because == "sign_in"
            assert result.found == "Not tried, since Sign-in is red."


def test_results_come_one_by_one(business_central: Server) -> None:
    business_central.emulator.log.clear()
    with patient(business_central) as conn_id:
        results = BusinessCentralHook(conn_id).diagnose()
        assert next(results).name == "settings"
        assert business_central.emulator.log.count(kind="token") == 0
        results.close()  # type: ignore[attr-defined]


def test_a_check_that_breaks_down_is_red_and_hides_what_it_held() -> None:
    def break_down(_: Case) -> Finding:
        raise ZeroDivisionError("with a secret in it")

    checks = (Check("settings", "Settings", break_down), Check("page", "Page", lambda _: green("")))
    broken, other = diagnose(CASE, checks)
    assert (broken.state, broken.cause, other.state) == ("red", "ZeroDivisionError.", "green")
    assert "secret" not in str(broken)


def test_grey_names_the_red_it_began_with() -> None:
    checks = (
        Check("a", "A", lambda _: red("no", "because", "do")),
        Check("b", "B", lambda _: green(""), ("a",)),
        Check("c", "C", lambda _: green(""), ("b",)),
    )
    assert [one.because for one in diagnose(CASE, checks)] == [None, "a", "a"]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_a_check_depends_on_earlier_ones_only(check: Check) -> None:
    earlier = NAMES[: NAMES.index(check.name)]
    assert {*check.after} <= {*earlier}


def test_the_document_lists_every_check() -> None:
    text = (Path(__file__).parents[3] / "docs" / "doctor.md").read_text()
    rows = re.findall(r"^\| ([A-Z][\w -]+) \| `(\w+)` \|", text, re.MULTILINE)
    assert rows == [(check.title, check.name) for check in CHECKS]
