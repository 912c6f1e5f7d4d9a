"""The plan and the draw, klero-draw-1, for audit.py beside it. Written from docs/study-file.md
and the first part of docs/specification.md alone, for Python 3.11 or newer."""
import hashlib, hmac, itertools, struct, tomllib
from collections import defaultdict

QUARTERS = [(0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
            (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)]

def sha(data):
    return hashlib.sha256(data).digest()

def mac(key, message):
    return hmac.digest(key, message, "sha256")

def enc(*fields):
    raw = [f if isinstance(f, bytes) else str(f).encode() for f in fields]
    return b"".join(len(f).to_bytes(4, "big") + f for f in raw)

def commitment(study, seed):
    return sha(enc("klero/commitment/1", study, bytes.fromhex(seed))).hex()

def master_key(seal, seed, beacon):
    digest = sha(seal["protocol"].encode())
    return mac(bytes.fromhex(seed), enc("klero/master/1", seal["study"], digest, beacon))

def chacha20(key, mask=2**32 - 1):  # the words of the keystream
    for n in itertools.count():
        start = [*struct.unpack("<12I", b"expand 32-byte k" + key), n & mask, n >> 32, 0, 0]
        x = start[:]
        for a, b, c, d in QUARTERS * 10:
            for i, j, k, bits in (a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7):
                x[i] = x[i] + x[j] & mask
                turned = x[k] ^ x[i]
                x[k] = (turned << bits | turned >> 32 - bits) & mask
        yield from (v + w & mask for v, w in zip(start, x))

class Stream:
    def __init__(self, master, purpose, stratum, number):
        self.words = chacha20(mac(master, enc(purpose, enc(*stratum), number)))

    def below(self, n):
        return next(w for w in self.words if w < 2**32 // n * n) % n if n > 1 else 0

    def pick(self, items):
        return items[self.below(len(items))]

    def shuffle(self, items):
        for i in range(len(items) - 1, 0, -1):
            j = self.below(i + 1)
            items[i], items[j] = items[j], items[i]
        return items

def repeat(counts):  # 0 so many times, then 1 so many times, and so on
    return [j for j, n in enumerate(counts) for _ in range(n)]

def complete(stream, size, ratio, counts=None):  # the arms of a list, by the sorted ids
    if counts is None:
        counts, total, end = [size * a // sum(ratio) for a in ratio], sum(ratio), 0
        order, u = stream.shuffle([*range(len(ratio))]), stream.below(total)
        for j in order:
            start, end = end, end + size * ratio[j] % total
            counts[j] += any(start <= point for point in range(u, end, total))
    return stream.shuffle(repeat(counts))

def minimise(stream, rule, cells):  # a pseudo-arm; a cell is the counts x at a level, its weight
    scores, (p, q) = [0] * len(cells[0][0]), map(int, rule["probability"].split("/"))
    for k, (x, weight) in itertools.product(range(len(scores)), cells):
        x = [n + (i == k) for i, n in enumerate(x)]
        scores[k] += weight * (max(x) - min(x) if rule["measure"] == "range" else
                               len(x) * sum(n * n for n in x) - sum(x) ** 2)
    best = [k for k, score in enumerate(scores) if score == min(scores)]
    rest = [k for k, score in enumerate(scores) if score > min(scores)]
    return stream.pick(rest if rest and stream.below(q) >= p else best)

class Plan:
    def __init__(self, text):
        plan = tomllib.loads(text)
        self.study, self.eligible = plan["study"]["id"], plan.get("eligible", [])
        self.arms = [arm["id"] for arm in plan["arm"]]
        self.ratio = [arm.get("ratio", 1) for arm in plan["arm"]]
        self.factors = {factor["id"]: factor for factor in plan.get("factor", [])}
        self.rule = {"procedure": None, "strata": [], "weights": {}, **plan.get("allocation", {})}
        counts, self.cluster = self.rule.get("counts"), self.rule.get("cluster")
        self.counts = [counts[arm] for arm in self.arms] if counts else None
        rests = {*self.rule["strata"], *self.rule["weights"], self.cluster} - {None}
        self.recorded = [f for f in self.factors if f in rests or not self.cluster]
        # What no amendment changes; to write out a default is no change.
        tables = plan["study"], *plan["arm"], *(self.factors[f] for f in sorted(rests))
        self.fixed = [self.rule, *({"label": table["id"], "language": "en", "ratio": 1,
                                    "reference": False, **table} for table in tables)]

    def allows(self, factor, value):
        f = self.factors[factor]
        if "min" in f:
            return type(value) is int and f["min"] <= value <= f["max"]
        return type(value) is str and value in f.get("levels", [value])

    def level(self, factor, value):  # of a whole number, the band that holds it
        bands = self.factors[factor].get("bands", {}).items() if type(value) is int else ()
        return next((name for name, (low, high) in bands if low <= value <= high), value)

    def faults(self, levels, stratum):  # rule and message of all that is wrong with a draw's levels
        if [*levels] != self.recorded or not all(map(self.allows, levels, levels.values())):
            yield "levels", "they are not levels of the factors of the plan in force"
            return
        named = [self.level(factor, levels[factor]) for factor in self.rule["strata"]]
        if named != stratum:
            yield "stratum", f"it is {stratum}, and the levels are of {named}"
        for r in self.eligible:
            v = levels.get(r["factor"])  # None in a trial of clusters, for a fact about a member
            if v is not None and not (r.get("min", v) <= v <= r.get("max", v)
                                      and v in r.get("in", [v])):
                yield "eligibility", f"drawn, though not {r['label']}"

class Stratum:  # what was drawn in it so far, and the arm that comes next
    def __init__(self, plan, name):
        self.plan, self.name, self.pseudo = plan, name, repeat(plan.ratio)
        self.slot, self.blocks, self.batches, self.row, self.last = 0, 0, 0, [], 0
        self.drawn = [0] * len(plan.arms)
        self.counts = defaultdict(lambda: [0] * len(self.pseudo))  # by factor and level

    def derive(self, master, cells):  # the number of the arm, or None outside every list
        rule, ratio, drawn = self.plan.rule, self.plan.ratio, self.drawn
        stream = Stream(master, "slot", self.name, self.slot)
        lag, ahead = drawn.index(min(drawn)), max(drawn) - min(drawn)
        match rule["procedure"]:
            case "simple":
                return stream.pick(self.pseudo)
            case "big-stick":
                return lag if ahead >= rule["limit"] else stream.below(2)
            case "biased-coin":
                p, q = map(int, rule["probability"].split("/"))
                return stream.below(2) if not ahead else lag if stream.below(q) < p else 1 - lag
            case "block-urn":
                k = rule["lambda"] + min(n // a for n, a in zip(drawn, ratio))
                return stream.pick(repeat(a * k - n for n, a in zip(drawn, ratio)))
            case "minimisation":
                self.last = minimise(stream, rule, cells)
                return self.pseudo[self.last]
            case "permuted-blocks" if not self.row:
                stream = Stream(master, "block", self.name, self.blocks)
                times = stream.pick(rule["block_sizes"]) // len(self.pseudo)
                self.row = stream.shuffle(repeat(a * times for a in ratio))
                self.blocks += 1
        return self.row.pop(0) if self.row else None  # the front of a block, or of a list

    def follow(self, master, recorded, levels):  # the derived arm; goes on from the recorded one
        arms, weights = self.plan.arms, self.plan.rule["weights"].items()
        cells = [(self.counts[f, str(self.plan.level(f, levels.get(f)))], w) for f, w in weights]
        derived = self.derive(master, cells) if master else None
        if recorded in arms:
            arm = arms.index(recorded)
            # A ledger names no pseudo-arm: of a wrong arm, the first is taken.
            pseudo = self.last if self.pseudo[self.last] == arm else self.pseudo.index(arm)
            for x, _ in cells:
                x[pseudo] += 1
            self.drawn[arm] += 1
        self.slot += 1
        return None if derived is None else arms[derived]
