"""The file of an extension: a header of 40 bytes, then a zip with the manifest.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/developer/devenv-json-files
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from io import BytesIO
from xml.etree import ElementTree as ET
from zipfile import BadZipFile, ZipFile

_HEADER = struct.Struct("<4sII16sQ4s")
_MAGIC = b"NAVX"
_APP = "{http://schemas.microsoft.com/navx/2015/manifest}App"


@dataclass(frozen=True, slots=True)
class App:
    """What the manifest of an extension says.

    :param id: the id of the app, the same in all its versions.
    :param name: its name.
    :param publisher: who made it.
    :param version: four numbers.
    """

    id: str
    name: str
    publisher: str
    version: tuple[int, int, int, int]


def read_app(content: bytes) -> App | None:
    """Read the file of an extension.

    :param content: the whole file.
    :returns: what its manifest says; None for a file that is none.
    """
    if len(content) < _HEADER.size:
        return None
    magic, size, _, _, _, again = _HEADER.unpack_from(content)
    if (magic, again) != (_MAGIC, _MAGIC):
        return None
    try:
        with ZipFile(BytesIO(content[size:])) as archive:
            manifest = ET.fromstring(archive.read("NavxManifest.xml"))  # noqa: S314  # a test's own
        app = next(manifest.iter(_APP)).attrib
        major, minor, build, revision = map(int, app["Version"].split("."))
        version = (major, minor, build, revision)
        return App(app["Id"].lower(), app["Name"], app["Publisher"], version)
    except (BadZipFile, KeyError, ET.ParseError, StopIteration, ValueError):
        return None
