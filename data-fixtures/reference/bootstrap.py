"""Differences and variances of resampled persons, word by word, in fractions.

Written from the first lines of src/estimate/bootstrap.rs, not from the program.

    python3 bootstrap.py > bootstrap.csv        (standard library only)
"""
import hashlib
import struct
from fractions import Fraction as F

ARM = [3, 0, 12, 7, 1, 0, 25, 4, 9]
REFERENCE = [2, 0, 5, 1, 0, 8, 3]
SEED = "bootstrap"


def enc(*fields):
    raw = [f.encode() for f in fields]
    return b"".join(struct.pack(">I", len(f)) + f for f in raw)


def quarter(x, a, b, c, d):
    for to, by, turned, bits in (a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7):
        x[to] = (x[to] + x[by]) % 2**32
        mixed = x[turned] ^ x[to]
        x[turned] = (mixed << bits) % 2**32 | mixed >> (32 - bits)


def chacha20(key, stream):
    counter = 0
    while True:
        start = struct.unpack("<12I", b"expand 32-byte k" + key)
        start += counter, 0, stream % 2**32, stream >> 32
        x = list(start)
        for _ in range(10):
            for i in range(4):
                quarter(x, i, 4 + i, 8 + i, 12 + i)
            for i in range(4):
                b, c, d = (i + 1) % 4, (i + 2) % 4, (i + 3) % 4
                quarter(x, i, 4 + b, 8 + c, 12 + d)
        yield from ((v + s) % 2**32 for v, s in zip(x, start))
        counter += 1


def places(words, n):
    """n persons of n, each as likely: two lots a word, the low half first."""
    chosen = []
    while len(chosen) < n:
        word = next(words)
        for half in (word % 2**16, word >> 16):
            place, rest = divmod(half * n, 2**16)
            if rest >= 2**16 % n and len(chosen) < n:
                chosen.append(place)
    return chosen


def moments(values):
    n = len(values)
    mean = F(sum(values), n)
    return mean, sum((v - mean) ** 2 for v in values) / (n - 1) / n


def key(arm):
    return hashlib.sha256(enc("klero/bootstrap/1", SEED, arm)).digest()


print("resample,difference,variance")
for number in range(400):
    sides = ("new", ARM), ("old", REFERENCE)
    a, r = ([side[i] for i in places(chacha20(key(id), number), len(side))] for id, side in sides)
    (m1, v1), (m0, v0) = moments(a), moments(r)
    print(number, repr(float(m1 - m0)), repr(float(v1 + v0)), sep=",")
