"""The fits of the program `cox` by lifelines and scikit-survival, on the samples in the folder given.

Prints one line for each job: job, who, seconds, a value to compare. A package that is not installed is left
out.
"""
import sys
import time
import warnings

import numpy as np

warnings.filterwarnings("ignore")
JOBS = [("1e5x10", 100_000, 10), ("1e5x100", 100_000, 100), ("1e6x10days", 1_000_000, 10)]


def sample(name, n, p):
    values = np.fromfile(f"{sys.argv[1]}/{name}.bin")
    return values[:n], values[n : 2 * n] > 0, values[2 * n :].reshape(n, p)


def report(job, who, work):
    start = time.perf_counter()
    value = work()
    print(f"{job}\t{who}\t{time.perf_counter() - start:.4f}\t{value}", flush=True)


def structured(times, event):
    return np.array(list(zip(event, times)), dtype=[("event", bool), ("time", float)])


def lifelines():
    import pandas
    from lifelines import CoxPHFitter

    for job, n, p in JOBS:
        times, event, x = sample(job, n, p)
        data = pandas.DataFrame(x).assign(time=times, event=event)
        report(job, "lifelines", lambda: CoxPHFitter().fit(data, "time", "event").log_likelihood_)


def scikit_survival():
    from sksurv.linear_model import CoxnetSurvivalAnalysis, CoxPHSurvivalAnalysis

    times, event, x = sample("1e4x200", 10_000, 200)
    y = structured(times, event)

    def net():
        options = dict(l1_ratio=0.9, n_alphas=50, alpha_min_ratio=0.01, normalize=True)
        return np.abs(CoxnetSurvivalAnalysis(**options).fit(x, y).coef_[:, -1]).sum()

    report("1e4x200", "scikit-survival", net)
    times, event, x = sample(*JOBS[0])
    y = structured(times, event)
    report("1e5x10", "scikit-survival", lambda: CoxPHSurvivalAnalysis(ties="efron").fit(x, y).coef_.sum())


for library in (lifelines, scikit_survival):
    try:
        library()
    except ImportError as missing:
        print(f"{library.__name__}: {missing}", file=sys.stderr)
