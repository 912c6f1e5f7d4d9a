"""Audit a klero ledger without klero: python3 audit.py LEDGER [--seed FILE] [--head HEX]
Chain, commitment and every arm; written from docs/specification.md alone, for Python 3.11 or newer.
Exit 0: the ledger holds; 1: there are findings; 2: it could not be audited."""
import argparse, collections, hashlib, hmac, itertools, json, struct, sys, tomllib
QUARTERS = [(i, 4 + (i + d) % 4, 8 + (i + 2 * d) % 4, 12 + (i + 3 * d) % 4)
            for d in (0, 1) for i in range(4)]  # four columns, then four diagonals
sha = lambda data: hashlib.sha256(data).digest()
repeat = lambda counts: [j for j, n in enumerate(counts) for _ in range(n)]  # 0s, then 1s, …
def enc(*fields):
    raw = [f if isinstance(f, bytes) else str(f).encode() for f in fields]
    return b"".join(len(f).to_bytes(4, "big") + f for f in raw)
def chacha20(key, mask=2**32 - 1):  # the words of the keystream
    for n in itertools.count():
        x = [*struct.unpack("<12I", b"expand 32-byte k" + key), n & mask, n >> 32, 0, 0]
        start = x[:]
        for a, b, c, d in QUARTERS * 10:
            for i, j, k, bits in (a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7):
                x[i] = x[i] + x[j] & mask
                x[k] = ((x[k] ^ x[i]) << bits | (x[k] ^ x[i]) >> 32 - bits) & mask
        yield from (v + w & mask for v, w in zip(start, x))

