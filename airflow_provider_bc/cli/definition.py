"""What `airflow` offers for Business Central; nothing else is imported before it is called.

https://airflow.apache.org/docs/apache-airflow-providers/core-extensions/cli-commands.html
"""

from __future__ import annotations

from airflow.cli.cli_config import (
    ARG_VERBOSE,
    ActionCommand,
    Arg,
    CLICommand,
    GroupCommand,
    lazy_load_command,
)

_HERE = "airflow_provider_bc.cli"

ARG_CONN_ID = Arg(("conn_id",), help="Id of a connection of type business_central")
ARG_JSON = Arg(("--json",), help="Write JSON, for machines", action="store_true")
ARG_SHOW_TOKEN = Arg(
    ("--show-token",),
    help="Say what the token says: claims, end, roles; never the token",
    action="store_true",
)
ARG_ENTITY_SET = Arg(
    ("--entity-set",), help="Entity set of which a page is read", default="customers"
)
ARG_DEVICE_CODE = Arg(
    ("--device-code",), help="Sign in on another machine, by a code", action="store_true"
)
ARG_PORT = Arg(
    ("--port",), help="Port of this machine the browser returns to; any free one", type=int
)
ARG_API = Arg(
    ("--api",), help="v2.0, publisher/group/version of a custom API, or ODataV4", default="v2.0"
)
ARG_ENTITY_SETS = Arg(
    ("--entity-sets",), help="Entity sets, separated by commas; all of the API unless told"
)
ARG_OUTPUT = Arg(("--output",), help="File to write, whole or not at all; the standard output")
ARG_FORCE = Arg(
    ("--force",),
    help="Replace the file even where this command did not write it",
    action="store_true",
)

COMMANDS = (
    ActionCommand(
        name="doctor",
        help="Examine a connection: what works, what does not, why, and what to do",
        func=lazy_load_command(f"{_HERE}.doctor.doctor"),
        args=(ARG_CONN_ID, ARG_JSON, ARG_SHOW_TOKEN, ARG_ENTITY_SET, ARG_VERBOSE),
        epilog="The exit code is 0 when data can be read, and 1 otherwise.",
    ),
    ActionCommand(
        name="login",
        help="Sign in as a person, once, for every task of this machine",
        func=lazy_load_command(f"{_HERE}.login.login"),
        args=(ARG_CONN_ID, ARG_DEVICE_CODE, ARG_PORT, ARG_VERBOSE),
    ),
    ActionCommand(
        name="entities",
        help="List the entity sets of an API",
        func=lazy_load_command(f"{_HERE}.listing.entities"),
        args=(ARG_CONN_ID, ARG_API, ARG_JSON, ARG_VERBOSE),
    ),
    ActionCommand(
        name="models",
        help="Write the rows of entity sets as pydantic models, a Python module",
        func=lazy_load_command(f"{_HERE}.models.models"),
        args=(ARG_CONN_ID, ARG_API, ARG_ENTITY_SETS, ARG_OUTPUT, ARG_FORCE, ARG_VERBOSE),
    ),
    ActionCommand(
        name="companies",
        help="List the companies that the connection sees",
        func=lazy_load_command(f"{_HERE}.listing.companies"),
        args=(ARG_CONN_ID, ARG_JSON, ARG_VERBOSE),
    ),
)


def get_business_central_commands() -> list[CLICommand]:
    """Give Airflow the commands of this provider.

    :return: one group.
    """
    return [
        GroupCommand(
            name="business-central",
            help="Microsoft Dynamics 365 Business Central",
            subcommands=COMMANDS,
        )
    ]
