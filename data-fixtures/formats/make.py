"""Writes one small table, and one wide DREAM table, in every format but SAS (make.R does that).

    python -m venv v && v/bin/pip install pandas==3.1.1 pyarrow==26.0.1 openpyxl==3.1.5
    v/bin/python make.py && Rscript make.R

table.csv and wide.csv are what the other files are to read as, cell by cell.
"""

import datetime
import decimal
import os
import re
import zipfile

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

day = datetime.date

# key, number, code, amount, day, member, place, note
COLUMNS = ["key", "number", "code", "amount", "day", "member", "place", "note"]
ROWS = [
    ("000000000017", 10133, 730, 160.33, day(2021, 4, 5), True, "Rødovre", "a;b"),
    ("000301701234", 301701234567, None, 0.1, day(1960, 1, 1), False, "Ærø", 'said "no"'),
    ("012345678901", 9007199254740991, 0, -1 / 3, day(1959, 12, 31), True, "Åbenrå", ""),
    ("100000000000", 0, 999, 0.00001, None, False, "Sønder  Omme", '"quoted"'),
    ("999999999999", -7, 111, None, day(2000, 2, 29), True, "", "."),
    ("A-7", 1000000, 7, 1000000.0, day(1904, 3, 1), False, "Tårnby", "5\" pipe, long"),
]


def text(value):
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float):
        if value.is_integer():
            return str(int(value))
        return format(decimal.Decimal(repr(value)), "f")
    return str(value)


def quoted(cell):
    return '"' + cell.replace('"', '""') + '"' if re.search('[;"]', cell) else cell


def write_csv(name, header, rows):
    with open(name, "w", encoding="utf-8", newline="\n") as out:
        for row in [header, *rows]:
            print(";".join(quoted(text(cell)) for cell in row), file=out)


def column(rows, index):
    return [row[index] for row in rows]


