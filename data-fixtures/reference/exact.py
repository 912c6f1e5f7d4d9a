"""Exact tests and limits in exact fractions and 40 digits: conditional odds ratio (most likely, and
limits of Cornfield), its doubled p, Fisher's p by point probabilities; Clopper-Pearson limits and
the exact binomial test of one share.

python3 exact.py > exact.csv      (mpmath 1.4.1)
"""
from fractions import Fraction as F
from math import comb
from mpmath import mp, mpf, log, exp

mp.dps = 40


def real(f):
    return mpf(f.numerator) / mpf(f.denominator)


def bisect(f, low, high):
    """Root of a rising function."""
    for _ in range(170):
        middle = (low + high) / 2
        if f(middle) < 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def table(x1, n1, x0, n0, level):
    m = x1 + x0
    support = range(max(0, m - n0), min(m, n1) + 1)
    weight = {x: comb(n1, x) * comb(n0, m - x) for x in support}
    total = sum(weight.values())
    up = F(sum(w for x, w in weight.items() if x >= x1), total)
    down = F(sum(w for x, w in weight.items() if x <= x1), total)
    doubled = min(F(1), 2 * min(up, down))
    # By point probabilities, with exact ties.
    fisher = F(sum(w for w in weight.values() if w <= weight[x1]), total)
    big = {x: mpf(w) / mpf(weight[x1]) for x, w in weight.items()}
    tail = (1 - mpf(level)) / 2

    def part(eta, inside):
        return sum(w * exp((x - x1) * eta) for x, w in big.items() if inside(x))

    def probability(eta, inside):
        return part(eta, inside) / part(eta, lambda x: True)

    def mean(eta):
        return sum((x - x1) * w * exp((x - x1) * eta) for x, w in big.items())

    far = mpf(60)
    estimate, lower, upper = "", "0", ""
    least, most = x1 == support[0], x1 == support[-1]
    if not most:
        estimate = "0" if least else exp(bisect(mean, -far, far))
        upper = exp(bisect(lambda eta: tail - probability(eta, lambda x: x <= x1), -far, far))
    if not least:
        lower = exp(bisect(lambda eta: probability(eta, lambda x: x >= x1) - tail, -far, far))
    return estimate, lower, upper, real(doubled), real(fisher)


def share(x, n, target, level):
    tail = (1 - mpf(level)) / 2

    def cdf(k, p):
        return sum(mpf(comb(n, i)) * p ** i * (1 - p) ** (n - i) for i in range(k + 1))

    lower = 0 if x == 0 else bisect(lambda p: 1 - cdf(x - 1, p) - tail, mpf(0), mpf(1))
    upper = 1 if x == n else bisect(lambda p: tail - cdf(x, p), mpf(0), mpf(1))
    t = F(target)
    weight = [comb(n, i) * t.numerator ** i * (t.denominator - t.numerator) ** (n - i) for i in range(n + 1)]
    p = F(sum(w for w in weight if w <= weight[x]), t.denominator ** n)
    return lower, upper, real(p)


def text(x):
    return mp.nstr(x, 18) if isinstance(x, mpf) else str(x)


TABLES = [
    (3, 4, 1, 4, "0.95"),  # the lady tasting tea
    (2, 17, 7, 15, "0.95"), (9, 135, 10, 184, "0.95"), (75, 168, 49, 167, "0.95"),
    (20, 100, 11, 100, "0.95"), (20, 100, 11, 100, "0.8"), (0, 20, 3, 25, "0.95"),
    (25, 25, 18, 20, "0.95"), (4, 10, 0, 20, "0.95"), (10, 10, 0, 10, "0.95"),
    (0, 10, 10, 10, "0.95"), (1, 10, 9, 12, "0.99"), (7, 34, 1, 34, "0.9"),
    (250, 1000, 300, 1100, "0.95"), (5, 5, 6, 6, "0.95"), (0, 5, 0, 6, "0.95"),
    (700, 50000, 812, 51000, "0.95"), (3, 200000, 11, 180000, "0.95"), (1, 1, 0, 1, "0.95"),
]
SHARES = [
    (0, 10, "0.2"), (10, 10, "0.2"), (3, 10, "0.5"), (7, 10, "0.5"), (1, 2000, "0.001"),
    (1999, 2000, "0.999"), (20, 100, "0.11"), (148, 195, "0.75"), (500, 1000, "0.5"), (0, 1, "0.5"),
]
print("kind,x1,n1,x0,n0,level,target,estimate,lower,upper,p,fisher_p")
for x1, n1, x0, n0, level in TABLES:
    if x1 + x0 in (0, n1 + n0):
        numbers = ["", "", "", "", "1"]
    else:
        numbers = [text(x) for x in table(x1, n1, x0, n0, level)]
    print(",".join(["odds", *map(str, (x1, n1, x0, n0)), level, "", *numbers]))
for x, n, target in SHARES:
    lower, upper, p = share(x, n, target, "0.95")
    print(",".join(["share", str(x), str(n), "", "", "0.95", target, "", text(lower), text(upper), text(p), ""]))
