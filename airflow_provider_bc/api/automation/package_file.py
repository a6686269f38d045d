"""The file of a configuration package: the code that it must be imported under.

https://learn.microsoft.com/dynamics365/business-central/admin-how-to-prepare-a-configuration-package
"""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO
from xml.etree import ElementTree as ET

from airflow_provider_bc.errors import ConfigurationError

_PART = 1 << 20


@dataclass(frozen=True, slots=True)
class PackageFile:
    """What a configuration package says of itself.

    :param code: at most 20 characters.
    :param name: which the package gets by the import.
    :param digest: the SHA-256 of the file, in hexadecimal digits.
    """

    code: str
    name: str
    digest: str


def read_package_file(source: Callable[[], BinaryIO]) -> PackageFile:
    """Read the beginning of a ``.rapidstart`` file, and its digest.

    :param source: opens it.
    :raises ConfigurationError: when the file is no configuration package.
    """
    with source() as file:
        digest = hashlib.sha256()
        while part := file.read(_PART):
            digest.update(part)
    try:
        with source() as file, gzip.open(file) as text:
            _, root = next(ET.iterparse(text, ["start"]))  # noqa: S314 - nothing but the first tag
            code, name = root.attrib["Code"], root.attrib.get("PackageName", "")
    except (OSError, EOFError, zlib.error, ET.ParseError, StopIteration, KeyError) as error:
        raise ConfigurationError(
            f"The file is no configuration package ({type(error).__name__}).",
            remedy="Give the .rapidstart file that Business Central exported.",
        ) from error
    return PackageFile(code.strip().upper(), name, digest.hexdigest())
