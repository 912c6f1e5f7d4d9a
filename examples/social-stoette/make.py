#!/usr/bin/env python3
"""Invents the people of this example, and makes its ledger with klero.

    python3 make.py            # klero must be on the PATH

The same bytes come out on every run: lots are digests of words, and klero's clock is set. The
published figures are dealt out, so many persons to each, by lot; nothing is simulated, and
nobody is taken from anything real. It goes as the study would have gone: at each day of draws the
register reaches to the week before, klero computes the history of those referred, and draws them.
What comes after a draw is invented last, and by arm.
"""

import datetime as dt
import hashlib
import itertools
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
STUDY = "social-stoette-2018"

# About so many are to be drawn in each municipality; the number is moved to where the arms are
# equal, and all together are 200.
PLACES = {"Brøndby": 46, "Hjørring": 42, "Odsherred": 32, "Svendborg": 44, "Tønder": 36}
# Days on which lists are drawn, and the share of each municipality's people on them.
DAYS = {"2018-03-05": 0.3, "2018-04-09": 0.3, "2018-05-07": 0.25, "2018-06-04": 0.15}
# Drawn one by one at the desk in Tønder, some days after the first list.
DESK_DAY, DESK, DESK_PLACE = "2018-03-08", 3, "Tønder"
FIRST, LAST = (2015, 1), (2019, 26)  # weeks of the register

# What becomes of the 100 of each arm. `job` is employment in week 52.
ARMS = {
    "stoette": dict(job=20, lost=8, subsidy=8, flex=5, study=3, own=3, hours=7, abroad=1, dead=0,
                    placed=80, start=49, end=57, no_start=4, no_end=8),
    "kontrol": dict(job=11, lost=6, subsidy=5, flex=3, study=3, own=4, hours=5, abroad=0, dead=1,
                    placed=41, start=50, end=54, no_start=4, no_end=16),
}


class Lot:
    """Lots that follow from words alone."""

    def __init__(self, *words):
        self.words, self.count = "/".join(map(str, (STUDY, *words))), 0

    def below(self, n):
        self.count += 1
        digest = hashlib.sha256(f"{self.words}/{self.count}".encode()).digest()
        return int.from_bytes(digest[:8], "big") % n

    def between(self, low, high):
        return low + self.below(high - low + 1)

    def pick(self, things):
        return things[self.below(len(things))]

    def shuffled(self, things):
        return [things[i] for _, i in sorted((self.below(2**60), i) for i in range(len(things)))]


def week_of(day):
    year, week, _ = dt.date.fromisoformat(day).isocalendar()
    return number(year, week)


def number(year, week):
    return dt.date.fromisocalendar(year, week, 1).toordinal() // 7


def thursday(week):
    return dt.date.fromordinal(week * 7 + 4)


def month_of(week):
    return thursday(week).strftime("%Y_%m")


WEEKS = range(number(*FIRST), number(*LAST) + 1)


