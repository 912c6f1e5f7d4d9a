"""How long numpy, statsmodels and lifelines take for what benches/estimate.rs times.

    python3 -m venv peers && peers/bin/pip install numpy scipy statsmodels lifelines pyarrow
    KLERO_PYTHON=$PWD/peers/bin/python cargo bench --bench estimate

writes the input, runs this script and prints the ratios. By hand: estimate.py FOLDER.

Prints a line for each job: peer, job, seconds of processors, seconds on the clock, and what came
out, separated by tabs; or peer, job and `missing`. Reading the input is not timed.
"""

import os
import resource
import subprocess
import sys
import time


def job(peer, name, runs, work):
    processor, clock = [], []
    for _ in range(runs):
        begin = time.process_time(), time.perf_counter()
        values = work()
        processor.append(time.process_time() - begin[0])
        clock.append(time.perf_counter() - begin[1])
    tell(peer, name, min(processor), min(clock), values)


def tell(peer, name, processor, clock, values):
    values = " ".join(repr(float(value)) for value in values)
    print(peer, name, f"{processor:.6g}", f"{clock:.6g}", values, sep="\t", flush=True)


def missing(peer, *names):
    for name in names:
        print(peer, name, "missing", sep="\t", flush=True)


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


def whole(folder):
    """A process of its own: from Parquet to the estimate."""
    import numpy
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(os.path.join(folder, "table.parquet"))
    column = lambda name: table.column(name).to_numpy()
    x = [numpy.ones(table.num_rows), column("arm").astype(float)]
    x += [column(f"x{number}") for number in range(1, 9)]
    print(*hc2(numpy, column("y"), numpy.column_stack(x)))


def main():
    folder = sys.argv[1]
    if "--whole" in sys.argv:
        return whole(folder)
    names = ["hc2", "10,000 studentised replays, 503 persons"]
    try:
        import numpy
    except ImportError:
        missing("numpy", *names)
        missing("statsmodels", names[0])
        return
    load = lambda name: numpy.fromfile(os.path.join(folder, name + ".f64"))

    table = load("table").reshape(10, -1)
    y, x = table[0].copy(), design(numpy, table)
    job("numpy", "hc2", 3, lambda: hc2(numpy, y, x))
    try:
        import statsmodels.api as sm

        def fitted():
            fit = sm.OLS(y, x).fit(cov_type="HC2")
            return fit.params[1], fit.bse[1]

        job("statsmodels", "hc2", 3, fitted)
    except ImportError:
        missing("statsmodels", "hc2")
    del table, y, x

    y, arm, block = load("blocks").reshape(3, -1)
    job("numpy", names[1], 3, lambda: replays(numpy, y, arm, block, 10_000))

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.perf_counter()
    command = [sys.executable, __file__, folder, "--whole"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    clock = time.perf_counter() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode == 0:
        processor = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
        name = f"numpy and pyarrow ({after.ru_maxrss / 1024:.0f} MB)"
        tell(name, "from Parquet to the estimate", processor, clock, done.stdout.split())
    else:
        missing("numpy and pyarrow", "from Parquet to the estimate")

    if "--lifelines" in sys.argv:
        try:
            import lifelines
            import pandas

            times = load("times").reshape(6, -1)
            frame = pandas.DataFrame(dict(zip(["t", "d", "arm", "a", "b", "c"], times)))

            def cox():
                fit = lifelines.CoxPHFitter().fit(frame, "t", "d", fit_options={"precision": 1e-12})
                return fit.params_["arm"], fit.standard_errors_["arm"]

            job("lifelines", "Cox, four columns", 1, cox)
        except ImportError:
            missing("lifelines", "Cox, four columns")

    if "--large" in sys.argv:
        table = load("large").reshape(10, -1)
        y, x = table[0].copy(), design(numpy, table)
        job("numpy", "hc2, ten times the rows", 1, lambda: hc2(numpy, y, x))


main()
