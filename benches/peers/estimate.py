"""How long numpy, statsmodels, pyfixest and lifelines take for what benches/estimate.rs times.

    python3 -m venv peers
    peers/bin/pip install numpy scipy statsmodels lifelines pyarrow pyfixest
    KLERO_PYTHON=$PWD/peers/bin/python cargo bench --bench estimate

writes the input, runs this script and prints the ratios. By hand: estimate.py FOLDER [--slow]
[--large]; `--slow` has what takes minutes done as well, `--large` ten million rows.

Prints a line for each job, separated by tabs: peer, job, seconds of cores, seconds on the clock, MB
beside what was held before, and what came out; or peer, job and `missing`. Reading the input is not
timed.
"""

import gc
import importlib
import os
import resource
import subprocess
import sys
import time

FOLDER = sys.argv[1]
HC2 = "hc2"
LARGE = "hc2, ten times the rows"
REPLAYS = "10,000 studentised replays, 503 persons"
BOOTSTRAPS = "10,000 bootstraps of a difference, 503 persons"
COX = "Cox, four columns"
CURVES = "Kaplan–Meier of both arms, log-rank"
WHOLE = "from Parquet to the estimate"
NAN = float("nan")


def status(name):
    """A number of MB that Linux tells of this process."""
    with open("/proc/self/status") as lines:
        for line in lines:
            if line.startswith(name):
                return int(line.split()[1]) * 1024 / 1e6


def memory():
    """Begins counting the most memory; returns what is held now, or nothing where nobody tells."""
    gc.collect()
    try:
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")
        return status("VmRSS")
    except OSError:
        return None


def job(peer, name, runs, work):
    cores, clock, taken = [], [], []
    for _ in range(runs):
        before = memory()
        begin = time.process_time(), time.perf_counter()
        values = work()
        cores.append(time.process_time() - begin[0])
        clock.append(time.perf_counter() - begin[1])
        if before is not None:
            taken.append(status("VmHWM") - before)
    tell(peer, name, min(cores), min(clock), max(taken, default=None), values)


def tell(peer, name, cores, clock, taken, values):
    values = " ".join(repr(float(value)) for value in values)
    taken = "-" if taken is None else f"{taken:.1f}"
    print(peer, name, f"{cores:.6g}", f"{clock:.6g}", taken, values, sep="\t", flush=True)


def there(module, *names, peer=None):
    """Returns a module; where it is not installed, its jobs are missing."""
    try:
        return importlib.import_module(module)
    except ImportError:
        for name in names:
            print(peer or module, name, "missing", sep="\t", flush=True)


def load(name, columns):
    numpy = importlib.import_module("numpy")
    return numpy.fromfile(os.path.join(FOLDER, name + ".f64")).reshape(columns, -1)


def hc2(numpy, y, x):
    """Effect and standard error by the normal equations, leverages from the inverse."""
    inverse = numpy.linalg.inv(x.T @ x)
    beta = inverse @ (x.T @ y)
    rest = y - x @ beta
    leverage = numpy.einsum("ij,ij->i", x @ inverse, x)
    scores = x * (rest / numpy.sqrt(1 - leverage))[:, None]
    variance = inverse @ (scores.T @ scores) @ inverse
    return beta[1], numpy.sqrt(variance[1, 1])


def design(numpy, columns):
    """Intercept, arm and covariates, a row beside the other."""
    return numpy.column_stack([numpy.ones(columns.shape[1]), columns[1:].T])


def regressions(numpy, file, name):
    table = load(file, 10)
    y, x = table[0].copy(), design(numpy, table)
    job("numpy", name, 3, lambda: hc2(numpy, y, x))
    if name == LARGE:
        return
    if sm := there("statsmodels.api", name, peer="statsmodels"):

        def fitted():
            fit = sm.OLS(y, x).fit(cov_type="HC2")
            return fit.params[1], fit.bse[1]

        job("statsmodels", name, 3, fitted)
    del y, x
    if pf := there("pyfixest", name):
        pandas = importlib.import_module("pandas")
        names = ["y", "arm", *(f"x{number}" for number in range(1, 9))]
        frame = pandas.DataFrame(dict(zip(names, table)))
        formula = "y ~ " + " + ".join(names[1:])

        def absorbed():
            # Their factor n / (n − k) belongs to hc1.
            plain = pf.ssc(k_adj=False, G_adj=False)
            fit = pf.feols(formula, frame, vcov="HC2", ssc=plain, copy_data=False, store_data=False)
            return fit.coef()["arm"], fit.se()["arm"]

        job("pyfixest", name, 3, absorbed)


