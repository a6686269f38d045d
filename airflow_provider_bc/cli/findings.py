"""How the doctor's findings look: coloured columns in a terminal, the same words in a pipe."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from airflow_provider_bc.hooks.diagnosis.result import Result, State
from airflow_provider_bc.hooks.diagnosis.run import works

_MARKS: dict[State, tuple[str, str]] = {
    "green": ("✔", "green"),
    "note": ("!", "yellow"),
    "red": ("✘", "bold red"),
    "grey": ("·", "bright_black"),
}
_TITLE = 24


def write_result(out: Console, result: Result) -> None:
    """Write what one check found.

    :param out: where to.
    :param result: what it found.
    """
    lines = list(_lines(result))
    if not out.is_terminal:
        for number, (title, text) in enumerate(lines):
            state = "" if number else result.state
            out.file.write(f"{state:<6} {title:<{_TITLE}} {text}\n")
        return
    mark, style = _MARKS[result.state]
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=1)
    grid.add_column(width=_TITLE)
    grid.add_column(ratio=1)
    for number, (title, text) in enumerate(lines):
        if number:
            grid.add_row("", Text(title, style="bright_black", justify="right"), Text(text))
        else:
            grid.add_row(Text(mark, style=style), Text(title, style=style), Text(text))
    out.print(grid)


def write_summary(out: Console, results: Sequence[Result]) -> None:
    """Write whether data can be read, and what is red although it can.

    :param out: where to.
    :param results: of every check.
    """
    red = [one.title for one in results if one.state == "red"]
    if not works(results):
        text, style = f"Data cannot be read. Red: {', '.join(red)}.", "bold red"
    elif red:
        text, style = f"Data can be read. Red, but not needed: {', '.join(red)}.", "yellow"
    else:
        text, style = "Data can be read.", "bold green"
    out.print()
    out.print(text, style=style, soft_wrap=not out.is_terminal)


def write_section(out: Console, title: str, lines: Sequence[str]) -> None:
    """Write lines to be copied, none of them broken.

    :param out: where to.
    :param title: what they are.
    :param lines: the lines.
    """
    out.print()
    out.print(f"{title}:", style="bold", soft_wrap=True)
    for line in lines:
        out.print(f"  {line}", soft_wrap=True)


def _lines(result: Result) -> Iterator[tuple[str, str]]:
    yield result.title, result.found
    if result.cause:
        yield "cause", result.cause
    if result.remedy:
        yield "remedy", result.remedy
    details = dict(result.details)
    correlation, status = details.pop("correlation_id", ""), details.pop("status", "")
    parts = [details.get("code"), status and f"HTTP {status}"]
    parts += [correlation and f"correlation id {correlation}", details.get("request")]
    support = ", ".join(part for part in parts if part)
    if support:
        yield "for support", support
