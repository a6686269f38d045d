"""A document as a PDF of one page: small, and valid.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/resources/dynamics_pdfdocument
"""

from __future__ import annotations

_SPECIAL = str.maketrans({"\\": r"\\", "(": r"\(", ")": r"\)"})


def pdf(title: str) -> bytes:
    """Write a page that says one line (https://www.iso.org/standard/75839.html).

    :param title: the line, such as `Sales_x0020_Invoice PS-INV100001`.
    :returns: the file.
    """
    text = f"BT /F1 18 Tf 72 720 Td ({title.translate(_SPECIAL)}) Tj ET"
    content = text.encode("cp1252", "replace")
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        page + b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    file, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(file))
        file += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start, size = len(file), len(objects) + 1
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return file + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\n"
        b"startxref\n%d\n%%%%EOF\n" % (size, table, size, start)
    )
