"""The file of a configuration package: XML, compressed by gzip.

https://learn.microsoft.com/dynamics365/business-central/admin-how-to-prepare-a-configuration-package
"""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass
from xml.etree import ElementTree as ET


@dataclass(frozen=True, slots=True)
class PackageFile:
    """What a configuration package says of itself.

    :param code: which must be that of the package it is imported into.
    :param name: which becomes that package's name.
    :param tables: how many tables it has.
    """

    code: str
    name: str
    tables: int


def read_package(content: bytes) -> PackageFile | None:
    """Read the file of a configuration package.

    :param content: the whole file.
    :returns: what it says; None for a file that is none.
    """
    try:
        root = ET.fromstring(gzip.decompress(content))  # noqa: S314  # a test's own
        return PackageFile(root.attrib["Code"], root.attrib.get("PackageName", ""), len(root))
    except (OSError, EOFError, zlib.error, KeyError, ET.ParseError):
        return None
