"""Score limits of Miettinen & Nurminen over strata with Mantel-Haenszel weights, in 40 digits: the
restricted shares by bisection of the slope of the likelihood, the limits by bisection of the score.

python3 score.py > score.csv      (mpmath 1.4.1)
"""
from mpmath import mp, mpf, sqrt, log, exp, erfinv

mp.dps = 40


def bisect(f, low, high, steps=140):
    """Root of a falling function."""
    for _ in range(steps):
        middle = (low + high) / 2
        if f(middle) > 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def slope(x, n, p):
    a = x / p if x else mpf(0)
    b = (n - x) / (1 - p) if x < n else mpf(0)
    return a - b


def difference_score(tables, delta):
    top = variance = mpf(0)
    for x1, n1, x0, n0 in tables:
        low, high = max(mpf(0), -delta), min(mpf(1), 1 - delta)
        p0 = bisect(lambda p: slope(x1, n1, p + delta) + slope(x0, n0, p), low, high)
        p1 = p0 + delta
        n = n1 + n0
        w = mpf(n1) * n0 / n
        top += w * (mpf(x1) / n1 - mpf(x0) / n0 - delta)
        variance += w ** 2 * (p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0) * n / (n - 1)
    return top / sqrt(variance)


def ratio_score(tables, theta):
    top = variance = mpf(0)
    for x1, n1, x0, n0 in tables:
        w = mpf(n1) * n0 / (n1 + n0)
        top += w * (mpf(x1) / n1 - theta * mpf(x0) / n0)
        if x1 + x0 == 0:
            continue  # the likely shares are 0, without variance
        high = min(mpf(1), 1 / theta)
        p0 = bisect(lambda p: theta * slope(x1, n1, theta * p) + slope(x0, n0, p), mpf(0), high)
        p1 = theta * p0
        n = n1 + n0
        variance += w ** 2 * (p1 * (1 - p1) / n1 + theta ** 2 * p0 * (1 - p0) / n0) * n / (n - 1)
    return top / sqrt(variance)


def limits(tables, level):
    z = sqrt(mpf(2)) * erfinv(mpf(level))
    weights = [mpf(n1) * n0 / (n1 + n0) for _, n1, _, n0 in tables]
    p1 = sum(w * x1 / n1 for w, (x1, n1, _, _) in zip(weights, tables)) / sum(weights)
    p0 = sum(w * x0 / n0 for w, (_, _, x0, n0) in zip(weights, tables)) / sum(weights)
    d = p1 - p0
    out = [bisect(lambda e: difference_score(tables, e) - z, mpf(-1), d, 110),
           bisect(lambda e: difference_score(tables, e) + z, d, mpf(1), 110)]
    middle = log(p1 / p0) if p1 and p0 else mpf(0)
    out.append(exp(bisect(lambda e: ratio_score(tables, exp(e)) - z, middle - 12, middle + 8 * (p0 == 0), 110)) if p1 else 0)
    out.append(exp(bisect(lambda e: ratio_score(tables, exp(e)) + z, middle - 8 * (p1 == 0), middle + 12, 110)) if p0 else "")
    return [mp.nstr(x, 18) if isinstance(x, mpf) else str(x) for x in out]


SETS = [
    ("0.95", [(9, 135, 10, 188)]),
    ("0.95", [(75, 168, 49, 167)]),
    ("0.9", [(0, 20, 3, 25)]),
    ("0.95", [(7, 34, 0, 34)]),
    ("0.99", [(25, 25, 18, 20)]),
    ("0.95", [(8, 106, 5, 120), (22, 98, 16, 85)]),
    ("0.95", [(1, 2, 0, 1), (0, 1, 1, 2), (2, 3, 1, 2), (1, 2, 0, 3), (0, 4, 1, 2), (3, 3, 1, 5)]),
    ("0.95", [(9, 1350, 10, 1840), (3, 700, 8, 650)]),
    ("0.95", [(0, 9, 0, 12), (2, 7, 1, 8), (5, 5, 6, 6)]),
]
print("level,x1,n1,x0,n0,lower,upper,ratio_lower,ratio_upper")
for level, tables in SETS:
    columns = [" ".join(str(t[i]) for t in tables) for i in range(4)]
    print(",".join([level, *columns, *limits(tables, level)]))
