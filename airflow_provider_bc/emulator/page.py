"""Generated tables in the page about the emulator, docs/emulator.md."""

from __future__ import annotations


def with_table(page: str, name: str, table: str) -> str:
    """Put a table between the comments that mark its place.

    :param page: the page.
    :param name: the name in the comments, such as `coverage`.
    :param table: the table.
    :returns: the page with the table.
    :raises ValueError: if the page has no place for it.
    """
    begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->\n"
    head, found, rest = page.partition(begin)
    _, closed, tail = rest.partition(end)
    if not (found and closed):
        raise ValueError(f"the page has no place for the table '{name}'")
    return f"{head}{begin}\n{table}\n{end}{tail}"
