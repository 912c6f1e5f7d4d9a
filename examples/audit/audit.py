"""Audit a klero ledger without klero: python3 audit.py LEDGER [--seed FILE] [--head HEX]
Written, like draw.py beside it, from the documentation alone, for Python 3.11 or newer.
Exit 0: the ledger holds; 1: there are findings; 2: it could not be audited."""
import argparse, datetime, itertools, json, re, sys
sys.dont_write_bytecode = True  # an audit leaves nothing behind
from draw import Plan, Stratum, Stream, commitment, complete, master_key, sha

KEYS = {"seal": "format draw study protocol commitment beacon_rule", "beacon": "value",
        "batch": "stratum batch size roster", "draw": "referral stratum slot levels arm( batch)?",
        "member": "referral cluster arm", "refuse": "referral reason", "unseal": "seed",
        "withdraw": "referral reason", "exclude": "referral reason", "table": "slots digest",
        "correct": "referral reason factor from to", "amend": "protocol reason"}
TYPES = {"entry": int, "slot": int, "batch": int, "size": int, "slots": int,
         "stratum": list, "levels": dict}  # the values of the other keys are texts
HEX = "[0-9a-f]{64}"
CPR = "(0[1-9]|[12][0-9]|3[01]|6[1-9]|[78][0-9]|9[01])(0[1-9]|1[0-2])[0-9]{2}[- ]?[0-9]{4}"

def read(line):  # the entry, or nothing where the line has not the form
    try:
        e = json.loads(line)
        text = json.dumps(e, separators=(",", ":"), ensure_ascii=False)
        keys = f"entry prev time by type {KEYS[e['type']]}( clock)?"
        return (text.encode() == line and re.fullmatch(keys, " ".join(e))
                and re.fullmatch(HEX, e.get("seed", "0" * 64)) and e.get("clock", "set") == "set"
                and datetime.datetime.fromisoformat(e["time"][:-1]).isoformat() + "Z" == e["time"]
                and all(type(v) is TYPES.get(k, str) for k, v in e.items()) and e)
    except (ValueError, LookupError, TypeError, RecursionError):
        return None

