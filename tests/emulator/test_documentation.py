"""The examples in docs/emulator.md run."""

from __future__ import annotations

import re
from pathlib import Path

from airflow_provider_bc.emulator.__main__ import parser

PAGE = Path(__file__).parents[2] / "docs" / "emulator.md"


def test_the_example_runs() -> None:
    examples = re.findall(r"<!-- runs -->\n```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert examples
    for example in examples:
        exec(compile(example, str(PAGE), "exec"), {})  # noqa: S102  # that is what the page says


def test_every_option_is_described() -> None:
    text = PAGE.read_text("utf-8")
    for option in set(re.findall(r"--[\w-]+", parser().format_help())) - {"--help"}:
        assert option in text
