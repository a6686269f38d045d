"""A form with a file in it (https://www.rfc-editor.org/rfc/rfc7578)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping


def multipart(
    fields: Mapping[str, str], file_field: str, file_name: str, content: bytes
) -> tuple[bytes, dict[str, str]]:
    """Write a form.

    :param fields: its texts by name.
    :param file_field: the name of the file's field.
    :param file_name: the name of the file.
    :param content: of the file.
    :return: the bytes of the form, and the headers that say so.
    """
    boundary = uuid.uuid4().hex
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'
        for name, text in fields.items()
    ]
    quoted = file_name.translate({ord('"'): "%22", ord("\r"): "%0D", ord("\n"): "%0A"})
    parts.append(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{file_field}"; '
        f'filename="{quoted}"\r\nContent-Type: application/octet-stream\r\n\r\n'
    )
    body = "".join(parts).encode() + content + f"\r\n--{boundary}--\r\n".encode()
    return body, {"Content-Type": f"multipart/form-data; boundary={boundary}"}
