"""Audit a klero ledger without klero: python3 audit.py LEDGER [--seed FILE] [--head HEX]
Written from docs/specification.md alone; it needs nothing but Python 3.11 or newer.
Exit 0: the ledger holds; 1: there are findings; 2: it could not be audited."""
import argparse, hashlib, hmac, itertools, json, re, struct, sys, tomllib
from collections import Counter, defaultdict

# The draw, klero-draw-1. A stream is a generator of words.
ROUNDS = [(i, 4 + (i + s) % 4, 8 + (i + s * 2) % 4, 12 + (i + s * 3) % 4)  # columns, diagonals
          for s in (0, 1) for i in range(4)] * 10
def sha(data): return hashlib.sha256(data).digest()
def mac(key, message): return hmac.digest(key, message, "sha256")
def enc(*fields):
    raw = [f if isinstance(f, bytes) else str(f).encode() for f in fields]
    return b"".join(len(f).to_bytes(4, "big") + f for f in raw)
def chacha20(key, mask=2**32 - 1):
    for n in itertools.count():
        start = [*struct.unpack("<12I", b"expand 32-byte k" + key), n & mask, n >> 32, 0, 0]
        x = start[:]
        for a, b, c, d in ROUNDS:
            for i, j, k, bits in (a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7):
                x[i] = x[i] + x[j] & mask
                turned = x[k] ^ x[i]
                x[k] = (turned << bits | turned >> 32 - bits) & mask
        yield from (v + w & mask for v, w in zip(start, x))
def stream(purpose, stratum):  # the stratum's next one for this purpose
    master = mac(seed, enc("klero/master/1", study, sha(seal["protocol"].encode()), beacon or ""))
    return chacha20(mac(master, enc(purpose, enc(*stratum), number[purpose, str(stratum)])))
def below(words, n): return next(w for w in words if w < 2**32 // n * n) % n if n > 1 else 0
def pick(words, items): return items[below(words, len(items))]
def repeat(counts): return [j for j, n in enumerate(counts) for _ in range(n)]
def shuffle(words, items):
    for i in range(len(items) - 1, 0, -1):
        j = below(words, i + 1)
        items[i], items[j] = items[j], items[i]
    return items
def complete(words, size):  # the arms of a list
    if "counts" in rule:
        return shuffle(words, repeat(rule["counts"][arm] for arm in arms))
    counts, end = [size * a // total for a in ratio], 0
    order, u = shuffle(words, [*range(len(ratio))]), below(words, total)
    for j in order:
        start, end = end, end + size * ratio[j] % total
        counts[j] += any(start <= point for point in range(u, end, total))
    return shuffle(words, repeat(counts))
def minimise(words, cells):  # a pseudo-arm; a cell is the counts x at a level, and its weight
    scores = [0] * total
    for k, (x, weight) in itertools.product(range(total), cells):
        x = [n + (i == k) for i, n in enumerate(x)]
        scores[k] += weight * (max(x) - min(x) if rule["measure"] == "range" else
                               total * sum(n * n for n in x) - sum(x) ** 2)
    best = [k for k in range(total) if scores[k] == min(scores)]
    rest = [k for k in range(total) if scores[k] > min(scores)]
    return pick(words, rest if rest and below(words, q) >= p else best)
def derive(stratum, cells):  # a pseudo-arm by minimisation, else an arm
    words, drawn, row = stream("slot", stratum), tally[str(stratum)][:len(arms)], rows[str(stratum)]
    lag, ahead = drawn.index(min(drawn)), max(drawn) - min(drawn)
    match rule["procedure"]:
        case "simple": return pick(words, repeat(ratio))
        case "minimisation": return minimise(words, cells)
        case "big-stick" if ahead >= rule["limit"]: return lag
        case "biased-coin" if ahead: return lag if below(words, q) < p else 1 - lag
        case "big-stick" | "biased-coin": return below(words, 2)
        case "block-urn":
            k = rule["lambda"] + min(n // a for n, a in zip(drawn, ratio))
            return pick(words, repeat(a * k - n for n, a in zip(drawn, ratio)))
        case "permuted-blocks" if not row:
            words = stream("block", stratum)
            times = pick(words, rule["block_sizes"]) // total
            row += shuffle(words, repeat(a * times for a in ratio))
            number["block", str(stratum)] += 1
    return row.pop(0) if row else None  # the front of a block or of a list

# The ledger, klero-ledger-1.
def need(holds, name, message):
    if not holds:
        findings.append(f"entry {n}: {name}: {message}")
    return holds
def read(line):  # nothing, where the line is not what would be written
    try:
        e = json.loads(line, parse_float=int)  # int refuses what is no whole number
        written = json.dumps(e, separators=(",", ":"), ensure_ascii=False).encode()
        return e if written == line and isinstance(e["type"], str) else {}
    except (ValueError, LookupError, TypeError, RecursionError):
        return {}
def level(factor, value):  # of a whole number, the band that holds it
    bands = factors[factor].get("bands", {}).items()
    return next((band for band, (low, high) in bands if low <= value <= high), value)
def commits(seed):
    return sha(enc("klero/commitment/1", study, seed)).hex() == seal["commitment"]

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
for name in "ledger", "--seed", "--head":
    parser.add_argument(name)
args, n, findings, beacon, revealed, time = parser.parse_args(), 0, [], None, False, ""
arm_of, members, listed, number, rows = {}, set(), set(), Counter(), defaultdict(list)
try:
    *lines, tail = open(args.ledger, "rb").read().split(b"\n")
    entries, heads = [read(line) for line in lines], ["0" * 64]
    seal, plan = entries[0], tomllib.loads(entries[0]["protocol"])
    study, rule, arms = plan["study"]["id"], plan["allocation"], [a["id"] for a in plan["arm"]]
    ratio = [arm.get("ratio", 1) for arm in plan["arm"]]
    seeds = [open(args.seed).read()] if args.seed else [e["seed"] for e in entries if "seed" in e]
    seed = bytes.fromhex(seeds[0]) if seeds else None
except (OSError, ValueError, LookupError) as problem:
    print(f"it could not be audited: {problem!r}")
    sys.exit(2)
total, tally = sum(ratio), defaultdict(lambda: [0] * total)
factors = {factor["id"]: factor for factor in plan.get("factor", [])}
p, q = map(int, rule.get("probability", "1/1").split("/"))
if seed and not need(commits(seed), "commitment", "the seed is not the one committed to"):
    seed = None
