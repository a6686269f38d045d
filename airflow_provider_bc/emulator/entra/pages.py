"""The pages a person sees: plain forms that work without a script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from airflow_provider_bc.wire import Response

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.entra.directory import User

_HTML = {"content-type": "text/html; charset=utf-8", "cache-control": "no-store, no-cache"}
_STYLE = "body{font-family:sans-serif;max-width:32rem;margin:3rem auto}button{margin:.3rem 0}"


def page(title: str, content: str, status: int = 200, onload: str = "") -> Response:
    """Write a page.

    :param title: the heading.
    :param content: the HTML below it.
    :param status: the HTTP status.
    :param onload: a script to run once the page is there.
    :returns: the response.
    """
    script = f' onload="{onload}"' if onload else ""
    text = (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}'
        f"</title><style>{_STYLE}</style></head><body{script}><h1>{escape(title)}</h1>{content}"
        "</body></html>"
    )
    return Response(status, dict(_HTML), text.encode())


def form(action: str, fields: Mapping[str, str], buttons: str, extra: str = "") -> str:
    """Write a form.

    :param action: where it is posted to.
    :param fields: its hidden fields.
    :param buttons: the HTML of its buttons.
    :param extra: the HTML of its visible fields.
    :returns: the HTML.
    """
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in fields.items()
    )
    return f'<form method="post" action="{escape(action)}">{hidden}{extra}{buttons}</form>'


def button(text: str, name: str = "", value: str = "") -> str:
    """Write a button that posts its form.

    :param text: what it says.
    :param name: the field it adds, empty for none.
    :param value: the field's value.
    :returns: the HTML.
    """
    field = f' name="{escape(name)}" value="{escape(value)}"' if name else ""
    return f'<button type="submit"{field}>{escape(text)}</button>'


def accounts_page(action: str, fields: Mapping[str, str], users: Sequence[User]) -> Response:
    """Let a person choose an account.

    :param action: where the choice is posted to.
    :param fields: what goes along with it.
    :param users: the accounts.
    :returns: the page; its buttons post `user` or `decision=cancel`.
    """
    choices = "<br>".join(
        button(f"{user.name} ({user.upn})", "user", user.object_id) for user in users
    )
    choices += f"<br>{button('Cancel', 'decision', 'cancel')}"
    return page("Pick an account", form(action, fields, choices))


def consent_page(
    action: str, fields: Mapping[str, str], app: str, wishes: Sequence[str]
) -> Response:
    """Ask a person for consent.

    :param action: where the decision is posted to.
    :param fields: what goes along with it.
    :param app: the app's name.
    :param wishes: what it wants.
    :returns: the page; its buttons post `decision`, `accept` or `deny`.
    """
    items = "".join(f"<li>{escape(wish)}</li>" for wish in wishes)
    buttons = button("Accept", "decision", "accept") + button("Cancel", "decision", "deny")
    text = f"<p>{escape(app)} would like to:</p><ul>{items}</ul>"
    return page("Permissions requested", text + form(action, fields, buttons))


def code_page(action: str, code: str, complaint: str = "") -> Response:
    """Ask a person for the code that a device shows.

    :param action: where it is posted to.
    :param code: the code as far as it is known.
    :param complaint: what was wrong with the last one.
    :returns: the page; it posts `user_code`.
    """
    field = f'<label>Code <input name="user_code" value="{escape(code)}" autofocus></label> '
    text = f"<p>{escape(complaint)}</p>" if complaint else ""
    return page("Enter code", text + form(action, {}, button("Next"), field))


def posting_page(uri: str, members: Mapping[str, str]) -> Response:
    """Send the browser back to the app with a POST.

    :param uri: the redirect URI.
    :param members: what the app learns.
    :returns: a page that posts itself, or waits for a click where scripts are off.
    """
    content = form(uri, members, f"<noscript>{button('Continue')}</noscript>")
    return page("Working...", content, onload="document.forms[0].submit()")


def error_page(error: Mapping[str, Any], status: int) -> Response:
    """Tell a person what the app may not be told.

    :param error: the members of the error response.
    :param status: the HTTP status.
    :returns: the page.
    """
    rows = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(str(error[name]))}</dd>"
        for name in ("correlation_id", "timestamp", "trace_id")
    )
    text = f"<p>{escape(error['error_description'])}</p><dl>{rows}</dl>"
    return page("Sorry, but we're having trouble signing you in.", text, status)
