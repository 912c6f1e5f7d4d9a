#!/usr/bin/env python3
"""Invents the people of this study and lets klero draw them: `python3 make.py`, klero on the PATH.

Nothing here is taken from anybody. Figures are dealt out and not simulated: so many persons of an
arm get a job, and who and when is drawn by lot from names, so that every run writes the same bytes.
The arms are klero's; this file reads them from the ledger before it invents what came after.
"""

import csv
import hashlib
import io
import json
import os
import subprocess
from datetime import date, datetime, timedelta
from pathlib import Path

HERE = Path(__file__).resolve().parent
STUDY = "traedesten-2019"

# ---------------------------------------------------------------- lots


class Lot:
    """Whole numbers by lot, from SHA-256 of a name and a count."""

    def __init__(self, *names):
        self.name, self.count = "/".join(names), 0

    def below(self, n):
        self.count += 1
        text = f"{STUDY}/{self.name}/{self.count}"
        return int.from_bytes(hashlib.sha256(text.encode()).digest(), "big") % n

    def between(self, low, high):
        return low + self.below(high - low + 1)

    def one(self, items):
        return items[self.below(len(items))]

    def shuffled(self, items):
        items = list(items)
        for i in range(len(items) - 1, 0, -1):
            j = self.below(i + 1)
            items[i], items[j] = items[j], items[i]
        return items


# ---------------------------------------------------------------- who is referred

FACTS = ["phase", "desk", "sex", "age", "visitation", "residence", "under30"]

# Fourteen referrals that a rule turns away. One of the job-ready comes again.
REFUSED = (
    [{"age": 17, "under30": "ja, uden uddannelse"}, {"age": 68}]
    + [{"visitation": "jobparat"}] * 4
    + [{"visitation": "uddannelsesparat", "age": 22, "under30": "ja, uden uddannelse"}]
    + [{"residence": "anden kommune"}] * 3
    + [{"age": age, "under30": "ja, uden uddannelse"} for age in (19, 23, 26, 28)]
)


def person(lot, phase):
    age = lot.one([lot.between(24, 39), lot.between(30, 63), lot.between(36, 63)])
    return {
        "phase": phase,
        "desk": lot.one(["Nord", "Syd"]),
        "sex": lot.one(["kvinde", "mand"]),
        "age": age,
        "visitation": "aktivitetsparat",
        "residence": "København",
        "under30": "nej" if age >= 30 else "ja, med uddannelse",
    }


def working_days(first, last):
    """Days on which somebody is referred: not at weekends, in July, at Christmas, nor in the
    spring of 2020, when the job centres were closed."""
    days = (first + timedelta(n) for n in range((last - first).days + 1))
    return [
        day
        for day in days
        if day.weekday() < 5
        and day.month != 7
        and not (day.month == 12 and day.day > 20)
        and not date(2020, 3, 12) <= day <= date(2020, 5, 26)
    ]


def later(time, days):
    return (datetime.fromisoformat(time[:-1]) + timedelta(days)).isoformat() + "Z"


def developed():
    """The hundred of the development phase, with the day on which each began."""
    lot = Lot("development")
    days = working_days(date(2018, 3, 5), date(2019, 6, 14))
    begun = sorted(lot.one(days) for _ in range(100))
    return [
        {"id": f"u-{n:03}", "date": day.isoformat(), **person(lot, "udvikling")}
        for n, day in enumerate(begun, 1)
    ]


def referred():
    """Whoever is sent to the two desks over two years, in order of time."""
    lot = Lot("referrals")
    days = working_days(date(2019, 9, 2), date(2021, 8, 20))
    times = set()
    while len(times) < 213:
        seconds = lot.between(8 * 3600, 14 * 3600)
        times.add(datetime.combine(lot.one(days), datetime.min.time()) + timedelta(0, seconds))
    times = sorted(times)
    # Somebody of 65, who is pensioned on the way; whoever is turned away is somebody else.
    others = [n for n in range(3, 205) if n != 60]
    refused = dict(zip(sorted(lot.shuffled(others)[:14]), lot.shuffled(REFUSED)))
    rows = []
    for n, time in enumerate(times):
        facts = {"id": f"t-{n + 1:03}", "time": time.isoformat() + "Z", **person(lot, "forsøg")}
        rows.append({**facts, **refused.get(n, {})})
    rows[60]["age"], rows[60]["under30"] = 65, "nej"
    again = next(row for row in rows if row["visitation"] == "jobparat")
    rows.append({**again, "time": later(again["time"], 154), "visitation": "aktivitetsparat"})
    return sorted(rows, key=lambda row: row["time"])