def bootstraps(numpy, y, arm, number):
    """The outer fortieths of t* over resamples of the persons of each arm."""
    random = numpy.random.default_rng(1)
    sides = y[arm != 0], y[arm == 0]
    own = sides[0].mean() - sides[1].mean()
    ratios = []
    while len(ratios) * 1000 < number:
        means, errors = [], []
        for side in sides:
            of = side[random.integers(0, len(side), (1000, len(side)), dtype=numpy.uint16)]
            means.append(of.mean(axis=1))
            errors.append(of.var(axis=1, ddof=1) / len(side))
        ratios.append((means[0] - means[1] - own) / numpy.sqrt(errors[0] + errors[1]))
    return numpy.quantile(numpy.concatenate(ratios), [0.025, 0.975]).tolist()


def replays(numpy, y, arm, block, number):
    """Permutes two of three arms within blocks, as many at a time as fit into the cache."""
    random = numpy.random.default_rng(1)
    two = arm < 2
    y, arm, block = y[two], arm[two] == 1, block[two].astype(int)
    order = numpy.argsort(block, kind="stable")
    y, arm, block = y[order], arm[order], block[order]

    def statistic(z):
        n1, n0 = z.sum(axis=-1), (~z).sum(axis=-1)
        s1, s0 = z @ y, (~z) @ y
        q1, q0 = z @ (y * y), (~z) @ (y * y)
        m1, m0 = s1 / n1, s0 / n0
        v1 = (q1 - n1 * m1 * m1) / (n1 - 1)
        v0 = (q0 - n0 * m0 * m0) / (n0 - 1)
        return numpy.abs(m1 - m0) / numpy.sqrt(v1 / n1 + v0 / n0)

    observed = statistic(arm[None, :])[0]
    extreme = 0
    done = 0
    while done < number:
        now = min(1000, number - done)
        # Sorting by block and lot shuffles the arms within each block.
        lots = random.random((now, len(y))) + block
        z = arm[numpy.argsort(lots, axis=1)]
        extreme += (statistic(z) >= observed * (1 - 1e-9)).sum()
        done += now
    return [(extreme + 1) / (number + 1)]


def durations(lifelines):
    pandas = importlib.import_module("pandas")
    frame = pandas.DataFrame(dict(zip(["t", "d", "arm", "a", "b", "c"], load("times", 6))))
    curve, test = lifelines.KaplanMeierFitter, lifelines.statistics.logrank_test

    def curves():
        arm, rest = frame[frame.arm == 1], frame[frame.arm == 0]
        at = [curve().fit(part.t, part.d).predict(52) for part in (arm, rest)]
        chi_squared = test(arm.t, rest.t, arm.d, rest.d).test_statistic
        return at[0], NAN, at[1], NAN, chi_squared

    job("lifelines", CURVES, 1, curves)
    if "--slow" in sys.argv:

        def cox():
            fit = lifelines.CoxPHFitter().fit(frame, "t", "d", fit_options={"precision": 1e-12})
            return fit.params_["arm"], fit.standard_errors_["arm"]

        job("lifelines", COX, 1, cox)


def whole():
    """A process of its own: from Parquet to the estimate."""
    numpy = importlib.import_module("numpy")
    parquet = importlib.import_module("pyarrow.parquet")
    table = parquet.read_table(os.path.join(FOLDER, "table.parquet"))
    column = lambda name: table.column(name).to_numpy()
    x = [numpy.ones(table.num_rows), column("arm").astype(float)]
    x += [column(f"x{number}") for number in range(1, 9)]
    print(*hc2(numpy, column("y"), numpy.column_stack(x)))


def from_parquet():
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.perf_counter()
    command = [sys.executable, __file__, FOLDER, "--whole"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    clock = time.perf_counter() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cores = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    peak = after.ru_maxrss * 1024 / 1e6
    tell("numpy and pyarrow", WHOLE, cores, clock, peak, done.stdout.split())


def main():
    if "--whole" in sys.argv:
        return whole()
    # First, while this process has had no other child.
    if there("pyarrow", WHOLE, peer="numpy and pyarrow"):
        from_parquet()
    if numpy := there("numpy", HC2, REPLAYS, BOOTSTRAPS):
        regressions(numpy, "table", HC2)
        y, arm, block = load("blocks", 3)
        job("numpy", REPLAYS, 3, lambda: replays(numpy, y, arm, block, 10_000))
        job("numpy", BOOTSTRAPS, 3, lambda: bootstraps(numpy, y, arm, 10_000))
        if "--large" in sys.argv:
            regressions(numpy, "large", LARGE)
    if lifelines := there("lifelines", CURVES):
        importlib.import_module("lifelines.statistics")
        durations(lifelines)


main()
