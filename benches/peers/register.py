# How long polars and DuckDB take for what `klero ingest` and `klero outcomes` do.
#
# benches/registers.rs writes the input, runs this script in a process of its own for each peer,
# form and task, compares what comes out with klero's, and prints times, ratios and memory:
#
#     python3 -m venv peers && peers/bin/pip install polars duckdb numpy
#     KLERO_PYTHON=$PWD/peers/bin/python cargo bench --bench registers
#
# By hand: register.py polars|duckdb natural|best ingest|outcomes|both FOLDER
#
# `natural` is what the peer's documentation leads to: the wide table made long, runs by window
# functions. `best` is the fastest form found: polars reads numbers, and numpy finds the runs in the
# matrix; DuckDB reads each line as one text, and finds the runs in a list a person.
#
# The folder has wide.csv (key; weeks; months), dates.csv (referral, date), codes.csv (codes that
# count) and, for `outcomes`, spells.parquet (key, first, weeks, code). Prints seconds, seconds of
# all cores together, and the most memory held in MB. Importing the peer, and writing CSV to be
# compared, is not timed.
import csv
import resource
import sys
import time

PEER, FORM, TASK, FOLDER = sys.argv[1:]
WIDE, DATES = f"{FOLDER}/wide.csv", f"{FOLDER}/dates.csv"
CODES = [row["code"] for row in csv.DictReader(open(f"{FOLDER}/codes.csv"))]
ENDS = {"999": "dead", "997": "abroad", "998": "pension"}
HEADER = open(WIDE).readline().rstrip("\n").split(";")
WEEKS = [name for name in HEADER if name.startswith("y_")]
SHORT, LONG = 52, 104


def cores():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


started = time.perf_counter(), cores()


def finish(spells, outcomes):
    seconds, used = time.perf_counter() - started[0], cores() - started[1]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(f"{seconds:.3f}\t{used:.3f}\t{peak:.0f}", flush=True)
    if spells is not None:
        spells(f"{FOLDER}/spells-{PEER}-{FORM}.csv")
    if outcomes is not None:
        outcomes(f"{FOLDER}/outcomes-{PEER}-{FORM}.csv")


def of_polars():
    import numpy as np
    import polars as pl

    global started
    started = time.perf_counter(), cores()

    def natural():
        wide = pl.read_csv(WIDE, separator=";", infer_schema=False)
        number = pl.DataFrame({"column": WEEKS, "week": range(len(WEEKS))})
        long = wide.select([HEADER[0], *WEEKS]).unpivot(
            index=HEADER[0], variable_name="column", value_name="code"
        )
        long = long.join(number, on="column").sort(HEADER[0], "week")
        changed = (pl.col("code") != pl.col("code").shift()).fill_null(True) | (
            pl.col(HEADER[0]) != pl.col(HEADER[0]).shift()
        ).fill_null(True)
        return (
            long.with_columns(pl.col("code").fill_null(""))
            .with_columns(run=changed.cum_sum())
            .group_by("run", maintain_order=True)
            .agg(
                key=pl.col(HEADER[0]).first(),
                first=pl.col("week").first(),
                weeks=pl.len().cast(pl.Int64),
                code=pl.col("code").first(),
            )
            .drop("run")
        )

    def best():
        types = {name: pl.Int16 for name in WEEKS} | {HEADER[0]: pl.String}
        wide = pl.read_csv(
            WIDE, separator=";", columns=[HEADER[0], *WEEKS], schema_overrides=types, infer_schema_length=0
        ).sort(HEADER[0])
        matrix = wide.select(WEEKS).fill_null(0).to_numpy()
        change = np.ones(matrix.shape, dtype=bool)
        np.not_equal(matrix[:, 1:], matrix[:, :-1], out=change[:, 1:])
        person, first = np.nonzero(change)
        end = np.append(first[1:], 0)
        end[np.append(person[1:] != person[:-1], True)] = matrix.shape[1]
        code = pl.Series(matrix[person, first])
        return pl.DataFrame(
            {
                "key": wide[HEADER[0]][person],
                "first": first,
                "weeks": end - first,
                "code": pl.select(
                    pl.when(code == 0).then(pl.lit("")).otherwise(code.cast(pl.String).str.zfill(3))
                ).to_series(),
            }
        )

    def outcomes(spells):
        dates = pl.scan_csv(DATES, schema_overrides={"referral": pl.String}, try_parse_dates=True)
        zero = (pl.col("date") - pl.date(1991, 8, 5)).dt.total_days() // 7
        dates = dates.select(key="referral", zero=zero)
        both = spells.lazy().join(dates, on="key")
        last = pl.col("first") + pl.col("weeks") - 1
        begin = pl.max_horizontal("first", pl.col("zero") + 1)
        inside = pl.min_horizontal(last, pl.col("zero") + SHORT) - begin + 1
        counts = pl.col("code").is_in(CODES)
        ends = pl.col("code").is_in(list(ENDS))
        met = (counts | ends) & (begin <= pl.min_horizontal(last, pl.col("zero") + LONG))
        event = both.filter(met).group_by("key").agg(
            first=(begin - pl.col("zero")).min(),
            code=pl.col("code").sort_by("first").first(),
        )
        weeks = both.group_by("key").agg(
            weeks=pl.when(counts).then(pl.max_horizontal(inside, 0)).otherwise(0).sum()
        )
        status = pl.col("code").replace_strict(ENDS, default="event")
        return (
            weeks.join(event, on="key", how="left")
            .with_columns(
                status=pl.when(pl.col("code").is_null()).then(pl.lit("censored")).otherwise(status),
                first=pl.col("first").fill_null(LONG),
            )
            .select("key", "weeks", "first", "status")
            .sort("key")
            .collect()
        )

    spells = None
    if TASK != "outcomes":
        spells = natural() if FORM == "natural" else best()
    made = None
    if TASK != "ingest":
        if spells is not None:
            read = spells
        elif FORM == "natural":
            read = pl.read_parquet(f"{FOLDER}/spells.parquet")
        else:
            read = pl.scan_parquet(f"{FOLDER}/spells.parquet")
        made = outcomes(read)
    finish(
        spells is not None and (lambda path: spells.sort("key", "first").write_csv(path)) or None,
        made is not None and made.write_csv or None,
    )


