"""What may be said of a failing store: everything but its credentials."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import quote

from deltalake.exceptions import DeltaError

from airflow_provider_bc.errors import ConfigurationError

_SECRET = re.compile(r"secret|token|key|sas|password|credential|account", re.IGNORECASE)
_HIDDEN = "***"
_REFUSED = re.compile("lacked (the necessary privileges|valid authentication credentials)")
"""What 403 and 401 have become when delta-rs tells of them: words.

https://docs.rs/object_store/latest/object_store/enum.Error.html
"""


@contextmanager
def without_secrets(options: Mapping[str, str]) -> Iterator[None]:
    """Keep credentials out of whatever error is raised, and say so when they are refused.

    :param options: of the store.
    :raises ConfigurationError: when the store refuses access.
    """
    try:
        yield
    except (DeltaError, OSError) as error:
        text = str(error)
        hidden = redacted(text, options)
        if _REFUSED.search(text):
            raise ConfigurationError(
                f"The store refuses access: {hidden}.",
                remedy="Check the credentials of its connection, and that they may list, read, "
                "write and delete there.",
            ) from None
        if hidden == text:
            raise
        kind = type(error) if isinstance(error, DeltaError) else OSError
        raise kind(hidden) from None


def redacted(text: str, options: Mapping[str, str]) -> str:
    """Hide the secret values of a store's options.

    :param text: that may hold them, also as part of a URL.
    :param options: of the store.
    """
    secrets = [value for name, value in options.items() if value and _SECRET.search(name)]
    for value in sorted(secrets, key=len, reverse=True):
        for form in (value, quote(value, safe="")):
            text = text.replace(form, _HIDDEN)
    return text
