"""How guessable some designs are, by listing every sequence of arms, in exact fractions.

Nothing is followed step by step here: each sequence of arms gets its chance under the design, and
everything else is counted over all sequences.

    python3 foresight.py > foresight.csv
"""
from fractions import Fraction
from itertools import product
from math import factorial


def orders(counts):
    n = factorial(sum(counts))
    for count in counts:
        n //= factorial(count)
    return n


def of_blocks(sizes, ratio):
    """Chance of a sequence: over every way to cut it into blocks, the last perhaps unfinished."""
    s = sum(ratio)

    def chance(seq):
        if not seq:
            return Fraction(1)
        total = Fraction(0)
        for size in sizes:
            counts = [a * size // s for a in ratio]
            head = seq[:size]
            left = [c - head.count(j) for j, c in enumerate(counts)]
            if min(left) < 0:
                continue
            within = Fraction(orders(left), orders(counts))
            total += Fraction(1, len(sizes)) * within * chance(seq[size:])
        return total

    return chance


def by_counts(weights, arms):
    """Chance of a sequence, from the weights of the arms given the counts so far."""

    def chance(seq):
        counts, total = [0] * arms, Fraction(1)
        for arm in seq:
            if total == 0:
                break
            w = weights(counts)
            total *= Fraction(w[arm], sum(w))
            counts[arm] += 1
        return total

    return chance


def urn(lam, ratio):
    def weights(n):
        k = min(x // a for x, a in zip(n, ratio))
        return [a * (lam + k) - x for x, a in zip(n, ratio)]

    return by_counts(weights, len(ratio))


def coin(p, q):
    return by_counts(
        lambda n: [1, 1] if n[0] == n[1] else [p, q - p] if n[0] < n[1] else [q - p, p], 2
    )


def stick(c):
    return by_counts(
        lambda n: [1, 1] if abs(n[0] - n[1]) < c else [1, 0] if n[0] < n[1] else [0, 1], 2
    )


def simple(ratio):
    return by_counts(lambda n: ratio, len(ratio))


def figures(chance, ratio, n):
    arms = range(len(ratio))
    right = certain = Fraction(0)
    for t in range(n):
        for seq in product(arms, repeat=t):
            before = chance(seq)
            if before == 0:
                continue
            nexts = [chance(seq + (j,)) for j in arms]
            assert sum(nexts) == before
            right += max(nexts)
            certain += before if max(nexts) == before else 0
    largest, at_end = Fraction(0), Fraction(0)
    for i in arms:
        for j in arms:
            if i < j:
                most, end = Fraction(0), Fraction(0)
                for seq in product(arms, repeat=n):
                    p = chance(seq)
                    apart = [
                        abs(Fraction(seq[:t].count(i), ratio[i]) - Fraction(seq[:t].count(j), ratio[j]))
                        for t in range(n + 1)
                    ]
                    most += p * max(apart)
                    end += p * apart[-1]
                largest, at_end = max(largest, most), max(at_end, end)
    return right / n, certain / n, largest, at_end


CASES = [
    ("permuted-blocks", "4", (1, 1), 9, of_blocks([4], (1, 1))),
    ("permuted-blocks", "4 6", (1, 1), 10, of_blocks([4, 6], (1, 1))),
    ("permuted-blocks", "2 4", (1, 1), 10, of_blocks([2, 4], (1, 1))),
    ("permuted-blocks", "3 6", (1, 1, 1), 7, of_blocks([3, 6], (1, 1, 1))),
    ("permuted-blocks", "3 6", (2, 1), 9, of_blocks([3, 6], (2, 1))),
    ("block-urn", "2", (1, 1), 10, urn(2, (1, 1))),
    ("block-urn", "1", (2, 1), 9, urn(1, (2, 1))),
    ("block-urn", "2", (1, 1, 1), 7, urn(2, (1, 1, 1))),
    ("biased-coin", "2/3", (1, 1), 10, coin(2, 3)),
    ("big-stick", "2", (1, 1), 10, stick(2)),
    ("simple", "", (1, 1), 10, simple((1, 1))),
    ("simple", "", (3, 1), 8, simple((3, 1))),
    ("simple", "", (1, 1, 2), 7, simple((1, 1, 2))),
]

print("procedure,parameter,ratio,n,right,certain,largest,at_end")
for procedure, parameter, ratio, n, chance in CASES:
    cells = figures(chance, ratio, n)
    print(procedure, parameter, " ".join(map(str, ratio)), n, *cells, sep=",")
