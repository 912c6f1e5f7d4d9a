"""Derive one draw step by step: python3 one_draw.py LEDGER REFERRAL
For permuted blocks, two arms 1:1; each step stands in docs/specification.md."""
import hashlib, hmac, json, re, struct, sys

entries = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
seal, drawn = entries[0], [e for e in entries if e["type"] == "draw"]
seed = bytes.fromhex(next(e["seed"] for e in entries if e["type"] == "unseal"))
beacon = next((e["value"] for e in entries if e["type"] == "beacon"), "")
draw = next(e for e in drawn if e["referral"] == sys.argv[2])
study, plan = seal["study"], seal["protocol"]
arms = re.findall(r'\[\[arm\]\]\s+id = "(.*?)"', plan)
sizes = json.loads(re.search(r"block_sizes = (\[.*?\])", plan)[1])

def enc(*fields):  # each field as its length in four bytes, then the field
    raw = [f if isinstance(f, bytes) else str(f).encode() for f in fields]
    return b"".join(struct.pack(">I", len(f)) + f for f in raw)

def quarter(x, a, b, c, d):  # the quarter round of ChaCha
    steps = (a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)
    for to, by, turned, bits in steps:
        x[to] = (x[to] + x[by]) % 2**32
        mixed = x[turned] ^ x[to]
        x[turned] = (mixed << bits) % 2**32 | mixed >> (32 - bits)

def chacha20(key):  # the words of the keystream, from block counter 0
    counter = 0
    while True:
        start = struct.unpack("<12I", b"expand 32-byte k" + key)
        start += counter, 0, 0, 0
        x = list(start)
        for _ in range(10):
            for i in range(4):  # the columns
                quarter(x, i, 4 + i, 8 + i, 12 + i)
            for i in range(4):  # the diagonals
                b, c, d = (i + 1) % 4, (i + 2) % 4, (i + 3) % 4
                quarter(x, i, 4 + b, 8 + c, 12 + d)
        yield from ((v + s) % 2**32 for v, s in zip(x, start))
        counter += 1

def below(n):  # a number from 0 to n - 1, each as likely
    return next(w for w in words if w < 2**32 // n * n) % n

committed = hashlib.sha256(enc("klero/commitment/1", study, seed))
print("commitment ", committed.hexdigest())
print("sealed     ", seal["commitment"])
digest = hashlib.sha256(plan.encode()).digest()
message = enc("klero/master/1", study, digest, beacon)
master = hmac.digest(seed, message, "sha256")
first = number = 0  # the slot at which the block begins; the block's number
while True:
    stream = enc("block", enc(*draw["stratum"]), number)
    words = chacha20(hmac.digest(master, stream, "sha256"))
    size = sizes[below(len(sizes))]
    block = [arm for arm in arms for _ in range(size // 2)]
    for i in range(size - 1, 0, -1):
        j = below(i + 1)
        block[i], block[j] = block[j], block[i]
    print(f"block {number:<6}", *block)
    if draw["slot"] < first + size:
        break
    first, number = first + size, number + 1
place = draw["slot"] - first
print("stratum    ", *draw["stratum"])
print("slot       ", draw["slot"], f"(block {number}, place {place + 1})")
print("drawn      ", block[place])
print("recorded   ", draw["arm"])