class Audit:
    def __init__(self, lines, seed):
        self.entries, self.seal, self.findings = [read(line) for line in lines], None, []
        self.heads = ["0" * 64] + [sha(line).hex() for line in lines]
        self.seed = seed or next((e["seed"] for e in self.entries if e and "seed" in e), None)
        self.beacon, self.unsealed, self.n, time = None, False, 0, ""
        self.strata, self.arm_of, self.members, self.listed = {}, {}, set(), set()
        for self.n, e in enumerate(self.entries):
            if self.need(e, "form", "the line is no entry in its canonical form"):
                self.need(e["entry"] == self.n, "number", f"it is numbered {e['entry']}")
                self.need(e["prev"] == self.heads[self.n], "chain", "`prev` is of another line")
                self.need(time <= e["time"], "time", "it is earlier than the entry before")
                time = e["time"]
                self.check(e)
            if not self.seal:
                break  # without a plan there is nothing more to say

    def need(self, holds, rule, message):
        if not holds:
            self.findings.append(f"entry {self.n}: {rule}: {message}")
        return holds

    def plan_of(self, e):
        try:
            return Plan(e["protocol"])
        except (ValueError, LookupError, TypeError) as fault:
            self.need(False, "protocol", f"the plan cannot be read: {fault!r}")

    def commits(self, seed):
        return self.need(commitment(self.seal["study"], seed) == self.seal["commitment"],
                         "commitment", "the seed is not the one that was committed to")

    def check(self, e):
        need, who = self.need, e.get("referral", "")
        need(not re.fullmatch(CPR, who), "id", "it has the shape of a CPR number")
        match e["type"]:
            case kind if (kind == "seal") != (self.n == 0):
                need(False, "seal", "the first entry is a seal, and no other")
            case "seal" if plan := self.plan_of(e):
                self.seal, self.sealed, self.plan = e, plan, plan
                need((e["format"], e["draw"]) == ("klero-ledger-1", "klero-draw-1"), "seal",
                     f"it is sealed as {e['format']} and {e['draw']}")
                need(e["study"] == plan.study, "protocol", f"the plan is of {plan.study}")
                if self.seed and not self.commits(self.seed):
                    self.seed = None  # and no arm is derived
            case "beacon":
                if need(self.seal["beacon_rule"] and self.beacon is None, "beacon",
                        "there is no rule, or there was a value"):
                    self.beacon = e["value"]
            case "batch" | "draw":
                at = self.strata.setdefault(str(e["stratum"]), Stratum(self.sealed, e["stratum"]))
                master = self.seed and master_key(self.seal, self.seed, self.beacon or "")
                self.batch(e, at, master) if e["type"] == "batch" else self.draw(e, at, master)
            case "member":
                need(self.sealed.cluster and self.arm_of.get(e["cluster"]) == e["arm"], "member",
                     "it has not the arm of a cluster that was drawn")
                need(who not in self.members, "duplicate", f"{who} is drawn a second time")
                self.members.add(who)
            case "refuse":
                need(e["reason"] in [rule["label"] for rule in self.plan.eligible],
                     "eligibility", f"refused for {e['reason']}, which is no rule in force")
            case "withdraw" | "exclude" | "correct":
                need(who in self.members or who in self.arm_of, "afterwards", "nobody drawn")
            case "amend" if plan := self.plan_of(e):
                need(plan.fixed == self.sealed.fixed, "amend", "it changes what was sealed")
                self.plan = plan
            case "unseal":
                need(not self.unsealed, "unseal", "a second unsealing")
                self.unsealed = self.commits(e["seed"]) or True

    def batch(self, e, at, master):
        need, size, plan, key = self.need, e["size"], self.sealed, (e["stratum"], e["batch"])
        need(plan.rule["procedure"] == "complete", "batch", "the plan draws no lists")
        need(e["batch"] == at.batches, "batch", f"batch {e['batch']} where {at.batches} follows")
        need(size == sum(plan.counts or [size]), "batch", f"{size} is not the sum of the counts")
        follow = [*itertools.takewhile(
            lambda d: d and d["type"] == "draw" and (d["stratum"], d.get("batch")) == key,
            self.entries[self.n + 1:self.n + 1 + size])]
        self.listed.update(range(self.n + 1, self.n + 1 + len(follow)))
        at.batches, at.row, ids = at.batches + 1, [], [d["referral"].encode() for d in follow]
        need(ids == sorted(ids), "slot", "the draws are not in the order of the sorted ids")
        if need(len(ids) == size, "batch", f"{len(ids)} draws in a batch of {size}: not derived"):
            roster = sha(b"".join(i + b"\n" for i in sorted(ids))).hex()
            need(e["roster"] == roster, "roster", "it is not that of the drawn ids")
            if master:
                at.row = complete(Stream(master, "batch", *key), size, plan.ratio, plan.counts)

    def draw(self, e, at, master):
        need, who, listed = self.need, e["referral"], self.sealed.rule["procedure"] == "complete"
        need(not self.unsealed, "unseal", "a draw after the seed was revealed")
        need(self.beacon is not None or not self.seal["beacon_rule"], "beacon", "drawn before it")
        need(who not in self.arm_of, "duplicate", f"{who} is drawn a second time")
        need(e["slot"] == at.slot, "slot", f"slot {e['slot']} where {at.slot} follows")
        need((self.n in self.listed) == ("batch" in e) == listed, "batch", "outside its batch")
        for rule, message in self.plan.faults(e["levels"], e["stratum"]):
            need(False, rule, message)
        derived = at.follow(master, e["arm"], e["levels"])
        need(e["arm"] in ([derived] if derived else self.sealed.arms), "arm",
             f"{e['arm']}, and the draw gives {derived or 'no such arm'}")
        self.arm_of[who] = e["arm"]

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
for name in "ledger", "--seed", "--head":
    parser.add_argument(name)
args = parser.parse_args()
try:
    *lines, tail = open(args.ledger, "rb").read().split(b"\n")
    seed = open(args.seed).read().removesuffix("\n") if args.seed else None
    if not all(re.fullmatch(HEX, text) for text in (seed, args.head) if text is not None):
        raise ValueError("a seed and a head are 64 lower-case hexadecimal digits")
    audit = Audit(lines, seed)
except (OSError, ValueError, LookupError, TypeError) as problem:
    parser.error(f"it could not be audited: {problem!r}")  # exit code 2
audit.need(audit.seal or audit.findings, "seal", "there is no entry")
audit.need(not tail, "torn", "the line after it has no end")
audit.need(args.head in (None, *audit.heads[1:]), "head", "it is the digest of no line")
notes = [] if audit.seed else ["no seed that was committed to: the arms were not derived"]
verdict = (f"{len(audit.findings)} findings" if audit.findings else
           f"holds: {len(lines)} entries, {len(audit.arm_of)} draws, head {audit.heads[-1]}")
print(*audit.findings, *notes, verdict, sep="\n")
sys.exit(1 if audit.findings else 0)
