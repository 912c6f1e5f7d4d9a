"""Exact randomisation tests of tiny trials, in fractions, and a few replayed ones.

Written from docs/specification.md (the draw) and from the formulas of the statistic, not from the
program: every draw a procedure can make is listed with its chance; those that agree with what a
contrast holds are kept; each is studentised from scratch. The limits of intervals are found by
imputing outcomes under each effect anew and drawing in the outermost effect that is not rejected.

    python3 redraw.py > redraw.json        (standard library only)
"""
import hashlib
import itertools
import json
import math
import struct
from fractions import Fraction as F

# --- every draw of a procedure, as a list of (arms of the units, chance) ---------------------------

def orders(counts):
    """Each different order of arms with these counts, all equally likely."""
    flat = [a for a, n in enumerate(counts) for _ in range(n)]
    return sorted(set(itertools.permutations(flat)))

def sequences(units, chances_of):
    """Draws one by one: chances_of(earlier pseudo-arms, unit number) gives the chances."""
    ways = [((), F(1))]
    for number in range(len(units)):
        ways = [(arms + (a,), p * q)
                for arms, p in ways
                for a, q in enumerate(chances_of(arms, number)) if q > 0]
    return ways

def counts_in(units, arms, stratum, k):
    n = [0] * k
    for u, a in zip(units, arms):
        if u["stratum"] == stratum:
            n[a] += 1
    return n

