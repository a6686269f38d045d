"""Where delta-rs finds a folder that Airflow knows, and how it signs in there.

delta-rs has its own clients for object stores, which take other options than fsspec's.
https://docs.rs/object_store/latest/object_store/
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path as LocalPath
from typing import Any

from airflow.sdk import Connection, ObjectStoragePath

from airflow_provider_bc.errors import ConfigurationError

_S3 = ("s3", "s3a", "s3n")
_AZURE = ("abfs", "abfss", "adl")
_GOOGLE = ("gs", "gcs")
_LOCAL = ("file", "local", "")
_FROM_CONNECTION_STRING = {
    "AccountName": "azure_storage_account_name",
    "AccountKey": "azure_storage_account_key",
    "SharedAccessSignature": "azure_storage_sas_token",
    "BlobEndpoint": "azure_storage_endpoint",
}


def delta_uri(path: ObjectStoragePath) -> str:
    """Write a folder as delta-rs does.

    :param path: of the table.
    :raises ConfigurationError: for a store that delta-rs does not know.
    """
    protocol = str(path.protocol)
    if protocol in _LOCAL:
        return LocalPath(path.path).absolute().as_uri()
    for schemes, scheme in ((_S3, "s3"), (_AZURE, "az"), (_GOOGLE, "gs")):
        if protocol in schemes:
            return f"{scheme}://{path.path.lstrip('/')}"
    raise ConfigurationError(
        f"Delta tables cannot be kept in {protocol}://.",
        remedy="Use a folder, S3, Azure Data Lake Storage or Google Cloud Storage.",
    )


def storage_options(path: ObjectStoragePath) -> dict[str, str]:
    """Give delta-rs the credentials of the connection that a path names.

    Without a connection it looks for credentials itself: in the environment, or as the identity of
    the machine.

    :param path: of the table.
    :return: fresh each time, since credentials may expire.
    """
    protocol = str(path.protocol)
    if path.conn_id is None or protocol in _LOCAL:
        return {}
    if protocol in _S3:
        return s3_options(path.conn_id)
    connection = Connection.get(path.conn_id)
    return azure_options(connection) if protocol in _AZURE else google_options(connection)


def s3_options(conn_id: str) -> dict[str, str]:
    """Let Airflow's hook sign in, which knows roles, profiles and sessions.

    https://docs.rs/object_store/latest/object_store/aws/enum.AmazonS3ConfigKey.html

    :param conn_id: a connection of Airflow's Amazon provider.
    """
    from airflow.providers.amazon.aws.hooks.s3 import S3Hook  # noqa: PLC0415 - its provider may be missing

    hook = S3Hook(aws_conn_id=conn_id)
    session = hook.get_session()
    endpoint = hook.conn_config.get_service_endpoint_url("s3") or ""
    style = (hook.conn_config.extra_config.get("config_kwargs") or {}).get("s3") or {}
    options = {
        # creating a commit fails when there is one of that number; no lock is needed
        "conditional_put": "etag",
        "aws_region": hook.region_name or session.region_name or "us-east-1",
        "aws_endpoint_url": endpoint,
        "aws_allow_http": _true(endpoint.startswith("http://")),
        "allow_invalid_certificates": _true(hook.verify is False),
        "aws_virtual_hosted_style_request": _true(style.get("addressing_style") == "virtual"),
    }
    credentials = session.get_credentials()
    if credentials is None:
        return _given(options | {"aws_skip_signature": "true"})
    frozen = credentials.get_frozen_credentials()
    return _given(
        options
        | {
            "aws_access_key_id": frozen.access_key,
            "aws_secret_access_key": frozen.secret_key,
            "aws_session_token": frozen.token or "",
        }
    )


def azure_options(connection: Connection) -> dict[str, str]:
    """Read a connection to Azure Blob Storage or Data Lake Storage (``wasb``, ``adls``).

    https://docs.rs/object_store/latest/object_store/azure/enum.AzureConfigKey.html

    :param connection: of Airflow's Azure provider.
    """
    extras = connection.extra_dejson
    if text := _extra(extras, "connection_string"):
        pairs = dict(part.split("=", 1) for part in text.split(";") if "=" in part)
        return _given({new: pairs.get(name) for name, new in _FROM_CONNECTION_STRING.items()})
    tenant = _extra(extras, "tenant_id")
    host = (connection.host or "").removeprefix("https://").partition(".")[0]
    account = _extra(extras, "account_name") or host or connection.login
    return _given(
        {
            "azure_storage_account_name": account,
            "azure_storage_account_key": _extra(extras, "account_key")
            or (None if tenant else connection.password),
            "azure_storage_sas_token": _extra(extras, "sas_token"),
            "azure_storage_tenant_id": tenant,
            "azure_storage_client_id": (connection.login if tenant else None)
            or _extra(extras, "managed_identity_client_id"),
            "azure_storage_client_secret": connection.password if tenant else None,
        }
    )


def google_options(connection: Connection) -> dict[str, str]:
    """Read a connection to Google Cloud (``google_cloud_platform``).

    https://docs.rs/object_store/latest/object_store/gcp/enum.GoogleConfigKey.html

    :param connection: of Airflow's Google provider.
    """
    extras = connection.extra_dejson
    key: Any = _extra(extras, "keyfile_dict")
    return _given(
        {
            "google_service_account": _extra(extras, "key_path"),
            "google_service_account_key": json.dumps(key) if isinstance(key, dict) else key,
        }
    )


def _extra(extras: Mapping[str, Any], name: str) -> Any:
    """Find an extra, also under the long name that older forms gave it."""
    long = (value for key, value in extras.items() if key.endswith(f"__{name}"))
    return extras.get(name) or next(long, None)


def _true(value: bool) -> str:  # noqa: FBT001 - it is the value
    return "true" if value else ""


def _given(options: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in options.items() if value}
