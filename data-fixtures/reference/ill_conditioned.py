# Ordinary least squares in exact fractions, where floating point loses digits: Longley's data
# (R's `longley`, with an invented arm in every second year) and powers of 1 to 40.
# python3 ill_conditioned.py > ill_conditioned.csv        (standard library only)
import csv
from decimal import Decimal, getcontext
from fractions import Fraction as F

getcontext().prec = 40


def fit(y, columns):
    """Coefficient of the last column, and its hc0, hc2 and classical standard errors, df of hc2."""
    n, k = len(y), len(columns) + 1
    x = [[F(1)] + [c[r] for c in columns] for r in range(n)]
    a = [[sum(x[r][i] * x[r][j] for r in range(n)) for j in range(k)] + [F(i == j) for j in range(k)]
         for i in range(k)]
    for i in range(k):
        a[i] = [v / a[i][i] for v in a[i]]
        for r in range(k):
            if r != i:
                a[r] = [v - a[r][i] * w for v, w in zip(a[r], a[i])]
    inverse = [row[k:] for row in a]
    moments = [sum(x[r][i] * y[r] for r in range(n)) for i in range(k)]
    beta = [sum(p * q for p, q in zip(row, moments)) for row in inverse]
    u = [y[r] - sum(p * q for p, q in zip(x[r], beta)) for r in range(n)]
    g = [sum(p * q for p, q in zip(inverse[-1], x[r])) for r in range(n)]
    xi = [[sum(x[r][i] * inverse[i][j] for i in range(k)) for j in range(k)] for r in range(n)]
    hat = [[sum(p * q for p, q in zip(xi[r], x[s])) for s in range(n)] for r in range(n)]
    h = [hat[r][r] for r in range(n)]
    hc0 = sum((p * q) ** 2 for p, q in zip(g, u))
    hc2 = sum((p * q) ** 2 / (1 - l) for p, q, l in zip(g, u, h))
    classical = sum(q * q for q in u) / (n - k) * inverse[-1][-1]
    # Bell and McCaffrey: tr(P)²/tr(P²), P_rs = g_r·g_s·(I - H)_rs/√((1 - h_r)(1 - h_s)).
    trace = sum(v * v for v in g)
    squares = sum((g[r] * g[s] * (F(r == s) - hat[r][s])) ** 2 / ((1 - h[r]) * (1 - h[s]))
                  for r in range(n) for s in range(n))
    number = lambda f: Decimal(f.numerator) / Decimal(f.denominator)
    return [number(beta[-1])] + [number(v).sqrt() for v in (hc0, hc2, classical)] + [
        number(trace ** 2 / squares)]


print("data,estimate,hc0,hc2,classical,df")
table = {row[2]: row[3].split() for row in csv.reader(open("linear.csv")) if row[1] == "longley"}
# The table has 17 digits; Longley printed at most four behind the point.
exact = {name: [F(Decimal(v).quantize(Decimal("0.0001"))) for v in values]
         for name, values in table.items() if name in "yz" or name[0] == "x"}
print("longley", *fit(exact["y"], [exact[f"x{j}"] for j in range(1, 7)] + [exact["z"]]), sep=",")
rows = range(1, 41)
print("powers", *fit([F((7 * i * i + 3 * i) % 41) for i in rows],
                     [[F(i) ** p for i in rows] for p in range(1, 7)] + [[F(i * 5 % 7 < 3) for i in rows]]),
      sep=",")
