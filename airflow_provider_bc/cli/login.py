"""The command `login`: a person signs in, and every task of this machine may use it.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow
"""

from __future__ import annotations

import sys
import webbrowser
from argparse import Namespace
from collections.abc import Callable
from urllib.parse import urlsplit

from airflow.utils.cli import suppress_logs_and_warning
from rich.console import Console

from airflow_provider_bc.auth.device_code import DeviceCode
from airflow_provider_bc.cli.conversation import Failed, connected, console, ended
from airflow_provider_bc.cli.listener import Listener
from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.hooks.business_central import BusinessCentralHook

SECONDS = 300.0
PATH = "/callback"
_LOOPBACK = ("localhost", "127.0.0.1")


@suppress_logs_and_warning
def login(args: Namespace) -> None:
    """Let a person sign in; `airflow` calls it.

    :param args: ``conn_id``, ``device_code`` and ``port``.
    """
    sys.exit(sign_in(args, console(), console(stderr=True)))


def sign_in(
    args: Namespace,
    out: Console,
    complaints: Console,
    browse: Callable[[str], bool] = webbrowser.open,
    seconds: float = SECONDS,
) -> int:
    """Let a person sign in.

    :param args: see `login`.
    :param out: where to say how.
    :param complaints: where failures go.
    :param browse: opens a page in a browser; False where there is none.
    :param seconds: how long to wait for the browser.
    :return: the exit code.
    """
    try:
        with connected(args.conn_id) as hook:
            if args.device_code:
                account = hook.sign_in_by_device(lambda code: _show(out, code))
            else:
                account = _in_browser(hook, args.port, out, browse, seconds)
    except Failed as failure:
        return ended(complaints, failure)
    name = account or "somebody whom Microsoft Entra did not name"
    out.print(f"Signed in as {name}. Tasks of this machine use it from now on.")
    return 0


def _in_browser(
    hook: BusinessCentralHook,
    port: int | None,
    out: Console,
    browse: Callable[[str], bool],
    seconds: float,
) -> str | None:
    with Listener(*callback_of(hook.settings.redirect_uri, port)) as listener:
        begun = hook.begin_sign_in(listener.redirect_uri)
        listener.start(lambda came_back: hook.finish_sign_in(begun, came_back))
        out.print(f"Sign in within {seconds / 60:.0f} minutes, in a browser of this machine:")
        out.print(begun.url, soft_wrap=True)
        if not browse(begun.url):
            out.print("There is no browser to open: open the page yourself, or use --device-code.")
        return listener.wait(seconds)


def callback_of(redirect_uri: str | None, port: int | None) -> tuple[int, str]:
    """Say where the browser comes back to.

    https://learn.microsoft.com/entra/identity-platform/reply-url#localhost-exceptions

    :param redirect_uri: of the connection.
    :param port: of the command, 0 and None for any free one.
    :return: port, 0 for any free one, and path.
    :raises ConfigurationError: when the browser would come to another place than this command.
    """
    if redirect_uri is None:
        return port or 0, PATH
    parts = urlsplit(redirect_uri)
    if parts.hostname not in _LOOPBACK or parts.scheme != "http":
        raise ConfigurationError(
            f"Redirect URI (redirect_uri) leads to {redirect_uri}, not to this command.",
            remedy="Sign in under Admin > Business Central, use --device-code, or leave the field "
            f"empty and register http://localhost{PATH}.",
        )
    if parts.port is None:
        raise ConfigurationError(
            f"Redirect URI (redirect_uri) is {redirect_uri}, without a port.",
            remedy="Name one, such as http://localhost:8400/callback: Microsoft Entra does not "
            "compare it. Or leave the field empty.",
        )
    if port and port != parts.port:
        raise ConfigurationError(
            f"--port is {port}, but Redirect URI (redirect_uri) names {parts.port}.",
            remedy="Leave one of them out.",
        )
    return parts.port, parts.path or "/"


def _show(out: Console, code: DeviceCode) -> None:
    minutes = code.expires_in / 60
    out.print(f"Open {code.verification_uri} in any browser and enter the code {code.user_code}")
    out.print(f"within {minutes:.0f} minutes. This command ends by itself.")