# ---------------------------------------------------------------- the ledger


def klero(*args, time=None, by=None):
    env = dict(os.environ)
    if time:
        env |= {"KLERO_NOW": time, "KLERO_BY": by}
    done = subprocess.run(
        ["klero", *args, "--no-input"], cwd=HERE, env=env, capture_output=True, text=True
    )
    if done.returncode != 0:
        raise SystemExit(f"klero {' '.join(args)}\n{done.stderr}")
    return done.stdout


def draw(rows):
    """Seals, has the hundred refused, draws the others as they come, and records what followed."""
    (HERE / "ledger.jsonl").unlink(missing_ok=True)
    leader = "projektleder"
    klero("seal", "--seed", "seed.key", "--confirm", STUDY, time="2019-08-26T07:00:00Z", by=leader)
    klero("draw", "--list", "development.csv", time="2019-08-26T07:30:00Z", by=leader)
    events = []
    for row in rows:
        facts = [word for fact in FACTS for word in ("--set", f"{fact}={row[fact]}")]
        by = row["desk"].lower()
        events.append((row["time"], by, ("draw", "--referral", row["id"], *facts)))
    drawn = [row for row in rows if not any(differs(row))]
    for n, days, what, *more in [
        (11, 1, "correct", "--set", "sex=" + other_sex(drawn[11]), "--reason", "tastefejl"),
        (30, 24, "withdraw", "--reason", "ønsker ikke at være med længere"),
        (87, 60, "withdraw", "--reason", "ønsker ikke at være med længere"),
        (139, 35, "exclude", "--reason", "boede ikke i København ved henvisningen"),
    ]:
        words = ("record", what, "--referral", drawn[n]["id"], *more)
        events.append((later(drawn[n]["time"], days), leader, words))
    for time, by, words in sorted(events):
        klero(*words, time=time, by=by)
    klero("unseal", "--confirm", STUDY, time="2021-09-06T07:00:00Z", by=leader)


def differs(row):
    """Yields whatever a rule of the plan would turn away."""
    yield row["visitation"] != "aktivitetsparat"
    yield row["residence"] != "København"
    yield row["under30"] == "ja, uden uddannelse"
    yield not 18 <= row["age"] <= 66


def other_sex(row):
    return {"kvinde": "mand", "mand": "kvinde"}[row["sex"]]


# ---------------------------------------------------------------- what became of them

FIRST = date(2017, 1, 2)  # the Monday of the first week of the register
WEEKS = 313  # to 2022-W52
THURSDAYS = [FIRST + timedelta(7 * n + 3) for n in range(WEEKS)]
MONTHS = [(day.year, day.month) for day in THURSDAYS]  # a week belongs to its Thursday's month

# Persons of an arm by what they do in the year after the draw. All invented.
FIGURES = {
    "traedesten": {
        "full": 5, "part": 7, "flex": 5, "small": 14, "subsidy": 3, "brief": 3,
        "education": 5, "resource": 5, "disability": 3, "dead": 1, "abroad": 1, "leave": 3,
    },
    "kontrol": {
        "full": 4, "part": 4, "flex": 2, "small": 9, "subsidy": 2, "brief": 4,
        "education": 5, "resource": 4, "disability": 3, "dead": 1, "abroad": 1, "leave": 4,
    },
    "udvikling": {
        "full": 8, "part": 8, "flex": 6, "small": 15, "subsidy": 3, "brief": 2,
        "education": 4, "resource": 4, "disability": 2, "dead": 0, "abroad": 1, "leave": 2,
    },
}  # fmt: skip
AGES = {"education": (18, 44), "disability": (40, 66)}
JOBS = ["full", "part", "flex", "subsidy"]
# Began in Trædesten: by the arm drawn, and of those in a job or none the number who did not.
STARTED = {"traedesten": 82, "kontrol": 2}
INDUSTRIES = ["471120", "561110", "812100", "879020", "522920", "960120"]


