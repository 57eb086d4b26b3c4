"""A contacts file is read row by row: a bad row never stops the good ones."""

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts.rows import FileKind, Rejection, Row, UnusableFileError, read
from store.documents.contact import OptIn

ASHA = "+919812345670"
BILAL = "+919812345671"


def csv_rows(text: str | bytes, size: int = 7) -> list[Row | Rejection]:
    raw = text.encode() if isinstance(text, str) else text
    pieces = [raw[at : at + size] for at in range(0, len(raw), size)]
    return list(read(pieces, FileKind.CSV, "IN"))


def ndjson(*lines: object) -> list[Row | Rejection]:
    raw = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    return list(read([raw.encode()], FileKind.NDJSON, "IN"))


def rejected(rows: list[Row | Rejection]) -> dict[int, str]:
    return {row.line: row.reason for row in rows if isinstance(row, Rejection)}


def taken(rows: list[Row | Rejection]) -> list[Row]:
    return [row for row in rows if isinstance(row, Row)]


def test_a_whole_row() -> None:
    [row] = csv_rows(
        "\ufeffphone,name,language,timezone,segments,opted_in,attributes.city,attributes.orders\r\n"
        '098123 45670,"Asha, ""A"" Rao",pt-br,Asia/Kolkata,vip;pune,YES,Pune,12\r\n'
    )

    assert row == Row(
        line=2,
        wa_id="919812345670",
        name='Asha, "A" Rao',
        language="pt_BR",
        timezone="Asia/Kolkata",
        segments=("vip", "pune"),
        opted_in=OptIn.YES,
        attributes={"city": "Pune", "orders": "12"},
    )


def test_an_empty_cell_says_nothing() -> None:
    assert csv_rows(f"phone,name,attributes.city,opted_in\n{ASHA},, ,\n") == [
        Row(line=2, wa_id="919812345670")
    ]


def test_lines_are_counted_as_an_editor_counts_them() -> None:
    rows = csv_rows(f'phone,name\n{ASHA},"Asha\nRao"\n\nno number,x\n,,\n{BILAL},Bilal')

    assert [row.line for row in taken(rows)] == [2, 7]
    assert rejected(rows)[5].startswith("phone: ")
    assert set(rejected(rows)) == {5}


def test_a_quote_that_is_never_closed_costs_one_row() -> None:
    rows = csv_rows(f'phone,name\n{ASHA},"Asha\n' + f"{BILAL},Bilal\n" * 50)

    assert rejected(rows) == {2: "a quote is opened and not closed"}
    assert len(taken(rows)) == 50


def test_a_quote_that_is_never_closed_at_the_end_costs_one_row() -> None:
    rows = csv_rows(f'phone,name\n{BILAL},"Bilal\n{ASHA},Asha')

    assert rejected(rows) == {2: "a quote is opened and not closed"}
    assert [row.line for row in taken(rows)] == [3]


def test_what_is_no_utf8_costs_one_row() -> None:
    rows = csv_rows(f"phone,name\n{ASHA},Ren".encode() + b"\xe9\n" + f"{BILAL},Bilal\n".encode())

    assert rejected(rows) == {2: "is not UTF-8 text"}
    assert [row.wa_id for row in taken(rows)] == ["919812345671"]


def test_a_line_without_end_is_refused_and_not_kept() -> None:
    rows = csv_rows(f"phone,name\n{ASHA},{'x' * 200_000}\n{BILAL},Bilal\n", size=10_000)

    assert rejected(rows) == {2: "is longer than 65536 bytes"}
    assert [row.line for row in taken(rows)] == [3]


def test_a_shifted_row_is_refused() -> None:
    rows = csv_rows(f"phone,name\n{ASHA}\n{BILAL},Bilal,vip\n")

    assert set(rejected(rows)) == {2, 3}


