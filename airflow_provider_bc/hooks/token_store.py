"""The token cache of this process, and where it shares its tokens with the others.

https://airflow.apache.org/docs/apache-airflow/stable/security/secrets/fernet.html
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path

from airflow.sdk import conf
from cryptography.fernet import Fernet, MultiFernet

from airflow_provider_bc.auth.cache import TokenCache
from airflow_provider_bc.auth.store import TokenStore

log = logging.getLogger(__name__)

SECTION = "business_central"
_FOLDER = "business_central_tokens"


@cache
def process_tokens() -> TokenCache:
    """Give the token cache that every hook of this process shares."""
    return TokenCache(store=configured_store(conf.get))


def configured_store(option: Callable[..., str | None]) -> TokenStore | None:
    """Make the store that Airflow's configuration describes.

    :param option: reads ``(section, name, fallback=…)``, as ``conf.get`` does.
    :return: None where it is off, or nothing could be encrypted.
    """
    place = (option(SECTION, "token_store", fallback="") or "").strip()
    if place.lower() == "off":
        return None
    cipher = configured_cipher(option)
    if cipher is None:
        log.info("Tokens are not shared between processes: [core] fernet_key is unset or no key.")
        return None
    home = Path(os.environ.get("AIRFLOW_HOME") or "~/airflow").expanduser()
    return TokenStore(Path(place).expanduser() if place else home / _FOLDER, cipher)


def configured_cipher(option: Callable[..., str | None]) -> MultiFernet | None:
    """Make the cipher of Airflow's own key, or keys while they are rotated.

    :param option: as for `configured_store`.
    :return: None where there is no key.
    """
    keys = (option("core", "fernet_key", fallback="") or "").split(",")
    try:
        return MultiFernet([Fernet(key.strip().encode()) for key in keys if key.strip()])
    except ValueError:
        return None
