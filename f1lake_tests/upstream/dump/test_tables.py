"""A dump that is damaged, or in another form than is known, is refused whole, in one sentence."""

import random
from collections.abc import Callable

import pytest

from f1lake.upstream.dump.tables import COLUMNS, read_tables
from f1lake.upstream.failures import DumpUnusableError

Edited = Callable[[str, Callable[[str], str]], bytes]


def column(name: str, change: Callable[[str], str]) -> Callable[[str], str]:
    """An edit of one column in the first row where it is not null."""

    def edit(text: str) -> str:
        header, *lines = text.split("\n")
        place = header.split(",").index(name)
        for i, line in enumerate(lines):
            fields = line.split(",")  # no field with a comma before the columns that are edited here
            if len(fields) > place and fields[place]:
                fields[place] = change(fields[place])
                lines[i] = ",".join(fields)
                break
        return "\n".join([header, *lines])

    return edit


def renamed(old: str, new: str) -> Callable[[str], str]:
    """An edit of the header."""

    def edit(text: str) -> str:
        header, _, rest = text.partition("\n")
        assert old in header.split(",")
        return ",".join(new if name == old else name for name in header.split(",")) + "\n" + rest

    return edit


def refused(archive: bytes, why: str) -> None:
    with pytest.raises(DumpUnusableError, match=why) as raised:
        read_tables(archive)
    assert "\n" not in str(raised.value)


def test_an_archive_that_is_cut_anywhere_is_refused(small: bytes) -> None:
    for at in random.Random(14).sample(range(len(small)), 20):
        refused(small[:at], "^bulk dump, the archive: it is damaged")


def test_a_byte_that_is_another_is_refused(small: bytes) -> None:
    at = len(small) // 2
    refused(small[:at] + bytes([small[at] ^ 1]) + small[at + 1 :], "^bulk dump, ")


@pytest.mark.parametrize(("table", "name"), [(table, name) for table in COLUMNS for name in COLUMNS[table]])
def test_a_column_that_is_gone_or_renamed_is_named(edited: Edited, table: str, name: str) -> None:
    refused(edited(table, renamed(name, f"{name}_new")), f"^bulk dump, table {table}: it has no column {name}")


def test_a_column_that_is_new_changes_nothing(small: bytes, edited: Edited) -> None:
    def with_another(text: str) -> str:
        header, *lines = text.rstrip("\n").split("\n")
        lines = [line.replace(",", ",new,", 1) for line in lines]
        return "\n".join([header.replace(",", ",a_new_one,", 1), *lines])

    before, after = read_tables(small), read_tables(edited("lap", with_another))
    assert all(before[table].equals(after[table]) for table in before)


def test_a_table_that_is_missing_is_named(small: bytes) -> None:
    refused(small.replace(b"formula_one_lap.csv", b"formula_two_lap.csv"), "it has no formula_one_lap.csv")


@pytest.mark.parametrize(
    ("table", "name", "value", "why"),
    [
        ("session", "type", "Q4", "its type has the unknown value 'Q4'"),
        ("sessionentry", "status", "77", "its status has the unknown value 77"),
        ("driverchampionship", "adjustment_type", "7", "its adjustment_type has the unknown value 7"),
        ("sessionentry", "is_classified", "yes", "its is_classified has the unreadable value 'yes'"),
        ("sessionentry", "grid", "pit lane", "its grid has the unreadable value 'pit lane'"),
        ("lap", "time", "1 day 00:01:25", "its time has the unreadable value '1 day 00:01:25'"),
        ("round", "date", "5 July", "its date has the unreadable value '5 July'"),
        ("lap", "session_entry_id", "999999999", "session_entry_id 999999999 is of no sessionentry"),
    ],
)
def test_a_value_that_is_not_known_is_named(edited: Edited, table: str, name: str, value: str, why: str) -> None:
    refused(edited(table, column(name, lambda _: value)), f"^bulk dump, table {table}: {why}")
