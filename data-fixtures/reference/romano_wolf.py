"""Step-down p-values of Romano & Wolf from their definition: at each step the hypotheses not yet
stepped past, their largest replayed statistic in every replay, one count.

python3 romano_wolf.py > romano_wolf.csv      (standard library only)
"""
from fractions import Fraction as F


def adjusted(observed, replays):
    order = sorted(range(len(observed)), key=lambda i: -observed[i])
    p, previous = [None] * len(observed), F(0)
    for step, index in enumerate(order):
        left = order[step:]
        b = 0
        for replay in replays:
            largest = max((float("inf") if replay[i] is None else replay[i]) for i in left)
            b += largest >= observed[index] * (1 - 1e-9)
        previous = max(previous, F(b + 1, len(replays) + 1))
        p[index] = previous
    return p


def made(seed, rows, columns, shift):
    """Statistics that move together: thirds of whole numbers of a linear congruential stream."""
    state, out = seed, []
    for _ in range(rows):
        state = (1103515245 * state + 12345) % 2**31
        common = state >> 16
        row = []
        for j in range(columns):
            state = (1103515245 * state + 12345) % 2**31
            row.append(abs(((state >> 16) + common * shift) % 9000 - 4500) / 1500)
        out.append(row)
    return out


cases = [
    # By hand: 4 replays. Largest |t| is the second, 3: its replays' maxima are 1, 3, 2.5, 5, of
    # which 2 reach 3: (2 + 1)/5. Then the third, 2: maxima of the first and third 1, 0.5, 2, 4: 2
    # reach 2: 3/5. Then the first, 1: 1, 0.5, 0, 4: 2 reach 1: 3/5.
    ("by hand", [1, 3, 2], [[1, 0.5, 0.2], [0.5, 3, 0.1], [0, 2.5, 2], [4, 5, 1]]),
    # The running maximum: the smaller statistic would have the smaller p.
    ("running maximum", [2, 2.1], [[0, 3], [0, 3], [0, 3], [1, 1]]),
    ("no statistic in a replay", [2, 3, 1], [[None, 0, 0], [0, 0, 1], [0, None, 0], [1, 1, None]]),
    ("ties", [2, 2, 2], [[2, 0, 0], [0, 1, 1], [1.9999999999, 0, 0], [1.99, 0, 0]]),
    ("five of 199", [2.9, 0.4, 2.2, 1.1, 2.95], made(7, 199, 5, 1)),
    ("four of 99", [2.99, 2.97, 2.9, 2.5], made(11, 99, 4, 3)),
]
print("case,observed,replays,adjusted")
for name, observed, replays in cases:
    text = ";".join(" ".join("-" if x is None else repr(float(x)) for x in row) for row in replays)
    found = " ".join(repr(float(p)) for p in adjusted(observed, replays))
    print(",".join([name, " ".join(repr(float(x)) for x in observed), text, found]))
