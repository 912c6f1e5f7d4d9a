"""Bounds for missing outcomes from their definitions: trimmed means in exact fractions, by copying
every outcome often enough for whole numbers to be trimmed; standard errors by the formulas of Lee
2009, proposition 3, in 40 digits; worst cases by filling every gap.

python3 bounds.py > bounds.csv      (mpmath 1.4.1)
"""
from fractions import Fraction as F
from mpmath import mp, mpf, ncdf, sqrt, findroot

mp.dps = 40


def real(f):
    return mpf(f.numerator) / mpf(f.denominator)


def mean(values):
    return sum(values, F(0)) / len(values)


def sample_variance(values):
    m = mean(values)
    return sum((v - m) ** 2 for v in values) / (len(values) - 1)


def end(values, drawn, other_answered, other_drawn, lowest):
    """Trimmed mean at one end, and its variance by Lee's formula."""
    copies = other_drawn
    many = sorted(v for v in values for _ in range(copies))
    keep = drawn * other_answered  # of copies
    ends = many[:keep] if lowest else many[len(many) - keep:]
    mu = mean(ends)
    k = F(keep, copies)
    spread = sum((v - mu) ** 2 for v in ends) / copies / (k - 1)
    # The outcomes on both sides of the cut: the same, if one person is cut in two.
    at = keep if lowest else len(many) - keep
    if keep == len(many):
        cut = many[-1] if lowest else many[0]
    else:
        cut = (many[at - 1] + many[at]) / 2
    # Lee's notation, with D the arm that is trimmed: n persons, p trimmed, a0 the other's share.
    n = drawn + other_drawn
    e_d = F(drawn, n)
    e_sd = F(len(values), n)
    a0 = F(other_answered, other_drawn)
    p = 1 - a0 / F(len(values), drawn)
    v_p = (1 - p) ** 2 * ((1 - a0 / (1 - p)) / (e_d * (a0 / (1 - p))) + (1 - a0) / ((1 - e_d) * a0))
    v = (spread / (e_sd * (1 - p)) + (cut - mu) ** 2 * p / (e_sd * (1 - p))
         + ((cut - mu) / (1 - p)) ** 2 * v_p)
    return mu, v / n


def lee(arm, n1, ref, n0):
    s1, s0 = len(arm), len(ref)

    def trim_arm():
        m, v = mean(ref), sample_variance(ref) / s0
        lo, lv = end(arm, n1, s0, n0, True)
        hi, hv = end(arm, n1, s0, n0, False)
        return lo - m, hi - m, lv + v, hv + v

    def trim_ref():
        m, v = mean(arm), sample_variance(arm) / s1
        lo, lv = end(ref, n0, s1, n1, True)
        hi, hv = end(ref, n0, s1, n1, False)
        return m - hi, m - lo, hv + v, lv + v

    if F(s1, n1) > F(s0, n0):
        return trim_arm()
    if F(s1, n1) < F(s0, n0):
        return trim_ref()
    a, b = trim_arm(), trim_ref()
    return a[0], a[1], max(a[2], b[2]), max(a[3], b[3])


def worst(arm, n1, ref, n0, least, most):
    def fill(values, n, w):
        return list(values) + [w] * (n - len(values))
    out = []
    for a, r in ((least, most), (most, least)):
        x, y = fill(arm, n1, a), fill(ref, n0, r)
        out.append((mean(x) - mean(y), sample_variance(x) / n1 + sample_variance(y) / n0))
    return out[0][0], out[1][0], out[0][1], out[1][1]


def interval(lower, upper, vl, vu, level):
    sl, su = sqrt(real(vl)), sqrt(real(vu))
    d = real(upper - lower) / max(sl, su)
    c = findroot(lambda c: ncdf(c + d) - ncdf(-c) - mpf(level), (mpf("1.2"), mpf("2.7")), solver="anderson", tol=1e-60, verify=False)
    assert abs(ncdf(c + d) - ncdf(-c) - mpf(level)) < mpf(10) ** -30
    return real(lower) - c * sl, real(upper) + c * su


def numbers(text):
    return [F(t) for t in text.split()]


# name, arm, drawn, reference, drawn, level
CASES = [
    ("arm answers more", "3 1 4 1.5 9 2.6 5 3.5 8 9.7", 12, "2 7 1 8 2.8 1.8", 9, "0.95"),
    ("reference answers more", "2 7 1 8 2.8 1.8", 9, "3 1 4 1.5 9 2.6 5 3.5 8 9.7", 12, "0.95"),
    ("a whole number is left", "5 3 8 1 9 4 7 2", 10, "6 2 5 4 1 3", 10, "0.95"),
    ("ties at the cut", "0 0 0 2 2 2 2 5 5 5 5 5 7 7", 16, "0 2 2 5 5 7 1 0", 13, "0.9"),
    ("yes or no", "1 1 1 0 1 0 0 1 1 0 1 1 0 0 1 1 1 0", 20, "0 0 1 0 1 1 0 1 0 0 0 1", 19, "0.95"),
    ("alike", "5 3 8 1 9 4 7 2", 10, "6 2 5 7", 5, "0.95"),
    ("nobody missing", "5 3 8 1 9 4 7 2", 8, "6 2 5 7 4.5", 5, "0.95"),
    ("weeks", "0 0 12 52 52 31 7 0 44 52 52 18 25 3 0 52 40 40", 19, "0 0 0 3 52 12 20 6 52 0 41 8 30", 17, "0.99"),
]
LIMITS = {"yes or no": (0, 1), "weeks": (0, 52)}

print("case,arm,drawn_arm,reference,drawn_reference,level,lower,upper,lower_error,upper_error,"
      "from,to,least,most,worst_lower,worst_upper,worst_lower_error,worst_upper_error,worst_from,worst_to")
for name, arm, n1, ref, n0, level in CASES:
    a, r = numbers(arm), numbers(ref)
    least, most = (F(x) for x in LIMITS.get(name, (0, 10)))
    row = [name, arm, n1, ref, n0, level]
    for bounds in (lee(a, n1, r, n0), worst(a, n1, r, n0, least, most)):
        lower, upper, vl, vu = bounds
        lo, hi = interval(lower, upper, vl, vu, level)
        if bounds[0] < -(most - least) or lo < -(most - least) or hi > most - least:
            print("# beyond the limits", name)
        row += [mp.nstr(x, 18) for x in (real(lower), real(upper), sqrt(real(vl)), sqrt(real(vu)), lo, hi)]
        if len(row) == 12:
            row += [least, most]
    print(",".join(str(x) for x in row))