class Stream:
    def __init__(self, master, purpose, stratum, number):
        self.words = chacha20(hmac.digest(master, enc(purpose, enc(*stratum), number), "sha256"))
    below = lambda self, n: next(w for w in self.words if w < 2**32 // n * n) % n if n > 1 else 0
    pick = lambda self, items: items[self.below(len(items))]
    def shuffle(self, items):
        for i in range(len(items) - 1, 0, -1):
            items[i], items[j] = items[j := self.below(i + 1)], items[i]
        return items
class Stratum:  # what was drawn in it so far, and the arm that comes next
    def __init__(self, plan, name):
        self.arms = [arm["id"] for arm in plan["arm"]]
        self.ratio = [arm.get("ratio", 1) for arm in plan["arm"]]
        self.rule, self.name, self.pseudo = plan["allocation"], name, repeat(self.ratio)
        self.p, self.q = map(int, self.rule.get("probability", "0/1").split("/"))
        self.slot, self.blocks, self.batches, self.row, self.last = 0, itertools.count(), 0, [], 0
        self.drawn = [0] * len(self.arms)
        self.counts = collections.defaultdict(lambda: [0] * len(self.pseudo))  # by factor and level
    def complete(self, stream, size):  # the arms of a list, in the order of the sorted ids
        if "counts" in self.rule:
            return stream.shuffle(repeat(self.rule["counts"][arm] for arm in self.arms))
        total, end = sum(self.ratio), 0
        counts = [size * a // total for a in self.ratio]
        order, u = stream.shuffle([*range(len(counts))]), stream.below(total)
        for j in order:
            start, end = end, end + size * self.ratio[j] % total
            counts[j] += any(start <= point for point in range(u, end, total))
        return stream.shuffle(repeat(counts))
    def minimise(self, stream, cells):  # a pseudo-arm; a cell is the counts at a level, its weight
        scores = [0] * len(self.pseudo)
        for k, (x, weight) in itertools.product(range(len(scores)), cells):
            x = [n + (i == k) for i, n in enumerate(x)]
            scores[k] += weight * (max(x) - min(x) if self.rule["measure"] == "range" else
                                   len(x) * sum(n * n for n in x) - sum(x) ** 2)
        best = [k for k, score in enumerate(scores) if score == min(scores)]
        rest = [k for k, score in enumerate(scores) if score > min(scores)]
        return stream.pick(rest if rest and stream.below(self.q) >= self.p else best)
    def derive(self, master, cells):  # the number of the next arm, or None outside every list
        stream = Stream(master, "slot", self.name, self.slot)
        lag, ahead = self.drawn.index(min(self.drawn)), max(self.drawn) - min(self.drawn)
        match self.rule["procedure"]:
            case "simple":
                return stream.pick(self.pseudo)
            case "big-stick":
                return lag if ahead >= self.rule["limit"] else stream.below(2)
            case "biased-coin":
                return stream.below(2) if not ahead else abs((stream.below(self.q) >= self.p) - lag)
            case "block-urn":  # an arm that a wrong record overdrew has no balls
                k = self.rule["lambda"] + min(n // a for n, a in zip(self.drawn, self.ratio))
                return stream.pick(repeat(a * k - n for n, a in zip(self.drawn, self.ratio)))
            case "minimisation":
                self.last = self.minimise(stream, cells)
                return self.pseudo[self.last]
            case "permuted-blocks" if not self.row:
                stream = Stream(master, "block", self.name, next(self.blocks))
                times = stream.pick(self.rule["block_sizes"]) // len(self.pseudo)
                self.row = stream.shuffle(repeat(a * times for a in self.ratio))
        return self.row.pop(0) if self.row else None  # the front of a block, or of a list
    def follow(self, master, recorded, level):  # the derived arm; goes on from the recorded one
        weights = self.rule.get("weights", {}).items()
        cells = [(self.counts[f, level(f)], weight) for f, weight in weights]
        derived, known = self.derive(master, cells) if master else None, recorded in self.arms
        arm = self.arms.index(recorded) if known else derived or 0
        # A ledger names no pseudo-arm: where the arm is wrong, its first one is counted.
        pseudo = self.last if self.pseudo[self.last] == arm else self.pseudo.index(arm)
        for x, _ in cells:
            x[pseudo] += 1
        self.drawn[arm], self.slot = self.drawn[arm] + 1, self.slot + 1
        return self.arms[derived] if derived is not None else "no arm" if master else recorded

def audit(entries, lines, seed, need):  # the arm of each that was drawn, the seed
    seal, beacon, ended, arms, strata = entries[0], "", False, {}, {}
    commitment = lambda s: sha(enc("klero/commitment/1", seal["study"], bytes.fromhex(s))).hex()
    sealed = lambda s: commitment(s) == seal["commitment"]
    seed = seed and need(0, "commitment: the seed is not the one sealed", sealed(seed)) and seed
    plan = tomllib.loads(seal["protocol"].removeprefix("\ufeff"))
    bands = {f["id"]: f.get("bands", {}).items() for f in plan.get("factor", [])}
    for n, (line, e) in enumerate(zip(lines, entries)):
        text, kind = json.dumps(e, separators=(",", ":"), ensure_ascii=False), e["type"]
        prev = sha(lines[n - 1]).hex() if n else "0" * 64
        need(n, "form", text.encode() == line and (kind == "seal") == (n == 0))
        need(n, "chain", e["entry"] == n and e["prev"] == prev)
        need(n, "time", entries[max(n, 1) - 1]["time"] <= e["time"])
        need(n, "commitment", kind != "unseal" or sealed(e["seed"]))
        ended = ended or kind == "unseal"
        need(n, "unseal", not (ended and kind in ("batch", "draw", "member")))
        need(n, "member", kind != "member" or arms.get(e["cluster"]) == e["arm"])
        need(n, "beacon", kind != "beacon" or seal["beacon_rule"] and not beacon)
        beacon = e["value"] if kind == "beacon" else beacon
        if kind not in ("batch", "draw"):
            continue
        need(n, "beacon", beacon or not seal["beacon_rule"])
        at = strata.setdefault(str(e["stratum"]), Stratum(plan, e["stratum"]))
        key = enc("klero/master/1", seal["study"], sha(seal["protocol"].encode()), beacon)
        master = seed and hmac.digest(bytes.fromhex(seed), key, "sha256")
        if kind == "batch":
            ids = [d.get("referral", "").encode() for d in entries[n + 1:n + 1 + e["size"]]]
            need(n, "roster", e["roster"] == sha(b"".join(i + b"\n" for i in sorted(ids))).hex())
            need(n, "batch", (e["batch"], e["size"], sorted(ids)) == (at.batches, len(ids), ids))
            stream = master and Stream(master, "batch", e["stratum"], e["batch"])
            at.row, at.batches = stream and at.complete(stream, e["size"]), at.batches + 1
            continue
        def level(factor):  # of a whole number, the name of the band that holds it
            v = e["levels"][factor]
            return next((b for b, (low, high) in bands[factor] if low <= v <= high), v)
        need(n, "duplicate", e["referral"] not in arms)
        need(n, "slot", e["slot"] == at.slot)
        need(n, "stratum", [*map(level, plan["allocation"].get("strata", []))] == e["stratum"])
        derived = at.follow(master, e["arm"], level)
        why = f"and the draw gives {derived}" if e["arm"] in at.arms else "no arm of the plan"
        need(n, f"arm: {e['arm']}, {why}", derived == e["arm"] in at.arms)
        arms[e["referral"]] = e["arm"]
    return arms, seed

parser, findings = argparse.ArgumentParser(description=__doc__), []
_ = [parser.add_argument(name) for name in ("ledger", "--seed", "--head")]
args = parser.parse_args()
need = lambda n, rule, holds: holds or findings.append(f"entry {n}: {rule}")
try:
    *lines, tail = open(args.ledger, "rb").read().split(b"\n")
    entries = [*map(json.loads, lines)]
    revealed = next((e["seed"] for e in entries if e["type"] == "unseal"), None)
    seed = open(args.seed).read().strip() if args.seed else revealed
    arms, seed = audit(entries, lines, seed, need)
except (OSError, ValueError, LookupError, TypeError, ZeroDivisionError) as problem:
    parser.error(f"it could not be audited: {problem!r}")  # exit code 2
need(len(lines), "torn: the line has no end", not tail)
need(0, "head: the one kept is of no line", args.head in [None, *(sha(x).hex() for x in lines)])
derived = "every arm derived again" if seed else "no arm derived: the seed is not known"
verdict = f"findings: {len(findings)}" if findings else f"holds: head {sha(lines[-1]).hex()}"
print(*findings, f"{len(lines)} entries, {len(arms)} draws, {derived}", verdict, sep="\n")
sys.exit(1 if findings else 0)