def every_draw(case):
    units, ratio, proc = case["units"], case["ratio"], case["procedure"]
    k, S = len(ratio), sum(ratio)
    kind = proc["name"]
    strata = sorted({u["stratum"] for u in units})
    if kind == "simple":
        return sequences(units, lambda arms, i: [F(a, S) for a in ratio])
    if kind == "block-urn":
        def urn(arms, i):
            n = counts_in(units, arms, units[i]["stratum"], k)
            full = min(x // a for x, a in zip(n, ratio))
            balls = [a * (proc["lambda"] + full) - x for x, a in zip(n, ratio)]
            return [F(b, sum(balls)) for b in balls]
        return sequences(units, urn)
    if kind == "biased-coin":
        def coin(arms, i):
            n = counts_in(units, arms, units[i]["stratum"], 2)
            p = F(*proc["probability"])
            if n[0] == n[1]:
                return [F(1, 2), F(1, 2)]
            return [p, 1 - p] if n[0] < n[1] else [1 - p, p]
        return sequences(units, coin)
    if kind == "big-stick":
        def stick(arms, i):
            n = counts_in(units, arms, units[i]["stratum"], 2)
            if abs(n[0] - n[1]) >= proc["limit"]:
                return [F(1), F(0)] if n[0] < n[1] else [F(0), F(1)]
            return [F(1, 2), F(1, 2)]
        return sequences(units, stick)
    if kind == "minimisation":
        def least(pseudo, i):
            scores = []
            for candidate in range(S):
                score = 0
                for f, w in enumerate(proc["weights"]):
                    x = [0] * S
                    for j, a in enumerate(pseudo):
                        same = units[j]["stratum"] == units[i]["stratum"]
                        if same and units[j]["levels"][f] == units[i]["levels"][f]:
                            x[a] += 1
                    x[candidate] += 1
                    if proc["measure"] == "range":
                        score += w * (max(x) - min(x))
                    else:
                        score += w * (S * sum(v * v for v in x) - sum(x) ** 2)
                scores.append(score)
            best = [a for a in range(S) if scores[a] == min(scores)]
            p = F(*proc["probability"])
            if len(best) == S:
                return [F(1, S)] * S
            rest = S - len(best)
            return [p / len(best) if a in best else (1 - p) / rest for a in range(S)]
        arm_of = [a for a, n in enumerate(ratio) for _ in range(n)]
        return [(tuple(arm_of[a] for a in arms), p) for arms, p in sequences(units, least)]
    if kind == "permuted-blocks":
        ways = [((), F(1))]
        for s in strata:
            members = [i for i, u in enumerate(units) if u["stratum"] == s]
            known = case.get("block_sizes")
            found = []
            def fill(so_far, chance, block):
                if len(so_far) >= len(members):
                    found.append((so_far[:len(members)], chance))
                    return
                choices = [known[s][block]] if known else proc["sizes"]
                for size in choices:
                    every = orders([a * size // S for a in ratio])
                    for order in every:
                        fill(so_far + order, chance / len(choices) / len(every), block + 1)
            fill((), F(1), 0)
            merged = {}
            for arms, chance in found:
                merged[arms] = merged.get(arms, 0) + chance
            ways = [(old + tuple(zip(members, arms)), p * q)
                    for old, p in ways for arms, q in merged.items()]
        return [(tuple(a for _, a in sorted(placed)), p) for placed, p in ways]
    if kind == "complete":
        lists = sorted({(u["stratum"], u["list"]) for u in units})
        ways = [((), F(1))]
        for key in lists:
            members = [i for i, u in enumerate(units) if (u["stratum"], u["list"]) == key]
            n = [sum(units[i]["arm"] == a for i in members) for a in range(k)]
            every = orders(n)
            ways = [(old + tuple(zip(members, arms)), p / len(every))
                    for old, p in ways for arms in every]
        return [(tuple(a for _, a in sorted(placed)), p) for placed, p in ways]
    raise ValueError(kind)

HOLDS = {"simple", "complete", "permuted-blocks"}

def held(case, contrast):
    """The draws that agree with what the contrast holds, with their chances given that."""
    drawn = tuple(u["arm"] for u in case["units"])
    every = every_draw(case)
    assert sum(p for _, p in every) == 1
    proc = case["procedure"]
    known = proc["name"] != "permuted-blocks" or len(proc["sizes"]) == 1 or case.get("block_sizes")
    if proc["name"] in HOLDS and known:
        every = [(arms, p) for arms, p in every
                 if all(a == b or (a in contrast and b in contrast) for a, b in zip(arms, drawn))]
    total = sum(p for _, p in every)
    merged = {}
    for arms, p in every:
        merged[arms] = merged.get(arms, 0) + p / total
    return list(merged.items())

# --- the statistic, from scratch ------------------------------------------------------------------

def compared(case, arms, y, contrast):
    """d and its variance; y is None for persons without the outcome."""
    units, unit_of = case["units"], case["unit_of"]
    strata = {}
    for person, unit in enumerate(unit_of):
        if y[person] is None or arms[unit] not in contrast:
            continue
        s = units[unit]["stratum"] if case["weighting"] == "by-stratum" else 0
        strata.setdefault(s, ({}, {}))[contrast.index(arms[unit])].setdefault(unit, []).append(y[person])
    strata = [s for s in strata.values() if s[0] and s[1]]
    if not strata:
        return None, None
    N = sum(len(v) for s in strata for arm in s for v in arm.values())
    ds, weights, squares, df, lone, own = [], [], 0, 0, 0, 0
    for s in strata:
        n = sum(len(v) for arm in s for v in arm.values())
        means = []
        for arm in s:
            m = sum(len(v) for v in arm.values())
            mean = sum(sum(v) for v in arm.values()) / m
            means.append(mean)
            scale = n * n / (m * m) if isinstance(mean, float) else F(n * n, m * m)
            c = len(arm)
            if c == 1:
                lone += scale
                continue
            ss = sum((sum(v) - mean * len(v)) ** 2 for v in arm.values())
            own += scale * c / (c - 1) * ss if isinstance(ss, float) else scale * F(c, c - 1) * ss
            squares += ss
            df += c - 1
        ds.append(means[0] - means[1])
        weights.append(n)
    d = sum(w * x for w, x in zip(weights, ds)) / N
    if df > 0:
        v = own + lone * squares / df
    elif len(ds) > 1:
        B = len(ds)
        v = sum(w * w * (x - d) ** 2 for w, x in zip(weights, ds)) * B / (B - 1)
    else:
        v = 0
    return d, v / (N * N)

def square(case, arms, y, contrast, statistic, zero=0):
    d, v = compared(case, arms, y, contrast)
    if d is None:
        return math.inf
    if statistic == "difference":
        return (d - zero) ** 2
    return math.inf if v <= 1e-18 else (d - zero) ** 2 / v

def exact_p(case, y, contrast, statistic, draws):
    drawn = tuple(u["arm"] for u in case["units"])
    bar = square(case, drawn, y, contrast, statistic)
    return sum(p for arms, p in draws if square(case, arms, y, contrast, statistic) >= bar)

def limits(case, y, contrast, statistic, level, draws):
    """The outermost effects not rejected, each imputed anew, to 1e-13 of their distance."""
    drawn = tuple(u["arm"] for u in case["units"])
    d, v = compared(case, drawn, y, contrast)
    d, se = float(d), math.sqrt(v)
    def kept(tau):
        def imputed(arms):
            return [None if yi is None else
                    float(yi) + tau * ((arms[u] == contrast[0]) - (drawn[u] == contrast[0]))
                    for yi, u in zip(y, case["unit_of"])]
        bar = square(case, drawn, imputed(drawn), contrast, statistic, tau) * (1 - 1e-9)
        p = sum(float(q) for arms, q in draws
                if square(case, arms, imputed(arms), contrast, statistic, tau) >= bar)
        return p > (1 - level) * (1 + 1e-9)
    found = []
    for side in (-1, 1):
        steps = [i * se / 10 for i in range(1, 161)]
        inside = [s for s in steps if kept(d + side * s)]
        if inside and inside[-1] == steps[-1]:
            found.append(None)
            continue
        low = inside[-1] if inside else 0.0
        high = low + se / 10
        for _ in range(45):
            middle = (low + high) / 2
            low, high = (middle, high) if kept(d + side * middle) else (low, middle)
        found.append(d + side * low)
    return found

# --- the distance of all arms before the draw -----------------------------------------------------

def whole(case):
    """All arms again, held as a design holds them: lists keep their counts, blocks their sizes."""
    return every_draw(case)

def distance(case, arms, columns):
    units, unit_of = case["units"], case["unit_of"]
    n = len(unit_of)
    strata = [units[u]["stratum"] for u in unit_of]
    x = []
    for c in columns:
        known = [F(v) for v in c if v is not None]
        mean = sum(known) / len(known)
        x.append([mean if v is None else F(v) for v in c])
        if len(known) < n:
            x.append([F(v is None) for v in c])
    for c in x:
        means = {s: sum(v for v, t in zip(c, strata) if t == s) / strata.count(s) for s in strata}
        c[:] = [v - means[t] for v, t in zip(c, strata)]
    df = n - len(set(strata))
    k = len(x)
    S = [[sum(a * b for a, b in zip(x[i], x[j])) / df for j in range(k)] for i in range(k)]
    total = F(0)
    for arm in range(len(case["ratio"])):
        members = [p for p in range(n) if arms[unit_of[p]] == arm]
        if members:
            m = [sum(c[p] for p in members) / len(members) for c in x]
            total += len(members) * sum(a * b for a, b in zip(m, solve(S, m)))
    return total

def solve(S, b):
    """A solution of Sx = b, by elimination; free unknowns are 0."""
    rows = [list(r) + [v] for r, v in zip(S, b)]
    k, pivots, r = len(b), [], 0
    for c in range(k):
        p = next((i for i in range(r, k) if rows[i][c] != 0), None)
        if p is None:
            continue
        rows[r], rows[p] = rows[p], rows[r]
        rows[r] = [v / rows[r][c] for v in rows[r]]
        for i in range(k):
            if i != r:
                rows[i] = [a - rows[i][c] * b for a, b in zip(rows[i], rows[r])]
        pivots.append(c)
        r += 1
    x = [F(0)] * k
    for i, c in enumerate(pivots):
        x[c] = rows[i][k]
    return x

# --- words, for the replayed ones -----------------------------------------------------------------

def enc(*fields):
    return b"".join(struct.pack(">I", len(f)) + f for f in (f.encode() for f in fields))

def chacha_block(key, counter, stream):
    state = list(struct.unpack("<4I", b"expand 32-byte k")) + list(struct.unpack("<8I", key))
    state += [counter & 0xFFFFFFFF, counter >> 32, stream & 0xFFFFFFFF, stream >> 32]
    x = state[:]
    def turn(v, n):
        return ((v << n) | (v >> (32 - n))) & 0xFFFFFFFF
    def quarter(a, b, c, d):
        x[a] = (x[a] + x[b]) & 0xFFFFFFFF; x[d] = turn(x[d] ^ x[a], 16)
        x[c] = (x[c] + x[d]) & 0xFFFFFFFF; x[b] = turn(x[b] ^ x[c], 12)
        x[a] = (x[a] + x[b]) & 0xFFFFFFFF; x[d] = turn(x[d] ^ x[a], 8)
        x[c] = (x[c] + x[d]) & 0xFFFFFFFF; x[b] = turn(x[b] ^ x[c], 7)
    for _ in range(10):
        quarter(0, 4, 8, 12); quarter(1, 5, 9, 13); quarter(2, 6, 10, 14); quarter(3, 7, 11, 15)
        quarter(0, 5, 10, 15); quarter(1, 6, 11, 12); quarter(2, 7, 8, 13); quarter(3, 4, 9, 14)
    return [(a + b) & 0xFFFFFFFF for a, b in zip(x, state)]

class Words:
    def __init__(self, key, stream):
        self.key, self.stream, self.counter, self.left = key, stream, 0, []
    def word(self):
        if not self.left:
            self.left = chacha_block(self.key, self.counter, self.stream)
            self.counter += 1
        return self.left.pop(0)
    def below(self, n):
        if n == 1:
            return 0
        limit = (1 << 32) // n * n
        while True:
            w = self.word()
            if w < limit:
                return w % n
    def shuffle(self, items):
        for i in range(len(items) - 1, 0, -1):
            j = self.below(i + 1)
            items[i], items[j] = items[j], items[i]

def replay(case, contrast, words):
    """One replay as documented: lists and simple draws hold the other arms, others draw all."""
    units, ratio, proc = case["units"], case["ratio"], case["procedure"]
    arms = [u["arm"] for u in units]
    first, second = sorted(contrast)
    if proc["name"] == "simple":
        for i, u in enumerate(units):
            if u["arm"] in contrast:
                t = words.below(ratio[first] + ratio[second])
                arms[i] = first if t < ratio[first] else second
    elif proc["name"] == "complete":
        for key in sorted({(u["stratum"], u["list"]) for u in units}):
            members = [i for i, u in enumerate(units)
                       if (u["stratum"], u["list"]) == key and u["arm"] in contrast]
            a = sum(arms[i] == first for i in members)
            b = len(members) - a
            few, many, k = (first, second, a) if a <= b else (second, first, b)
            if k == 0:
                continue
            n = len(members)
            if math.comb(n, k) <= 128:
                chosen = list(itertools.combinations(range(n), k))[words.below(math.comb(n, k))]
            else:
                order = list(range(n))
                for i in range(k):
                    j = i + words.below(n - i)
                    order[i], order[j] = order[j], order[i]
                chosen = order[:k]
            for slot, i in enumerate(members):
                arms[i] = few if slot in chosen else many
    elif proc["name"] == "biased-coin":
        p, q = proc["probability"]
        for i, u in enumerate(units):
            n = counts_in(units, arms[:i], u["stratum"], 2)
            if n[0] == n[1]:
                arms[i] = words.below(2)
            else:
                lagging = 0 if n[0] < n[1] else 1
                arms[i] = lagging if words.below(q) < p else 1 - lagging
    elif proc["name"] == "permuted-blocks":
        S, left = sum(ratio), {}
        for i, u in enumerate(units):
            block = left.setdefault(u["stratum"], [])
            if not block:
                size = proc["sizes"][words.below(len(proc["sizes"]))]
                block += [a for a, r in enumerate(ratio) for _ in range(r * size // S)]
                words.shuffle(block)
            arms[i] = block.pop(0)
    else:
        raise ValueError(proc["name"])
    return tuple(arms)

def replayed(case, y, contrast, seed, m):
    ids = [case["arms"][a] for a in sorted(contrast)]
    holds = case["procedure"]["name"] in ("simple", "complete")
    key = hashlib.sha256(enc("klero/replay/1", seed, *(ids if holds else []))).digest()
    drawn = tuple(u["arm"] for u in case["units"])
    bar = square(case, drawn, y, contrast, "studentised")
    squares = [square(case, replay(case, contrast, Words(key, r)), y, contrast, "studentised")
               for r in range(m)]
    return F(1 + sum(s >= bar for s in squares), m + 1)

# --- the trials -----------------------------------------------------------------------------------

def units(arms, strata=None, lists=None, levels=None):
    n = len(arms)
    return [{"stratum": (strata or [0] * n)[i], "list": (lists or [0] * n)[i],
             "levels": (levels or [[]] * n)[i], "arm": arms[i]} for i in range(n)]

def case(name, procedure, ratio, us, outcomes, contrasts, level=0.8, weighting="by-stratum",
         unit_of=None, block_sizes=None, covariates=None, seed=None, m=0, intervals=True):
    return dict(name=name, procedure=procedure, ratio=ratio, arms=["a", "b", "c"][:len(ratio)],
                units=us, unit_of=unit_of or list(range(len(us))), outcomes=outcomes,
                contrasts=contrasts, level=level, weighting=weighting, block_sizes=block_sizes,
                covariates=covariates or [], seed=seed, replays=m, intervals=intervals)

N = None
CASES = [
    case("complete, one list", {"name": "complete"}, [1, 1], units([0, 1, 1, 0, 1, 0, 1, 0]),
         [[9, 4, 6, 8, 3, 7, 5, 7], [1, 0, 0, 1, 0, 1, 1, 1], [9, 4, N, 8, 3, 7, N, 7]],
         [[0, 1], [1, 0]], covariates=[[3, 1, 4, 1, 5, 9, 2, 6], [2, 7, 1, 8, 2, 8, 1, 8]]),
    case("complete, three arms in two strata and two lists", {"name": "complete"}, [1, 1, 1],
         units([0, 1, 2, 0, 1, 2, 2, 1, 0, 0, 1, 2, 1], [0] * 7 + [1] * 6, [0, 0, 0, 0, 1, 1, 1] + [0] * 6),
         [[5, 3, 8, 6, 1, 9, 2, 4, 7, 8, 2, 5, 1], [N, 3, 8, 6, 1, 9, 2, 4, N, 8, 2, N, 1]],
         [[0, 2], [1, 2], [0, 1]], level=0.7),
    case("blocks of four, the last not full", {"name": "permuted-blocks", "sizes": [4]}, [1, 1],
         units([0, 1, 1, 0, 1, 0, 0, 1, 0, 1]), [[8, 2, 5, 9, 4, 6, 7, 1, 6, 3]], [[0, 1]],
         level=0.9, covariates=[[1, 2, 4, 3, 5, 7, 1, 2, 9, 3], [1, 2, 4, 3, 5, 7, 1, 2, 9, 3],
                                [0, N, 1, 1, 0, 1, 0, N, 1, 0]]),
    case("blocks of six in three arms, the last not full", {"name": "permuted-blocks", "sizes": [6]},
         [1, 1, 1], units([2, 0, 1, 1, 0, 2, 0, 2, 0]), [[4, 9, 2, 5, 7, 3, 8, 1, 6]],
         [[0, 2], [1, 2], [0, 1]], level=0.7, covariates=[[4, 1, 3, 5, 9, 2, 6, 5, 3]]),
    case("blocks of unequal ratio in two strata", {"name": "permuted-blocks", "sizes": [3]}, [2, 1],
         units([0, 1, 0, 0, 0, 1, 0, 1, 0, 1, 0], [0, 1, 0, 1, 1, 0, 0, 1, 1, 0, 1]),
         [[7, 3, 9, 5, 8, 2, 6, 1, 4, 3, 9]], [[0, 1]], level=0.8),
    case("blocks of known sizes", {"name": "permuted-blocks", "sizes": [2, 4]}, [1, 1],
         units([1, 0, 0, 1, 0, 1, 1, 0, 0]), [[2, 8, 6, 3, 9, 5, 4, 7, 6]], [[0, 1]], level=0.8,
         block_sizes=[[2, 4, 4]]),
    case("blocks of unknown sizes", {"name": "permuted-blocks", "sizes": [2, 4]}, [1, 1],
         units([1, 0, 0, 1, 1, 0]), [[2, 8, 6, 3, 5, 7]], [[0, 1]], level=0.6),
    case("simple, three arms 2:1:1", {"name": "simple"}, [2, 1, 1], units([0, 1, 0, 2, 0, 1, 2, 0]),
         [[6, 2, 8, 4, 5, 1, 3, 9], [6, 2, 8, 4, N, 1, 3, 9]], [[0, 1], [0, 2], [1, 2]], level=0.6,
         covariates=[[1, 0, 1, 1, 0, 0, 1, 2]]),
    case("biased coin in two strata", {"name": "biased-coin", "probability": [2, 3]}, [1, 1],
         units([0, 1, 0, 1, 0, 0, 1, 1, 0], [0, 0, 1, 0, 1, 0, 1, 0, 1]), [[8, 3, 7, 2, 9, 6, 4, 1, 5]],
         [[0, 1]], level=0.7, covariates=[[3, 4, 1, 2, 6, 5, 1, 2, 3]]),
    case("big stick", {"name": "big-stick", "limit": 2}, [1, 1], units([0, 0, 1, 1, 0, 1, 0, 0, 1]),
         [[7, 6, 2, 5, 8, 3, 9, 6, 1]], [[0, 1]], level=0.8),
    case("urn in three arms", {"name": "block-urn", "lambda": 2}, [1, 2, 1],
         units([1, 0, 2, 1, 1, 2, 1]), [[3, 9, 5, 2, 4, 7, 1]], [[0, 1], [2, 1]], intervals=False,
         covariates=[[3, 1, 4, 1, 5, 9, 2]]),
    case("minimised, two arms", {"name": "minimisation", "measure": "range", "probability": [4, 5],
                                 "weights": [2, 1]}, [1, 1],
         units([0, 1, 1, 0, 0, 1, 0, 1], levels=[[0, 0], [0, 1], [1, 0], [1, 1], [0, 2], [0, 0], [1, 2], [1, 0]]),
         [[8, 3, 5, 7, 9, 2, 6, 4]], [[0, 1]], level=0.7, covariates=[[1, 2, 2, 4, 3, 6, 5, 1]]),
    case("minimised 2:1 within strata", {"name": "minimisation", "measure": "variance",
                                         "probability": [3, 4], "weights": [1, 3]}, [2, 1],
         units([0, 0, 1, 0, 1, 0, 0], [0, 1, 0, 0, 1, 1, 0],
               levels=[[0, 1], [1, 1], [0, 0], [0, 1], [1, 0], [1, 1], [0, 0]]),
         [[8, 7, 3, 6, 2, 9, 5]], [[0, 1]], level=0.6),
    case("minimised, three arms", {"name": "minimisation", "measure": "range", "probability": [7, 10],
                                   "weights": [1]}, [1, 1, 1],
         units([0, 2, 1, 1, 0, 2], levels=[[0], [0], [1], [0], [1], [0]]), [[8, 3, 5, 6, 9, 2]],
         [[0, 2], [1, 2]], intervals=False),
    case("clusters, complete in strata", {"name": "complete"}, [1, 1],
         units([0, 1, 1, 0, 0, 1, 0, 1, 1], [0, 0, 0, 0, 1, 1, 1, 1, 1]),
         [[7, 8, 6, 3, 2, 4, 5, 3, 9, 8, 5, 6, 7, 2, 3, 3, 8, 6, 1, 4, 2, 2, 3],
          [7, 8, N, 3, 2, 4, 5, 3, 9, 8, 5, N, N, 2, 3, 3, 8, 6, 1, N, N, 2, 3]],
         [[0, 1]], level=0.8,
         unit_of=[0, 0, 0, 1, 1, 2, 2, 2, 3, 3, 4, 4, 4, 5, 5, 5, 6, 6, 7, 8, 8, 8, 8],
         covariates=[[1, 2, 1, 4, 5, 2, 1, 3, 3, 2, 6, 4, 5, 1, 1, 2, 7, 6, 1, 3, 2, 4, 3]]),
    case("clusters in blocks", {"name": "permuted-blocks", "sizes": [2]}, [1, 1],
         units([0, 1, 1, 0, 1, 0, 0, 1]),
         [[7, 8, 6, 3, 2, 4, 5, 3, 9, 8, 2, 3, 8, 6, 7, 1]], [[0, 1]], level=0.6,
         unit_of=[0, 0, 0, 1, 1, 2, 2, 2, 3, 3, 4, 4, 5, 5, 6, 7]),
    case("strata pooled", {"name": "complete"}, [1, 1], units([0, 1, 1, 0, 0, 1, 0, 1], [0, 0, 0, 0, 1, 1, 1, 1]),
         [[7, 3, 5, 8, 6, 2, 9, 4]], [[0, 1]], level=0.8, weighting="pooled"),
    case("a stratum with one in an arm", {"name": "complete"}, [1, 1],
         units([0, 1, 1, 1, 0, 1, 0, 1, 0], [0, 0, 0, 0, 1, 1, 1, 1, 1]),
         [[9, 3, 5, 4, 6, 2, 8, 4, 7]], [[0, 1]], level=0.8),
    case("pairs", {"name": "complete"}, [1, 1],
         units([0, 1, 1, 0, 1, 0, 0, 1, 1, 0, 0, 1], [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]),
         [[9, 3, 5, 8, 6, 7, 4, 5, 2, 6, 3, 1]], [[0, 1]], level=0.8),
    case("a stratum lost to missing outcomes", {"name": "complete"}, [1, 1],
         units([0, 1, 1, 0, 0, 1, 0, 1], [0, 0, 0, 0, 1, 1, 2, 2]),
         [[9, 3, 5, 8, 7, N, 4, 6]], [[0, 1]], level=0.6),
    case("villages of Gerber and Green", {"name": "complete"}, [1, 1], units([0, 1, 1, 1, 1, 1, 0]),
         [[15, 15, 20, 20, 10, 15, 30]], [[0, 1]], level=0.7),
    # Replayed, word by word.
    case("replayed: simple", {"name": "simple"}, [2, 1, 1],
         units([0, 1, 2, 0, 0, 1, 0, 2, 0, 1, 2, 0, 0, 1, 0, 0, 2, 1, 0, 1, 0, 0]),
         [[5, 3, 8, 6, 1, 9, 2, 4, 7, 8, 2, 5, 1, 2, 9, 7, 3, 2, 6, 5, 8, 4]],
         [[0, 1], [2, 0]], seed="lot 1", m=99),
    case("replayed: lists short and long", {"name": "complete"}, [1, 1],
         units([i % 2 for i in range(6)] + [(i * 7 % 5) % 2 for i in range(20)] + [0, 1, 0, 0, 0],
               [0] * 6 + [1] * 20 + [2] * 5),
         [[(i * i * 7 + 3 * i) % 11 for i in range(31)]], [[1, 0]], seed="lot 2", m=99),
    case("replayed: biased coin", {"name": "biased-coin", "probability": [3, 4]}, [1, 1],
         units([0, 1, 1, 0, 1, 0, 0, 1, 0, 1, 1, 0, 0, 1, 0, 1, 1, 0, 1, 0, 0, 1]),
         [[(i * i * 5 + i) % 13 for i in range(22)]], [[0, 1]], seed="lot 3", m=99),
    case("replayed: blocks of unknown sizes", {"name": "permuted-blocks", "sizes": [4, 2]}, [1, 1],
         units([0, 1, 1, 0, 1, 0, 0, 1, 0, 1, 1, 0, 0, 1, 0, 1, 1, 0, 1, 0, 0, 1], [i % 2 for i in range(22)]),
         [[(i * i * 5 + 2 * i) % 13 for i in range(22)]], [[0, 1]], seed="lot 4", m=99),
]

def text(p):
    return f"{p.numerator}/{p.denominator}"

def main():
    print("[")
    for number, c in enumerate(CASES):
        tests = []
        ys = [[N if v is N else F(v) for v in y] for y in c["outcomes"]]
        drawn = tuple(u["arm"] for u in c["units"])
        for contrast in c["contrasts"]:
            draws = held(c, contrast) if not c["seed"] else None
            for o, y in enumerate(ys):
                d, v = compared(c, drawn, y, contrast)
                row = {"contrast": contrast, "outcome": o, "estimate": float(d)}
                if v > 0:
                    row["variance"] = float(v)
                if c["seed"]:
                    row["p"] = text(replayed(c, y, contrast, c["seed"], c["replays"]))
                    tests.append(row)
                    continue
                for statistic in ("difference", "studentised"):
                    row["p_" + statistic] = text(exact_p(c, y, contrast, statistic, draws))
                    if c["intervals"]:
                        row["interval_" + statistic] = limits(c, y, contrast, statistic, c["level"], draws)
                tests.append(row)
        out = dict(c, tests=tests)
        if c["covariates"]:
            every = whole(c)
            assert sum(p for _, p in every) == 1
            bar = distance(c, drawn, c["covariates"])
            far = sum(p for arms, p in every if distance(c, arms, c["covariates"]) >= bar)
            out["balance"] = {"statistic": float(bar), "p": text(far)}
        print(json.dumps(out) + ("," if number + 1 < len(CASES) else ""), flush=True)
    print("]")

main()