def table():
    write_csv("table.csv", COLUMNS, ROWS)
    c = {name: column(ROWS, index) for index, name in enumerate(COLUMNS)}

    arrow = pa.table(
        {
            "key": pa.array(c["key"], pa.string()),
            "number": pa.array(c["number"], pa.int64()),
            "code": pa.array(c["code"], pa.int16()),
            "amount": pa.array(c["amount"], pa.float64()),
            "day": pa.array(c["day"], pa.date32()),
            "member": pa.array(c["member"], pa.bool_()),
            "place": pa.array(c["place"], pa.string()).dictionary_encode(),
            "note": pa.array([n + "  " for n in c["note"]], pa.large_string()),
        }
    )
    pq.write_table(arrow, "table.parquet", row_group_size=4, compression="zstd")
    # The same cells by other types.
    other = pa.table(
        {
            "key": pa.array([k.encode("latin-1") for k in c["key"]], pa.binary()),
            "number": pa.array(c["number"], pa.decimal128(20, 3)),
            "code": pa.array(c["code"], pa.float32()),
            "amount": pa.array(c["amount"], pa.float64()),
            "day": pa.array(
                [d and datetime.datetime(d.year, d.month, d.day) for d in c["day"]],
                pa.timestamp("us"),
            ),
            "member": pa.array([int(m) for m in c["member"]], pa.uint8()),
            "place": pa.array([p.encode("latin-1") for p in c["place"]], pa.binary()),
            "note": pa.array(c["note"], pa.string()),
        }
    )
    pq.write_table(other, "table-other.parquet", compression="snappy", data_page_version="2.0",
                   use_dictionary=False, write_page_index=True)

    frame = pd.DataFrame(
        {
            "key": c["key"],
            "number": pd.array(c["number"], "float64"),
            "code": pd.array([float("nan") if v is None else v for v in c["code"]], "float64"),
            "amount": pd.array([float("nan") if v is None else v for v in c["amount"]], "float64"),
            "day": pd.to_datetime(pd.Series(c["day"]), errors="coerce"),
            "member": pd.array([int(v) for v in c["member"]], "int8"),
            "place": c["place"],
            "note": c["note"],
        }
    )
    frame.to_stata("table.dta", write_index=False, version=118, convert_dates={"day": "td"},
                   convert_strl=["note"])
    # Version 114 knows no UTF-8; a date and a time of day are one type more.
    small = frame.copy()
    small["code"] = small["code"].astype("float32")
    small.to_stata("table-114.dta", write_index=False, version=114, convert_dates={"day": "tc"},
                   byteorder="big")

    # A header and no rows.
    pq.write_table(arrow[:0], "none.parquet")
    frame[["key", "number"]][:0].to_stata("none.dta", write_index=False, version=118)
    book = openpyxl.Workbook()
    book.active.append(COLUMNS)
    book.save("none.xlsx")

    # Only days from 1 March 1900 on are here: Excel counts a 29 February 1900 before it.
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(COLUMNS)
    for row in ROWS:
        cells = list(row)
        cells[7] = row[7] or None
        cells[6] = row[6] or None
        sheet.append(cells)
    for cell in sheet["E"][1:]:
        cell.number_format = "dd-mm-yyyy"
    sheet["C10"] = None
    book.create_sheet("another")["A1"] = "not read"
    book.save("plain.xlsx")
    # A cell with a formula and the value that Excel computed, which openpyxl cannot write.
    with zipfile.ZipFile("plain.xlsx") as old, \
            zipfile.ZipFile("table.xlsx", "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                part, count = re.subn(rb'(<c r="C2"[^>]*>)<v>730</v>',
                                      rb"\1<f>700+30</f><v>730</v>", part)
                assert count == 1
            info = zipfile.ZipInfo(name, (2021, 4, 5, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(info, part)
    os.remove("plain.xlsx")


def wide():
    """Six persons, 2017-W40 to 2018-W44, industry codes from 2017-10 to 2018-10."""
    weeks = [f"y_17{w:02}" for w in range(40, 53)] + [f"y_18{w:02}" for w in range(1, 45)]
    months = [f"branche_2017_{m:02}" for m in range(10, 13)]
    months += [f"branche_2018_{m:02}" for m in range(1, 11)]
    runs = [
        ("000000000017", [(730, 10), (737, 13), (None, 4), (730, 3), (None, 27)], 5),
        ("000301701234", [(None, 57)], 0),
        ("012345678901", [(111, 20), (121, 5), (771, 12), (890, 20)], 13),
        ("100000000000", [(730, 40), (999, 17)], 2),
        ("999999999999", [(651, 30), (None, 10), (651, 17)], 7),
        ("A-7", [(998, 57)], 1),
    ]
    rows = []
    for key, spells, paid in runs:
        codes = [code for code, count in spells for _ in range(count)]
        assert len(codes) == len(weeks)
        rows.append([key, *codes, *[471120] * paid, *[None] * (len(months) - paid)])
    header = ["pnr", *weeks, *months]
    write_csv("wide.csv", header, rows)
    types = [pa.string()] + [pa.int16()] * len(weeks) + [pa.float64()] * len(months)
    arrays = [pa.array(column(rows, i), type) for i, type in enumerate(types)]
    pq.write_table(pa.table(arrays, names=header), "wide.parquet", row_group_size=4)
    frame = pd.DataFrame({name: column(rows, i) for i, name in enumerate(header)})
    for name in header[1:]:
        frame[name] = frame[name].astype("float64")
    frame.to_stata("wide.dta", write_index=False, version=118)
    book = openpyxl.Workbook()
    book.active.append(header)
    for row in rows:
        book.active.append(row)
    book.save("wide.xlsx")


def times():
    """Times of day, and Stata's periods."""
    moments = [datetime.datetime(2021, 4, 5, 13, 30, 59), datetime.datetime(1959, 12, 24, 0, 0, 0)]
    pq.write_table(
        pa.table(
            {
                "seconds": pa.array(moments, pa.timestamp("s")),
                "nanoseconds": pa.array(moments, pa.timestamp("ns", "UTC")),
                "day": pa.array([day(2021, 4, 5), day(1, 1, 1)], pa.date32()),
                "hundredths": pa.array([decimal.Decimal("-0.50"), None], pa.decimal128(9, 2)),
                "single": pa.array([0.1, 16777216.0], pa.float32()),
                "natural": pa.array([2**64 - 1, None], pa.uint64()),
            }
        ),
        "times.parquet",
    )
    kinds = ["tc", "td", "tw", "tm", "tq", "th", "ty"]
    frame = pd.DataFrame({kind: moments for kind in kinds})
    frame["single"] = pd.array([0.1, 16777216.0], "float32")
    frame.to_stata("times.dta", write_index=False, version=117,
                   convert_dates={kind: kind for kind in kinds})


table()
wide()
times()
