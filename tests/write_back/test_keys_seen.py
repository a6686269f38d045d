from __future__ import annotations

from airflow_provider_bc.write_back.keys_seen import KeysSeen


def test_remembers_the_first_row_and_how_many_there_were() -> None:
    with KeysSeen() as seen:
        assert seen.see(("a", "b"), 1) == (1, 1)
        assert seen.see(("ab",), 2) == (2, 1)
        assert seen.see(("a", "b"), 3) == (1, 2)
        assert seen.see(("a", "b"), 9) == (1, 3)


def test_remembers_what_was_said_first() -> None:
    with KeysSeen() as seen:
        seen.say(["one", "two"], "created")
        seen.say(["two"], "updated")
        assert [seen.said(one) for one in ("one", "two", "three")] == ["created", "created", None]


def test_many_keys_are_told_apart() -> None:
    with KeysSeen() as seen:
        for number in range(20_000):
            assert seen.see((f"K{number}",), number) == (number, 1)
        assert seen.see(("K5",), 1) == (5, 2)
