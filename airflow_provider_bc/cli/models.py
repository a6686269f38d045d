"""The command `models`: typed rows as a Python module."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

from airflow.sdk import ObjectStoragePath
from airflow.utils.cli import suppress_logs_and_warning
from rich.console import Console

from airflow_provider_bc.cli.conversation import Failed, connected, console, ended
from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.hooks.object_storage import published
from airflow_provider_bc.odata.models import FIRST_LINE, models_module


@suppress_logs_and_warning
def models(args: Namespace) -> None:
    """Write the models of entity sets as a module; `airflow` calls it.

    :param args: ``conn_id``, ``api``, ``entity_sets``, ``output`` and ``force``.
    """
    sys.exit(write_models(args, console(), console(stderr=True)))


def write_models(args: Namespace, out: Console, complaints: Console) -> int:
    """Write the models.

    :param args: see `models`.
    :param out: where to say what was written, or to write the module.
    :param complaints: where failures go.
    :return: the exit code.
    """
    try:
        with connected(args.conn_id) as hook:
            if args.output and not args.force:
                _check_replaceable(Path(args.output))
            metadata = hook.metadata(args.api)
            named = [name.strip() for name in (args.entity_sets or "").split(",")]
            names = [name for name in named if name] or list(metadata.entity_sets)
            source = models_module(metadata, names)
            if args.output:
                _write(Path(args.output), source)
    except Failed as failure:
        return ended(complaints, failure)
    if args.output:
        out.print(f"{args.output}: {len(set(names))} entity sets", soft_wrap=True)
    else:
        out.file.write(source)
    return 0


def _check_replaceable(path: Path) -> None:
    """Refuse to replace a file that this command did not write.

    :raises ConfigurationError: then.
    """
    try:
        with path.open(encoding="utf-8") as file:
            ours = file.readline().rstrip("\n") == FIRST_LINE
    except FileNotFoundError:
        return
    except (OSError, UnicodeDecodeError):
        ours = False
    if not ours:
        raise ConfigurationError(
            f"{path} was not written by this command.",
            remedy="Name another file, or replace it with --force.",
        )


def _write(path: Path, source: str) -> None:
    """Write the module, whole or not at all.

    :raises ConfigurationError: where it cannot be written.
    """
    try:
        with published(ObjectStoragePath(f"file://{path.absolute()}")) as draft, draft() as file:
            file.write(source.encode())
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be written: {error.strerror}.", remedy="Name a file in another folder."
        ) from error