class Person:
    """A referred person; `code` and `paid` are by week."""

    def __init__(self, id, day, place, young=False, short=False):
        lot = Lot("person", id)
        self.id, self.day, self.place = id, day, place
        self.eligible = not young and not short
        self.sex = lot.pick(["kvinde", "mand"])
        age = lot.between(22, 29) if young else lot.between(30, 44) + lot.between(0, 16)
        born = dt.date.fromisoformat(day) - dt.timedelta(days=age * 365 + age // 4 + 1)
        self.born = (born - dt.timedelta(days=lot.below(340))).isoformat()
        self.family = lot.pick(["73"] * 6 + ["81"] * 2 + ["87", "74"])
        self.industry = lot.pick(["471120", "561110", "812100", "879020", "494100", "522400"])
        self.code, self.paid = {}, {}
        self.live_before(52 + lot.below(140) if not short else 8 + lot.below(43), lot)

    def live_before(self, count, lot):
        """Fills the weeks up to that of the draw, backwards: `count` weeks on benefit, then
        something else, then life as it may be."""
        week = week_of(self.day)
        self.put(week, 1, self.family + "0")
        week -= 1
        if count >= 150:  # a third has been on benefit since before the register begins
            count = len(WEEKS)
        while count > 0 and week >= WEEKS[0]:
            kind, length = lot.pick(["0", "0", "3", "3", "7"]), lot.between(4, 22)
            length = min(length if kind != "7" else min(length, 13), count)
            week -= self.put(week - length + 1, length, self.family + kind)
            count -= length
            if count > 0 and lot.below(6) == 0:  # an interruption that the plan bridges
                gap = lot.between(1, 4)
                week -= self.put(week - gap + 1, gap, "", paid=lot.below(2) == 0)
        kinds = ["job", "own", "651"]  # what came before the benefit is no benefit
        while week >= WEEKS[0]:
            kind, length = lot.pick(kinds), lot.between(8, 40)
            code = {"job": "", "own": ""}.get(kind, kind)
            week -= self.put(week - length + 1, length, code, paid=kind == "job")
            kinds = ["job", "job", "own", "111", "890", "651"]

    def put(self, week, length, code, paid=False):
        """Writes a code into some weeks, as far as the register reaches."""
        for w in range(week, week + length):
            if WEEKS[0] <= w <= WEEKS[-1]:
                self.code[w], self.paid[w] = code, paid
        return length

    def live_after(self, fate, placed, lot):
        """Fills the weeks after that of the draw."""
        zero, end = week_of(self.day), WEEKS[-1]
        rest = end - zero
        week = zero + 1
        while week <= end:  # benefit, passive and with guidance
            week += self.put(week, lot.between(6, 26), self.family + "0")
            week += self.put(week, lot.between(3, 9), self.family + "3")
        begin = {"job": lot.between(14, 46), "lost": lot.between(14, 34),
                 "subsidy": lot.between(14, 36), "flex": lot.between(20, 48),
                 "study": lot.between(20, 44), "own": lot.between(16, 44),
                 "hours": lot.between(8, 36), "abroad": lot.between(24, 36),
                 "dead": lot.between(20, 44)}.get(fate, 45)
        if placed:
            at, kind = lot.between(2, min(begin - 8, 32)), lot.pick("78")
            first = lot.between(4, min(13, begin - at - 1))
            self.put(zero + at, first, self.family + kind)
            again = at + first + lot.between(3, 8)
            if begin - again > 6 and lot.below(2):
                self.put(zero + again, lot.between(4, 6), self.family + kind)
        start = zero + begin
        if fate == "job":
            # Some of these jobs end, but after the week that is looked at.
            length = rest if lot.below(5) else 52 - begin + lot.between(3, 8)
            self.put(start, length, "", paid=True)
        elif fate == "lost":
            self.put(start, lot.between(3, 14), "", paid=True)
        elif fate == "subsidy":
            self.put(start, lot.between(8, 26), self.family + lot.pick("56"), paid=True)
        elif fate == "flex":
            self.put(start, rest, "771", paid=True)
        elif fate == "study":
            self.put(start, rest, "651")
        elif fate == "own":
            self.put(start, rest, "")
        elif fate == "hours":
            for w in range(start, start + lot.between(6, 16)):
                self.paid[w] = True
        elif fate == "abroad":
            self.put(start, lot.between(12, 20), "997")
        elif fate == "dead":
            self.put(start, rest, "999")


def register(people, last):
    """A wide DREAM file that ends with the week `last`; months end with the last whole one."""
    weeks = [w for w in WEEKS if w <= last]
    months = sorted({month_of(w) for w in weeks})
    if month_of(last + 1) == months[-1]:
        months.pop()
    head = [f"y_{y % 100:02}{w:02}" for y, w, _ in (thursday(w).isocalendar() for w in weeks)]
    lines = [";".join(["PNR", *head, *(f"branche_{m}" for m in months)])]
    for p in sorted(people, key=lambda p: p.id):
        paid = {month_of(w) for w in weeks if p.paid.get(w)}
        lines.append(";".join([p.id, *(p.code.get(w, "") for w in weeks),
                               *(p.industry if m in paid else "" for m in months)]))
    return "\n".join(lines) + "\n"


def write(path, text):
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


def klero(folder, *words, now, by="sekretariat"):
    env = dict(os.environ, KLERO_NOW=now, KLERO_BY=by)
    done = subprocess.run(["klero", "--quiet", "--no-input", *words], cwd=folder, env=env,
                          capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"klero {' '.join(words)}\n{done.stdout}{done.stderr}")
    return done.stdout


def seal(folder):
    klero(folder, "seal", "--seed", "seed.key", "--confirm", STUDY, now="2018-02-26T09:00:00Z")


def entries(folder, type):
    lines = (folder / "ledger.jsonl").read_text(encoding="utf-8").splitlines()
    return [entry for entry in map(json.loads, lines) if entry["type"] == type]


def sizes(folder):
    """How many are drawn in each municipality: near the number wished for, with equal arms. Only
    whoever has the seed can know this beforehand, and who makes up an example has it."""
    shutil.copytree(HERE, folder, ignore=lambda *_: ["ledger.jsonl", "derived"])
    seal(folder)
    rows = [f"{place[0]}{n:02},{place},mand,40,60" for place in PLACES for n in range(60)]
    write(folder / "list.csv", "id,municipality,sex,age,benefit_weeks\n" + "\n".join(rows) + "\n")
    klero(folder, "draw", "--list", "list.csv", now="2018-03-05T09:00:00Z")
    balanced = []
    for place, wish in PLACES.items():
        arms = [e["arm"] for e in entries(folder, "draw") if e["stratum"] == [place]]
        even = [n for n in range(2, 60) if arms[:n].count("stoette") * 2 == n]
        balanced.append(sorted(even, key=lambda n: abs(n - wish))[:6])
    fits = [c for c in itertools.product(*balanced) if sum(c) == sum(PLACES.values())]
    best = min(fits, key=lambda c: sum(abs(n - w) for n, w in zip(c, PLACES.values())))
    return dict(zip(PLACES, best))


def refer(sizes):
    """Everybody who is referred, in the order of their ids: those to be drawn and some who are
    not eligible."""
    people, left = [], dict(sizes)

    def add(day, place, **kind):
        people.append(Person(f"s-{len(people) + 1:03}", day, place, **kind))

    for day, share in DAYS.items():
        lot, coming = Lot("day", day), []
        for place, size in sizes.items():
            desk = DESK - 1 if place == DESK_PLACE else 0
            today = round((size - desk) * share) if day != max(DAYS) else left[place]
            left[place] -= today
            coming += [(place, {})] * today
            if lot.below(4):
                coming.append((place, lot.pick([dict(young=True), dict(short=True),
                                                dict(short=True), dict(young=True, short=True)])))
        for place, kind in lot.shuffled(coming):
            add(day, place, **kind)
        if day == min(DAYS):
            for n in range(DESK):
                add(DESK_DAY, DESK_PLACE, **(dict(short=True) if n == 1 else {}))
            left[DESK_PLACE] -= DESK - 1
    return people


def answers(people, arms, withdrawn):
    """Answers of the survey, in steps of four: means are exactly those of the arm, over those who
    answered twice and over all who answered at the end. Whoever withdrew gave no second answer."""
    start, end = {}, {}

    def deal(ids, mean, low, high, values, lot):
        assert mean * len(ids) % 4 == 0
        while (surplus := sum(values[i] for i in ids) - mean * len(ids)) != 0:
            step, i = (-4 if surplus > 0 else 4), lot.pick(ids)
            if low <= values[i] + step <= high:
                values[i] += step

    for arm, f in ARMS.items():
        lot = Lot("survey", arm)
        ids = lot.shuffled([p.id for p in people if arms.get(p.id) == arm and p.fate != "dead"])
        ids.sort(key=lambda id: id not in withdrawn)
        silent = ids[:f["no_end"] - f["dead"]]
        late = ids[len(silent):len(silent) + f["no_start"]]
        both = ids[len(silent) + len(late):]
        for i in ids:
            well = 4 * (sum(lot.below(9) for _ in range(3)))
            start[i] = min(96, max(4, well))
            end[i] = min(100, max(4, start[i] // 8 * 4 + 20 + 4 * lot.between(-4, 6)))
        deal(both, f["start"], 4, 96, start, lot)
        deal(both, f["end"], 4, 100, end, lot)
        deal(late, f["end"], 4, 100, end, lot)
        for i in silent:
            del end[i]
        for i in late:
            del start[i]
    lot = Lot("survey", "others")  # who was refused, and who died, answered the first time only
    for p in people:
        if p.id not in start and p.id not in end:
            start[p.id] = 4 * sum(lot.below(9) for _ in range(3)) or 4
    return start, end


def survey(people, start, end):
    rows = [f"{p.id},{start.get(p.id, '')},{end.get(p.id, '')}" for p in people]
    return "id,trivsel_start,trivsel_slut\n" + "\n".join(rows) + "\n"


def screen(folder, people, day, now):
    """What was done on a day of draws: the register as delivered, klero's history, a list."""
    write(folder / "register/dream.csv", register(people, week_of(day) - 1))
    # The first answers are there; a plan with a survey needs its file.
    write(folder / "register/survey.csv", "id,trivsel_start,trivsel_slut\n"
          + "".join(f"{p.id},48,\n" for p in people))
    write(folder / "dates.csv", "referral,date\n" + "".join(f"{p.id},{p.day}\n" for p in people))
    klero(folder, "ingest", now=now)
    klero(folder, "outcomes", "--dates", "dates.csv", "--out", "history.csv", "--force", now=now)
    done = subprocess.run(["awk", "-f", HERE / "screen.awk", "history.csv", HERE / "referrals.csv"],
                          cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


def draw_all(folder, people):
    """The draws, day by day, as they would have been made."""
    for name in ["study.toml", "seed.key"]:
        folder.mkdir(exist_ok=True)
        shutil.copy(HERE / name, folder)
    seal(folder)
    for day in sorted({*DAYS, DESK_DAY}):
        now = f"{day}T09:30:00Z"
        text = screen(folder, [p for p in people if p.day == day], day, now)
        write(HERE / f"intake/{day}.csv", text)
        if day != DESK_DAY:
            klero(folder, "draw", "--list", HERE / f"intake/{day}.csv", now=now)
        else:
            head, *rows = (line.split(",") for line in text.splitlines())
            for minute, row in enumerate(rows):
                facts = [w for f, v in zip(head[1:], row[1:]) for w in ("--set", f"{f}={v}")]
                klero(folder, "draw", "--referral", row[0], *facts, by="toender",
                      now=f"{day}T10:{15 * minute:02}:00Z")
        if day == "2018-05-07":
            gone = {e["arm"]: e["referral"] for e in reversed(entries(folder, "draw")[:40])}
            for arm, reason in [("kontrol", "ønsker ikke at være med længere"),
                                ("stoette", "flyttet til en anden kommune")]:
                klero(folder, "record", "withdraw", "--referral", gone[arm], "--reason", reason,
                      now="2018-05-15T12:00:00Z")
    klero(folder, "unseal", "--confirm", STUDY, now="2018-06-08T14:00:00Z")
    shutil.copy(folder / "ledger.jsonl", HERE)


def main():
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        people = refer(sizes(scratch / "rehearsal"))
        write(HERE / "referrals.csv", "id,date,municipality,sex,born\n" + "".join(
            f"{p.id},{p.day},{p.place},{p.sex},{p.born}\n" for p in people))
        draw_all(scratch / "study", people)

    arms = {e["referral"]: e["arm"] for e in entries(HERE, "draw")}
    withdrawn = {e["referral"] for e in entries(HERE, "withdraw")}
    assert sorted(arms) == [p.id for p in people if p.eligible]
    for arm, f in ARMS.items():
        lot = Lot("fates", arm)
        drawn = [p for p in people if arms.get(p.id) == arm]
        assert len(drawn) == 100
        fates = [fate for fate in ["job", "lost", "subsidy", "flex", "study", "own", "hours",
                                   "abroad", "dead"] for _ in range(f[fate])]
        drawn = lot.shuffled(drawn)
        for p, fate in itertools.zip_longest(drawn, fates):
            p.fate = fate
        alive = lot.shuffled([p for p in drawn if p.fate != "dead"])
        placed = {p.id for p in alive[:f["placed"]]}
        for p in drawn:
            p.live_after(p.fate, p.id in placed, Lot("after", p.id))
    for p in people:
        if p.id not in arms:  # refused: life goes on as it was
            p.live_after(None, False, Lot("after", p.id))
    write(HERE / "register/dream.csv", register(people, WEEKS[-1]))
    write(HERE / "register/survey.csv", survey(people, *answers(people, arms, withdrawn)))


if __name__ == "__main__":
    main()
