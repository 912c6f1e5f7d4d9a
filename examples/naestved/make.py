#!/usr/bin/env python3
"""Invents the people of this example.

    python3 make.py

The same bytes come out on every run: lots are digests of words. The published figures are dealt
out, so many persons to each, by lot; nothing is simulated, and nobody is taken from anything real.
Nothing is drawn in this study, so there is no ledger to make.
"""

import datetime as dt
import hashlib
import pathlib

HERE = pathlib.Path(__file__).resolve().parent
STUDY = "naestved-2017"
STARTED, COMPLETED = 195, 148
FIRST_START, STARTS = dt.date(2017, 8, 14), 17  # a course begins every fourth Monday
FIRST, LAST = (2017, 20), (2019, 52)  # weeks of the register

# What becomes of the 148 who completed: 33 with paid hours and 21 in education, of whom two are in
# both, are the 52. Of the others nobody is in either.
COMPLETERS = dict(job=12, lost=4, flex=4, subsidy=2, hours=9, both=2, study=19, own=4)
LEAVERS = dict(dead=1, abroad=1, own=2)


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


def number(year, week):
    return dt.date.fromisocalendar(year, week, 1).toordinal() // 7


def thursday(week):
    return dt.date.fromordinal(week * 7 + 4)


def month_of(week):
    return thursday(week).strftime("%Y_%m")


WEEKS = range(number(*FIRST), number(*LAST) + 1)


class Person:
    """Somebody who started; `code` and `paid` are by week, 0 being that of the start."""

    def __init__(self, n, fate, completed):
        lot = Lot("person", n)
        self.id, self.completed = f"n-{n:03}", completed
        self.start = FIRST_START + dt.timedelta(weeks=4 * ((n - 1) * STARTS // STARTED))
        self.sex, self.age = lot.pick(["kvinde", "mand"]), lot.between(18, 40) + lot.between(0, 20)
        # Under 30 without an education is another benefit.
        young = self.age < 30 and lot.below(3)
        self.family = "72" if young else lot.pick(["73"] * 5 + ["81", "87", "70"])
        self.industry = lot.pick(["471120", "561110", "812100", "879020", "494100"])
        length = lot.between(16, 22) if completed else lot.between(2, 12)
        self.end = self.start + dt.timedelta(weeks=length)
        self.zero = self.start.toordinal() // 7
        self.code, self.paid = {}, {}
        self.live(fate, length, lot)

    def live(self, fate, length, lot):
        week, end = WEEKS[0] - self.zero, WEEKS[-1] - self.zero
        while week <= end:  # benefit, passive and with guidance
            week += self.put(week, lot.between(6, 24), self.family + "0")
            week += self.put(week, lot.between(3, 9), self.family + "3")
        if lot.below(3):  # something else before the benefit
            before = WEEKS[0] - self.zero
            if before + 6 < -12:
                self.put(before, lot.between(4, -12 - before), "", paid=lot.below(2))
        # The course is guidance and, for most, a placement.
        self.put(1, length, self.family + "3")
        if length > 12 and lot.below(4):
            self.put(lot.between(4, length - 8), lot.between(4, 8), self.family + lot.pick("78"))
        begin = lot.between(max(length + 1, 14), 42)
        if fate == "job":
            # Some of these jobs end, but after the first year.
            self.put(begin, end if lot.below(4) else 52 - begin + lot.between(4, 16), "", paid=True)
        elif fate == "lost":
            self.put(begin, lot.between(3, 9), "", paid=True)
        elif fate == "flex":
            self.put(begin, end, "771", paid=True)
        elif fate == "subsidy":
            self.put(begin, lot.between(8, 26), self.family + lot.pick("56"), paid=True)
        elif fate in ("hours", "both"):
            for week in range(begin, begin + lot.between(5, 20)):
                self.paid[week] = True
        elif fate == "own":
            self.put(begin, end, "")
        elif fate == "abroad":
            self.put(begin, lot.between(12, 20), "997")
        elif fate == "dead":
            self.put(begin, end, "999")
        if fate in ("study", "both"):
            # Ordinary education on benefit, or with the state's grant.
            begin = begin if fate == "study" else begin + 4
            self.put(begin, end, lot.pick([self.family + "4", "651", "651"]))

    def put(self, week, length, code, paid=False):
        """Writes a code into some weeks, as far as the register reaches."""
        for w in range(week, week + length):
            if WEEKS[0] <= w + self.zero <= WEEKS[-1]:
                self.code[w], self.paid[w] = code, paid
        return length


def register(people):
    """A wide DREAM file."""
    months = sorted({month_of(w) for w in WEEKS})
    head = [f"y_{y % 100:02}{w:02}" for y, w, _ in (thursday(w).isocalendar() for w in WEEKS)]
    lines = [";".join(["PNR", *head, *(f"branche_{m}" for m in months)])]
    for p in people:
        paid = {month_of(w) for w in WEEKS if p.paid.get(w - p.zero)}
        lines.append(";".join([p.id, *(p.code[w - p.zero] for w in WEEKS),
                               *(p.industry if m in paid else "" for m in months)]))
    return "\n".join(lines) + "\n"


def write(path, lines):
    path.parent.mkdir(exist_ok=True)
    path.write_text(lines, encoding="utf-8", newline="\n")


def main():
    fates = []
    for completed, count, some in [(True, COMPLETED, COMPLETERS),
                                   (False, STARTED - COMPLETED, LEAVERS)]:
        dealt = [fate for fate, persons in some.items() for _ in range(persons)]
        fates += [(fate, completed) for fate in dealt + [None] * (count - len(dealt))]
    fates = Lot("fates").shuffled(fates)
    people = [Person(n, *fate) for n, fate in enumerate(fates, start=1)]
    write(HERE / "referrals.csv", "referral,date,sex,age\n" + "".join(
        f"{p.id},{p.start},{p.sex},{p.age}\n" for p in people))
    write(HERE / "register/dream.csv", register(people))
    write(HERE / "register/course.csv", "id,slut,gennemfoert\n" + "".join(
        f"{p.id},{p.end},{int(p.completed)}\n" for p in people))


if __name__ == "__main__":
    main()
