"""Where commands write to in tests: a pipe, or a terminal of 100 columns."""

from __future__ import annotations

import io
from argparse import Namespace
from typing import Any

from rich.console import Console


class Screens:
    """The two outputs of a command.

    :param terminal: whether they are a terminal.
    """

    def __init__(self, *, terminal: bool = False) -> None:
        self.out, self.complaints = (
            Console(
                file=io.StringIO(),
                force_terminal=terminal,
                width=100,
                markup=False,
                highlight=False,
                emoji=False,
                color_system="standard" if terminal else None,
            )
            for _ in range(2)
        )

    @property
    def said(self) -> str:
        return written(self.out)

    @property
    def complained(self) -> str:
        return written(self.complaints)


def written(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def arguments(conn_id: str, **others: Any) -> Namespace:
    """What the parser gives a command."""
    standard = {
        "json": False,
        "show_token": False,
        "entity_set": "customers",
        "api": "v2.0",
        "device_code": False,
        "port": None,
        "entity_sets": None,
        "output": None,
        "force": False,
    }
    return Namespace(conn_id=conn_id, **{**standard, **others})