def of_duckdb():
    import duckdb

    global started
    started = time.perf_counter(), cores()
    db = duckdb.connect()
    weeks = ", ".join(WEEKS)
    key = HEADER[0]
    if TASK != "outcomes" and FORM == "natural":
        db.execute(
            f"""
            create table wide as select * from read_csv('{WIDE}', delim=';', header=true, all_varchar=true);
            create table number as
              select unnest({WEEKS}) as col, unnest(range({len(WEEKS)})) as week;
            create table spells as
            with long as (
              select {key} as key, week, coalesce(code, '') as code
              from (select {key}, {weeks} from wide)
                unpivot include nulls (code for col in ({weeks}))
              join number using (col)
            ), marked as (
              select *, case when code is distinct from lag(code) over (partition by key order by week)
                        then 1 else 0 end as change from long
            ), runs as (
              select *, sum(change) over (partition by key order by week) as run from marked
            )
            select key, min(week) as first, count(*) as weeks, any_value(code) as code
            from runs group by key, run
            """
        )
    elif TASK != "outcomes":
        n = len(WEEKS)
        db.execute(
            f"""
            create table spells as
            with rows as (
              select string_split(line, ';') as cells
              from read_csv('{WIDE}', columns={{'line': 'varchar'}}, delim='\\x01', quote='', escape='',
                            header=true, auto_detect=false, max_line_size=10000000)
            ), changes as (
              select cells[1] as key, cells[2:{n + 1}] as codes,
                list_filter(range(1, {n + 1}), lambda i: i = 1 or cells[i + 1] <> cells[i]) as starts
              from rows
            ), runs as (
              select key, codes, starts, unnest(range(1, len(starts) + 1)) as k from changes
            )
            select key, starts[k] - 1 as first,
              coalesce(starts[k + 1], {n + 1}) - starts[k] as weeks, codes[starts[k]] as code
            from runs
            """
        )
    if TASK == "outcomes":
        create = "create table" if FORM == "natural" else "create view"
        db.execute(f"{create} spells as select * from read_parquet('{FOLDER}/spells.parquet')")
    if TASK != "ingest":
        codes = ", ".join(f"'{code}'" for code in CODES)
        ends = ", ".join(f"'{code}'" for code in ENDS)
        status = " ".join(f"when end_code = '{code}' then '{name}'" for code, name in ENDS.items())
        met = f"code in ({codes}, {ends}) and start <= least(last, zero + {LONG})"
        db.execute(
            f"""
            create table outcomes as
            with dated as (
              select key, first, first + weeks - 1 as last, code,
                datediff('day', date '1991-08-05', date) // 7 as zero
              from spells
              join read_csv('{DATES}', types={{'referral': 'varchar', 'date': 'date'}}) on key = referral
            ), placed as (select *, greatest(first, zero + 1) as start from dated),
            measured as (
              select key,
                sum(case when code in ({codes})
                  then greatest(0, least(last, zero + {SHORT}) - start + 1) else 0 end) as weeks,
                min(start - zero) filter ({met}) as first,
                arg_min(code, first) filter ({met}) as end_code
              from placed group by key
            )
            select key, weeks, coalesce(first, {LONG}) as first,
              case when end_code is null then 'censored' {status} else 'event' end as status
            from measured order by key
            """
        )

    def dump(query):
        return lambda path: db.execute(f"copy ({query}) to '{path}' (header, delimiter ',')")

    finish(
        TASK != "outcomes" and dump("select * from spells order by key, first") or None,
        TASK != "ingest" and dump("select * from outcomes order by key") or None,
    )


{"polars": of_polars, "duckdb": of_duckdb}[PEER]()
