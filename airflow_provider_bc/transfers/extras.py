"""What transfers need beyond the plain installation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from airflow.sdk.exceptions import AirflowOptionalProviderFeatureException


@contextmanager
def extras() -> Iterator[None]:
    """Say which extra is missing.

    :raises AirflowOptionalProviderFeatureException: in place of an `ImportError`.
    """
    try:
        yield
    except ImportError as error:
        raise AirflowOptionalProviderFeatureException(
            f"{error}. Install what transfers need with: pip install 'airflow-provider-bc[parquet]'"
        ) from error