class Life:
    """A person's weeks: the code, and the paid hours of the week."""

    def __init__(self, key, day):
        self.lot = Lot("life", key)
        self.codes, self.hours = [""] * WEEKS, [0.0] * WEEKS
        self.drawn = (day - FIRST).days // 7
        self.second = None  # weeks with a second job beside the first
        self.industry = self.lot.one(INDUSTRIES)

    def fill(self, first, last, code, hours=None):
        """Weeks first to last, of the register, both included."""
        for week in range(max(first, 0), min(last, WEEKS - 1) + 1):
            self.codes[week] = code
            if hours is not None:
                self.hours[week] = hours

    def after(self, first, last, code, hours=None):
        """The same, counted from the draw: week 1 is the week after it."""
        self.fill(self.drawn + first, self.drawn + last, code, hours)

    def on_benefit(self, first, last, passive, active):
        week = first
        while week <= last:
            idle, busy = self.lot.between(8, 34), self.lot.between(4, 13)
            self.fill(week, min(week + idle - 1, last), passive)
            self.fill(week + idle, min(week + idle + busy - 1, last), self.lot.one(active))
            week += idle + busy

    def before(self):
        lot = self.lot
        begun = self.drawn - lot.between(14, 110) - lot.below(170)
        week = 0
        while week < begun:
            length = min(lot.between(12, 60), begun - week)
            code, hours = lot.one([("", 37.0), ("", 25.0), ("", 0.0), ("111", 0.0), ("890", 0.0)])
            self.fill(week, week + length - 1, code, hours)
            week += length
        # What came before is over a while before the benefit begins.
        self.fill(begun - 7, begun - 1, "", 0.0)
        self.on_benefit(max(begun, 0), self.drawn, "730", ["733", "733", "737", "738"])
        if lot.below(4) == 0 and self.drawn - begun > 60:
            gap = self.drawn - lot.between(20, 50)
            self.fill(gap, gap + lot.between(1, 3), "")

    def follow(self, does, leaves, active):
        lot, end = self.lot, WEEKS  # `end` lies beyond the register: it goes on
        self.on_benefit(self.drawn + 1, WEEKS - 1, "730", active)
        first = lot.between(6, 28)
        last = lot.one([end, end, first + lot.between(30, 60)])
        if leaves:
            first = lot.between(27, 38)
            last = first + lot.between(5, 9)
        elif does == "subsidy":
            first = lot.between(15, 30)
            last = first + lot.between(15, 25)
        match does:
            case "full":
                self.after(first, last, "", 37.0)
            case "part":
                self.after(first, last, "", float(lot.between(18, 30)))
            case "flex":
                self.after(first - lot.between(3, 6), first - 1, lot.one(["740", "743"]))
                self.after(first, last, "771", float(lot.between(6, 18)))
                self.after(last + 1, end, "740")
            case "subsidy":
                self.after(first, last, lot.one(["735", "736"]), float(lot.between(20, 32)))
            case "small":
                # Hours beside the benefit: the code stays as it is.
                last = lot.one([end, first + lot.between(24, 50)])
                hours = lot.between(4, 20) / 2
                for week in range(self.drawn + first, min(self.drawn + last + 1, WEEKS)):
                    self.hours[week] = hours
                if lot.below(4) == 0:
                    self.second = (self.drawn + first, 2.5)
            case "brief":
                first = lot.between(3, 17)
                self.after(first, first + 1, "", float(lot.between(20, 37)))
            case "education":
                self.after(first, first + lot.between(20, 45), "651")
            case "resource":
                self.on_benefit(self.drawn + first, WEEKS - 1, "810", ["813", "817"])
            case "disability":
                self.after(first + 10, end, "783")
            case "dead":
                self.after(lot.between(20, 50), end, "999")
            case "abroad":
                self.after(first, first + lot.between(10, 25), "997")
            case "pension":
                self.after(31, end, "998")


