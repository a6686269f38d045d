"""The benchmark at a small size, over real sockets; its judgement, with figures of our own."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from benchmarks import __main__ as command
from benchmarks import chart, report, verify, workload
from benchmarks.contenders import (
    CONTENDERS,
    DLT,
    FLOOR,
    HTTP_OPERATOR,
    OURS,
    OURS_TO_POSTGRESQL,
    REQUESTS,
)
from benchmarks.measure import Measurement, Scene, measure, missing
from benchmarks.targets import Run, Verdict, verdicts

SMALL, LARGE, SLOW = Scene(100_000), Scene(1_000_000), Scene(1_000_000, 300)
CPU = {OURS: 8.0, FLOOR: 10.0, REQUESTS: 20.0, HTTP_OPERATOR: 30.0, DLT: 90.0}
FLAT_MIB = 250.0


def figures() -> list[Measurement]:
    """Measurements that hold every target that can be held."""
    made = []
    for scene in (SMALL, LARGE, SLOW):
        for name, cpu in CPU.items():
            seconds = (cpu / 8 if name == OURS else cpu) + 20 * (name != OURS)
            decimals = "DECIMAL(38,20)" if name == OURS else "DOUBLE"
            one = Measurement(
                name, scene, seconds=seconds, cpu=cpu, peak_mib=FLAT_MIB, decimals=decimals
            )
            made.append(one)
    database = Measurement(OURS_TO_POSTGRESQL, LARGE, seconds=1.9)
    return [*made, database, Measurement(OURS, LARGE, again=True, seconds=0.1, cpu=0.1, requests=3)]


def changed(contender: str, scene: Scene, *, again: bool = False, **values: object) -> Run:
    """The same, with one measurement that differs."""
    return Run(
        [
            replace(one, **values)  # type: ignore[arg-type]
            if (one.contender, one.scene, one.again) == (contender, scene, again)
            else one
            for one in figures()
        ]
    )


def missed(run: Run) -> list[str]:
    return [one.target for one in verdicts(run) if one.held is False]


class TestTargets:
    def test_can_all_be_held(self) -> None:
        assert all(one.held for one in verdicts(Run(figures())))

    @pytest.mark.parametrize(
        ("run", "words"),
        [
            (changed(FLOOR, LARGE, cpu=5.0), "the floor"),
            (changed(REQUESTS, LARGE, cpu=15.9), "requests loop"),
            (changed(DLT, LARGE, cpu=63.0), "dlt"),
            (changed(HTTP_OPERATOR, SLOW, seconds=3.9), "HttpOperator"),
            (changed(OURS, LARGE, peak_mib=276.0), "flat"),
            (changed(OURS, LARGE, again=True, requests=4), "nothing changed"),
            (changed(OURS_TO_POSTGRESQL, LARGE, seconds=2.1), "PostgreSQL"),
            (changed(DLT, SMALL, complaint="WRONG COPY: 1 row"), "every row once"),
            (changed(DLT, SMALL, complaint="FAILED with exit code 1:"), "every row once"),
        ],
    )
    def test_can_each_be_missed(self, run: Run, words: str) -> None:
        (target,) = missed(run)
        assert words in target

    def test_memory_has_a_bound_besides_being_flat(self) -> None:
        run = Run([replace(one, peak_mib=300.0) for one in figures()])
        assert missed(run) == ["peak memory under 300 MiB"]

    def test_are_not_measured_with_decimals_that_lost_something(self) -> None:
        run = changed(OURS, LARGE, decimals="DOUBLE")
        unknown = [one for one in verdicts(run) if one.held is None and "exact" in one.target]
        assert len(unknown) == 3

    def test_are_not_measured_without_the_contenders(self) -> None:
        assert {one.held for one in verdicts(Run([]))} == {None, True}


class TestReport:
    def test_shows_every_contender_and_target(self) -> None:
        run = changed(DLT, SMALL, complaint="WRONG COPY: it lost a row")
        out = io.StringIO()
        report.show(run, verdicts(run), Console(file=out, width=250))
        assert "WRONG COPY: it lost a row" in out.getvalue()
        assert out.getvalue().count("Airflow's HttpOperator") == 4
        assert "MISSED" in out.getvalue()

    def test_is_written_between_the_markers(self, tmp_path: Path) -> None:
        document = tmp_path / "benchmark.md"
        document.write_text(f"before\n{report.BEGIN}\noutdated\n{report.END}\nafter\n")
        run = Run(figures())
        report.write(report.markdown(run, verdicts(run)), document)
        text = document.read_text()
        assert text.startswith("before\n")
        assert text.endswith("\nafter\n")
        assert "outdated" not in text
        assert "| a requests loop | 25,000 | 40.0 | 20.0 |" in text

    def test_needs_the_markers(self, tmp_path: Path) -> None:
        document = tmp_path / "benchmark.md"
        document.write_text("nothing")
        with pytest.raises(ValueError, match="figures: begin"):
            report.write("", document)

    def test_the_document_has_the_markers(self) -> None:
        text = command.DOCUMENT.read_text()
        assert text.count(report.BEGIN) == text.count(report.END) == 1

    def test_a_verdict_has_a_word(self) -> None:
        words = [Verdict("", held, "").word for held in (True, False, None)]
        assert words == ["held", "MISSED", "not measured"]


class TestChart:
    def test_has_a_bar_for_each_figure_that_counts(self) -> None:
        drawn = ET.fromstring(chart.svg(changed(DLT, LARGE, complaint="not run: too slow")))  # noqa: S314 - written by us
        bars = drawn.findall("{http://www.w3.org/2000/svg}rect")
        assert len(bars) == 5 + 5 + 5

    def test_of_nothing_is_empty(self) -> None:
        assert "<rect" not in chart.svg(Run([]))


class TestVerify:
    @pytest.mark.parametrize(
        ("keys", "complaint"),
        [([1, 2, 3], ""), ([1, 2], "2 rows"), ([1, 2, 2], "2 keys"), ([1, 2, 4], "to 4")],
    )
    def test_notices_a_row_that_was_lost_or_doubled(
        self, tmp_path: Path, keys: list[int], complaint: str
    ) -> None:
        table = pa.table({workload.KEY: keys, workload.DECIMAL: [0.5] * len(keys)})
        pq.write_table(table, tmp_path / "rows.parquet")
        found = verify.read(str(tmp_path / "*.parquet"))
        assert found.decimals == "DOUBLE"
        assert complaint in found.complaint(3)
        assert bool(found.complaint(3)) == bool(complaint)

    def test_a_later_run_may_have_read_a_row_again(self) -> None:
        found = verify.Found(4, 3, 1, 3, "DOUBLE")
        assert found.complaint(3)
        assert not found.complaint(3, again=True)


class TestMeasure:
    @pytest.mark.parametrize("name", [name for name in CONTENDERS if name != DLT])
    def test_every_contender_copies_every_row(self, name: str) -> None:
        said: list[str] = []
        found = measure([Scene(250)], [name], page_size=100, say=said.append)
        assert [one.complaint for one in found] == [""] * len(found)
        assert len(said) == len(found) == (2 if name == OURS else 1)
        assert found[0].requests >= 3
        assert found[0].sign_ins == 1
        assert found[0].process_cpu > found[0].cpu > 0
        assert found[0].peak_mib > 20
        exact = found[0].decimals.startswith(("DECIMAL", "NUMERIC"))
        assert exact == (name in (OURS, OURS_TO_POSTGRESQL))

    def test_dlt_is_installed_for_the_benchmark_alone_and_said_to_be_missing(self) -> None:
        (found,) = measure([Scene(10)], [DLT], say=lambda _: None)
        assert found.complaint == "not run: dlt is not installed"

    def test_one_that_takes_too_long_is_ended_and_said(self) -> None:
        (found,) = measure([Scene(10)], [FLOOR], patience=0.01, say=lambda _: None)
        assert "more than" in found.complaint

    def test_the_repetition_with_the_least_cpu_counts(self) -> None:
        said: list[str] = []
        (found,) = measure([Scene(10)], [FLOOR], repeats=2, say=said.append)
        assert len(said) == 2
        assert not found.complaint

    def test_a_module_that_is_there_is_no_reason(self) -> None:
        assert missing(FLOOR) == ""


def test_the_command_is_1_when_a_target_is_missed(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--rows", "200", "--slow-rows", "0", "--page-size", "50"]
    assert command.main([*arguments, "--contenders", OURS, FLOOR]) == 1
    assert "MISSED" in capsys.readouterr().out
