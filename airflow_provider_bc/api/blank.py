"""Arguments that must say something: a blank one must never come to mean some default."""

from __future__ import annotations

from airflow_provider_bc.errors import ConfigurationError

_NOTHING = ("", "None")
"""What a template renders where there is nothing."""


def refuse_blank(**given: str | None) -> None:
    """Refuse an argument that says nothing, as a template does that rendered to nothing.

    :param given: by the name of the argument.
    :raises ConfigurationError: naming the first one that is blank.
    """
    for name, value in given.items():
        if (value or "").strip() in _NOTHING:
            raise ConfigurationError(
                f"{name} is blank: {value!r}.",
                remedy="Name what is meant; if it is a template, see what it rendered to.",
            )
