"""XML-encoded names, as enum values arrive: ``Positive_x0020_Adjmt_x002E_``.

https://learn.microsoft.com/dotnet/api/system.xml.xmlconvert.decodename
"""

from __future__ import annotations

import re

_ENCODED = re.compile(
    r"_[xX]((?![dD][89a-fA-F])[0-9A-Fa-f]{4}|00(?:0[1-9a-fA-F]|10)[0-9A-Fa-f]{4})_"
)


def decode_name(name: str) -> str:
    """Decode a name: ``_x0020_`` is a blank.

    :param name: the value of an enum property.
    :return: what a person sees, e.g. ``Positive Adjmt.``.
    """
    return _ENCODED.sub(lambda found: chr(int(found.group(1), 16)), name)
