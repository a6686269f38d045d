from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime

from airflow_provider_bc.sync.commit import Commit
from airflow_provider_bc.sync.drift import Drift
from airflow_provider_bc.sync.load import Outcome
from airflow_provider_bc.sync.progress import Progress
from airflow_provider_bc.sync.report import Report
from tests.peer import HandClock
from tests.sync.ledger import SOURCE

STAMP = datetime(2026, 3, 1, 12, tzinfo=UTC)
COMMIT = Commit(2, "changes", SOURCE, STAMP, STAMP, 2, 1)
DRIFT = Drift(added=("new",), missing=("old", "older"))


def progressed(seconds: float) -> Progress:
    clock = HandClock()
    progress = Progress(print, every=1e9, clock=clock)
    progress.page(1_000, 5_000)
    clock.now += seconds
    return progress


def test_a_report_sums_a_load_up_in_json() -> None:
    report = Report.of(
        Outcome(COMMIT, changed=True, drift=DRIFT, found=1),
        "entries",
        "CRONUS",
        "/bc/entries",
        progressed(2.00049),
    )

    assert json.loads(json.dumps(asdict(report))) == {
        "entity_set": "entries",
        "company": "CRONUS",
        "kind": "changes",
        "sequence": 2,
        "rows": 2,
        "deleted": 1,
        "found": 1,
        "rows_read": 1_000,
        "pages": 1,
        "bytes": 5_000,
        "seconds": 2.0,
        "watermark": "2026-03-01T12:00:00+00:00",
        "drift": {"added": ["new"], "missing": ["old", "older"]},
        "whole": True,
        "path": "/bc/entries",
    }
    assert str(report) == (
        "entries of CRONUS: changes, 2 rows written, 1 deleted, 1,000 read in 1 pages and 2.0 s "
        "(500 rows/s), watermark 2026-03-01T12:00:00+00:00"
    )


def test_a_load_without_changes_says_nothing() -> None:
    unchanged = Outcome(
        Commit(2, "changes", SOURCE, None, None), changed=False, drift=Drift(), whole=False
    )
    report = Report.of(unchanged, "entries", "CRONUS", "/bc/entries", progressed(0))

    assert (report.kind, report.whole, report.watermark) == ("nothing", False, None)
    assert "(0 rows/s), watermark None" in str(report)
