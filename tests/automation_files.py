"""The files of extensions and configuration packages, as far as they matter."""

from __future__ import annotations

import gzip
import struct
from io import BytesIO
from uuid import UUID
from xml.sax.saxutils import quoteattr
from zipfile import ZipFile

APP_ID = "3f1c0f0a-6f3d-4a7c-9a53-1d2a7e0f8c11"
_NAMESPACE = "http://schemas.microsoft.com/navx/2015/manifest"


def app_file(
    version: str = "1.0.0.0",
    name: str = "Bonus",
    publisher: str = "Contoso & Co.",
    app_id: str = APP_ID,
) -> bytes:
    """Write an extension that holds nothing but its manifest."""
    words = {"Id": app_id, "Name": name, "Publisher": publisher, "Version": version}
    attributes = " ".join(f"{word}={quoteattr(text)}" for word, text in words.items())
    with BytesIO() as held:
        with ZipFile(held, "w") as archive:
            manifest = f'<Package xmlns="{_NAMESPACE}"><App {attributes} /></Package>'
            archive.writestr("NavxManifest.xml", f"\ufeff{manifest}".encode())
        content = held.getvalue()
    header = struct.pack("<4sII16sQ4s", b"NAVX", 40, 2, UUID(int=7).bytes, len(content), b"NAVX")
    return header + content


def package_file(code: str = "P", name: str = "The name in the file", tables: int = 2) -> bytes:
    """Write a configuration package, as exported from Business Central."""
    attributes = f"LanguageID='1033' PackageName={quoteattr(name)} Code={quoteattr(code)}"
    inside = "".join(f"<T{n}List><TableID>{n}</TableID></T{n}List>" for n in range(tables))
    text = f"<?xml version='1.0' encoding='UTF-16'?><DataList {attributes}>{inside}</DataList>"
    return gzip.compress(text.encode("utf-16"), mtime=0)
