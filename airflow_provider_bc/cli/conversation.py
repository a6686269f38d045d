"""How a command finds its connection, and how it speaks: rich in a terminal, plain in a pipe."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from airflow.sdk.exceptions import AirflowNotFoundException
from rich.console import Console
from rich.table import Table

from airflow_provider_bc.errors import BusinessCentralError
from airflow_provider_bc.hooks.business_central import BusinessCentralHook

_CONTEXT = "_AIRFLOW_PROCESS_CONTEXT"


class Failed(Exception):
    """The command ends with code 1; the text says why, and what to do."""


def console(*, stderr: bool = False) -> Console:
    """Give the standard output, which shows texts as they are.

    :param stderr: the error output instead.
    """
    return Console(stderr=stderr, markup=False, highlight=False, emoji=False)


@contextmanager
def connected(conn_id: str) -> Iterator[BusinessCentralHook]:
    """Use a connection as Airflow's own commands do, from its database as well.

    :param conn_id: its id.
    :return: its hook, closed at the end.
    :raises Failed: in place of what has a remedy.
    """
    before = os.environ.get(_CONTEXT)
    os.environ[_CONTEXT] = "server"
    try:
        with BusinessCentralHook(conn_id) as hook:
            yield hook
    except AirflowNotFoundException:
        raise Failed(
            f"There is no connection {conn_id!r}. Create it under Admin > Connections, or with "
            "`airflow connections add`."
        ) from None
    except BusinessCentralError as error:
        raise Failed(str(error)) from error
    finally:
        os.environ.pop(_CONTEXT)
        if before is not None:
            os.environ[_CONTEXT] = before


def ended(out: Console, failure: Failed) -> int:
    """Say why a command failed.

    :param out: the error output.
    :param failure: why.
    :return: its exit code.
    """
    out.print(str(failure), soft_wrap=not out.is_terminal, style="red")
    return 1


def write_json(out: Console, value: Any) -> None:
    """Write a value as JSON, the same in a terminal and in a pipe.

    :param out: where to.
    :param value: what JSON can hold.
    """
    out.print(json.dumps(value, indent=2, ensure_ascii=False), soft_wrap=True)


def write_table(out: Console, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Write rows: as a table in a terminal, separated by tabs in a pipe.

    :param out: where to.
    :param columns: their names.
    :param rows: of texts.
    """
    if not out.is_terminal:
        for row in (columns, *rows):
            out.file.write("\t".join(row) + "\n")
        return
    table = Table(*columns)
    for row in rows:
        table.add_row(*row)
    out.print(table)