def deal(group, members, ages):
    """Returns what each member does, and who of those in a job leaves it early."""
    figures = FIGURES[group]
    order = Lot("deal", group).shuffled(members)
    does = {key: "pension" for key in order if ages[key] == 65}
    rest = [key for key in order if key not in does]
    for kind in [kind for kind in figures if kind != "leave"]:
        for _ in range(figures[kind]):
            low, high = AGES.get(kind, (18, 66))
            chosen = next(key for key in rest if low <= ages[key] <= high)
            rest.remove(chosen)
            does[chosen] = kind
    does |= {key: "none" for key in rest}
    employed = [key for key in order if does[key] in ("full", "part", "flex")]
    return does, set(Lot("leave", group).shuffled(employed)[: figures["leave"]])


def takers(arm, members, does):
    """Returns who began in Trædesten: in the control arm two who should not have."""
    order = Lot("takers", arm).shuffled(members)
    busy = [key for key in order if does[key] in JOBS + ["small"]]
    idle = [key for key in order if key not in busy]
    count = STARTED[arm]
    if arm == "kontrol":
        return set(busy[:1] + idle[: count - 1])
    # Four of those who never came found work all the same.
    return set(busy[4:] + idle[: count - len(busy[4:])])


def write(name, header, rows, separator=","):
    text = io.StringIO()
    out = csv.writer(text, delimiter=separator, lineterminator="\n")
    out.writerow(header)
    out.writerows(rows)
    (HERE / name).write_text(text.getvalue(), encoding="utf-8")


def registers(lives):
    """Writes DREAM, wide, and the employers' monthly hours, one row a job and month."""
    months = sorted(set(MONTHS))
    in_month = {month: MONTHS.count(month) for month in months}
    weeks = [f"y_{d.isocalendar()[0] % 100:02}{d.isocalendar()[1]:02}" for d in THURSDAYS]
    dream, bfl = [], []
    for key, life in sorted(lives.items()):
        paid, second = dict.fromkeys(months, 0.0), dict.fromkeys(months, 0.0)
        for week, hours in enumerate(life.hours):
            paid[MONTHS[week]] += hours / in_month[MONTHS[week]]
            if life.second and hours and week >= life.second[0]:
                second[MONTHS[week]] += life.second[1] / in_month[MONTHS[week]]
        industry = [life.industry if paid[month] else "" for month in months]
        dream.append([key, *life.codes, *industry])
        for (year, month), weekly in [
            (month, jobs[month]) for month in months for jobs in (paid, second) if jobs[month]
        ]:
            # 160.33 hours a month are 37 a week; hourly pay differs a little.
            hours = f"{160.33 * weekly / 37:.2f}"
            wage = round(float(hours) * (128 + int(life.industry) % 23))
            bfl.append([key, year, month, hours.replace(".", ","), wage])
    (HERE / "register").mkdir(exist_ok=True)
    header = [f"branche_{year}_{month:02}" for year, month in months]
    write("register/dream.csv", ["PNR", *weeks, *header], dream, ";")
    write("register/bfl.csv", ["PNR", "aar", "maaned", "timer", "loen"], bfl, ";")


def main():
    people, rows = developed(), referred()
    write("development.csv", ["id", "date", *FACTS], [row.values() for row in people])
    write("referrals.csv", ["id", "time", *FACTS], [row.values() for row in rows])
    draw(rows)
    drawn = json.loads(klero("allocation", "--json"))["allocation"]

    days = {row["referral"]: date.fromisoformat(row["time"][:10]) for row in drawn}
    days |= {row["id"]: date.fromisoformat(row["date"]) for row in people}
    ages = {row["id"]: row["age"] for row in rows + people}
    groups = {arm: [r["referral"] for r in drawn if r["arm"] == arm] for arm in STARTED}
    groups["udvikling"] = [row["id"] for row in people]
    lives, began = {}, {}
    for group, members in groups.items():
        does, leave = deal(group, members, ages)
        more = {"kontrol": ["733", "733", "737"]}.get(group, ["733", "737", "737", "738"])
        for key in members:
            lives[key] = Life(key, days[key])
            lives[key].before()
            lives[key].follow(does[key], key in leave, more)
        if group in STARTED:
            taken = takers(group, members, does)
            began |= {key: int(key in taken) for key in members}
    registers(lives)
    write("takeup.csv", ["id", "begyndt"], sorted(began.items()))


if __name__ == "__main__":
    main()
