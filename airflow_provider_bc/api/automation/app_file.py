"""The file of an extension: what its manifest says.

A header of 40 bytes, then a zip archive with ``NavxManifest.xml``.
https://learn.microsoft.com/dynamics365/business-central/dev-itpro/developer/devenv-deploy-al-app
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO
from xml.etree import ElementTree as ET
from zipfile import BadZipFile, ZipFile

from airflow_provider_bc.errors import ConfigurationError

_MAGIC = b"NAVX"
_HEAD = struct.Struct("<4sI")
_APP = "{http://schemas.microsoft.com/navx/2015/manifest}App"


@dataclass(frozen=True, slots=True)
class AppManifest:
    """What tells one version of an app from all others.

    :param id: the id of the app, the same in all its versions.
    :param name: its name.
    :param publisher: who made it.
    :param version: e.g. ``1.0.0.0``.
    """

    id: str
    name: str
    publisher: str
    version: str


def read_manifest(source: Callable[[], BinaryIO]) -> AppManifest:
    """Read the manifest of an extension.

    :param source: opens the ``.app`` file.
    :raises ConfigurationError: when the file is no extension.
    """
    with source() as file:
        content = file.read()
    try:
        magic, size = _HEAD.unpack_from(content)
        if magic != _MAGIC:
            raise _none_such("does not begin with NAVX")
        with ZipFile(BytesIO(content[size:])) as archive:
            text = archive.read("NavxManifest.xml").decode("utf-8-sig")
        if "<!DOCTYPE" in text:
            raise _none_such("has a document type")
        app = next(ET.fromstring(text).iter(_APP)).attrib  # noqa: S314 - no entities, see above
        return AppManifest(app["Id"].lower(), app["Name"], app["Publisher"], app["Version"])
    except (BadZipFile, struct.error, KeyError, ValueError, ET.ParseError, StopIteration) as error:
        raise _none_such(f"cannot be read ({type(error).__name__})") from error


def _none_such(why: str) -> ConfigurationError:
    return ConfigurationError(
        f"The file {why}: it is no extension.", remedy="Give the .app file that AL compiled."
    )
