"""The commands `companies` and `entities`."""

from __future__ import annotations

import sys
from argparse import Namespace
from dataclasses import asdict

from airflow.utils.cli import suppress_logs_and_warning
from rich.console import Console

from airflow_provider_bc.cli.conversation import (
    Failed,
    connected,
    console,
    ended,
    write_json,
    write_table,
)


@suppress_logs_and_warning
def companies(args: Namespace) -> None:
    """List the companies that the connection sees; `airflow` calls it.

    :param args: ``conn_id`` and ``json``.
    """
    sys.exit(list_companies(args, console(), console(stderr=True)))


@suppress_logs_and_warning
def entities(args: Namespace) -> None:
    """List the entity sets of an API; `airflow` calls it.

    :param args: ``conn_id``, ``api`` and ``json``.
    """
    sys.exit(list_entities(args, console(), console(stderr=True)))


def list_companies(args: Namespace, out: Console, complaints: Console) -> int:
    """List the companies.

    :param args: see `companies`.
    :param out: where to.
    :param complaints: where failures go.
    :return: the exit code.
    """
    try:
        with connected(args.conn_id) as hook:
            found = hook.companies()
    except Failed as failure:
        return ended(complaints, failure)
    if args.json:
        write_json(out, [asdict(one) for one in found])
    else:
        rows = [(one.id, one.name, one.display_name) for one in found]
        write_table(out, ("id", "name", "display_name"), rows)
    return 0


def list_entities(args: Namespace, out: Console, complaints: Console) -> int:
    """List the entity sets.

    :param args: see `entities`.
    :param out: where to.
    :param complaints: where failures go.
    :return: the exit code.
    """
    try:
        with connected(args.conn_id) as hook:
            metadata = hook.metadata(args.api)
    except Failed as failure:
        return ended(complaints, failure)
    types = {name: metadata.entity_type_of(name) for name in sorted(metadata.entity_sets)}
    if args.json:
        rows = [
            {"entity_set": name, "key": list(one.key), "properties": list(one.properties)}
            for name, one in types.items()
        ]
        write_json(out, rows)
    else:
        cells = [
            (name, ", ".join(one.key), str(len(one.properties))) for name, one in types.items()
        ]
        write_table(out, ("entity_set", "key", "properties"), cells)
    return 0