@pytest.mark.parametrize(
    ("header", "told"),
    [
        (b"", "empty"),
        (b"name\n", "'phone'"),
        (b"phone,nmae\n", "'nmae'"),
        (b"phone;name\n", "separated by commas"),
        (b"phone,phone\n", "twice"),
        (b"phone,\n", "Column 2"),
        (b"phone,attributes.a b\n", "Column 2"),
        (b"phone,attributes.a.b\n", "Column 2"),
        (b"phone,attributes.\n", "Column 2"),
        (b"phone,name\rx,y\r", "carriage return"),
        ("phone,name\n".encode("utf-16"), "UTF-8"),
    ],
)
def test_a_header_that_is_not_understood_is_told_at_once(header: bytes, told: str) -> None:
    with pytest.raises(UnusableFileError, match=told):
        csv_rows(header)


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ("12,,,,", "phone"),
        (f"{ASHA},klingonese,,,", "language"),
        (f"{ASHA},,Mars/Olympus,,", "timezone"),
        (f"{ASHA},,,very important,", "segments"),
        (f"{ASHA},,,,perhaps", "opted_in"),
    ],
)
def test_a_reason_names_its_column(cells: str, column: str) -> None:
    rows = csv_rows(f"phone,language,timezone,segments,opted_in\n{cells}\n")

    assert rejected(rows)[2].startswith(f"{column}: ")


def test_ndjson_keeps_the_types_of_json() -> None:
    [row] = ndjson(
        {
            "phone": ASHA, "segments": ["vip"], "opted_in": False, "name": None,
            "attributes": {"orders": 12, "pin": "0411", "vip": True, "spent": 1.5, "gone": None},
        }
    )  # fmt: skip

    assert isinstance(row, Row)
    assert row.opted_in is OptIn.NO
    assert row.attributes == {"orders": 12, "pin": "0411", "vip": True, "spent": 1.5}
    assert row.attributes["vip"] is True


def test_bad_ndjson_lines_cost_only_themselves() -> None:
    rows = ndjson(
        "{",
        "[1]",
        "",
        {"phone": ASHA, "attributes": {"a": {"b": 1}}},
        {"phone": ASHA, "attributes": {"a": [1]}},
        {"phone": ASHA, "nmae": "x"},
        {"phone": ASHA, "name": 5},
        {"name": "nobody"},
        '{"phone": "' + ASHA + '", "attributes": {"a": NaN}}',
        '{"phone": "' + ASHA + '", "name": "\\ud800"}',
        "[" * 60_000,
        '{"phone": "' + ASHA + '", "attributes": [1]}',
        {"phone": BILAL},
    )

    assert [row.line for row in taken(rows)] == [13]
    assert set(rejected(rows)) == {1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12}
    assert rejected(rows)[4].startswith("attributes.a: ")


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\r"), max_size=30)


@given(st.lists(st.tuples(texts, texts), max_size=8), st.integers(1, 40), st.booleans())
def test_whatever_python_writes_as_csv_is_read_as_it_was_meant(
    cells: list[tuple[str, str]], size: int, crlf: bool
) -> None:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n" if crlf else "\n")
    writer.writerow(["phone", "name", "attributes.note"])
    for name, note in cells:
        writer.writerow([ASHA, name, note])

    rows = csv_rows(out.getvalue(), size)

    assert not rejected(rows)
    assert [row.name or "" for row in taken(rows)] == [" ".join(name.split()) for name, _ in cells]
    read_notes = [row.attributes.get("note", "") for row in taken(rows)]
    for read_note, (_, note) in zip(read_notes, cells, strict=True):
        if isinstance(read_note, str):
            assert read_note == note.strip()


@given(st.binary(max_size=400), st.integers(1, 50), st.sampled_from(FileKind))
def test_no_bytes_break_the_reader_and_every_line_is_answered_once(
    raw: bytes, size: int, kind: FileKind
) -> None:
    raw = b"phone,name\n" + raw if kind is FileKind.CSV else raw
    pieces = [raw[at : at + size] for at in range(0, len(raw), size)]

    rows = list(read(pieces, kind, "IN"))

    lines = [row.line for row in rows]
    assert lines == sorted(set(lines))
    assert all(1 <= line <= raw.count(b"\n") + 1 for line in lines)


@given(
    st.lists(st.sampled_from(['"', ",", "\n", "a", ASHA, ",x\n", f"\n{BILAL},b\n"]), max_size=40)
)
def test_rows_do_not_depend_on_how_the_bytes_arrive(parts: list[str]) -> None:
    text = "phone,name\n" + "".join(parts)

    assert csv_rows(text, 3) == csv_rows(text, 1000)
