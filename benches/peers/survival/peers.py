"""The same jobs by lifelines, scikit-survival, torchsurv and pycox, on the samples in the folder given.

Prints one line for each job: job, who, seconds (the least of several runs), a value to compare. A package
that is not installed is left out.
"""
import sys
import time
import warnings

import numpy as np

warnings.filterwarnings("ignore")


def column(n, name):
    return np.fromfile(f"{sys.argv[1]}/{n}/{name}.f64")


def report(job, who, work, runs=3):
    least, value = float("inf"), None
    begin = time.perf_counter()
    for done in range(200):
        start = time.perf_counter()
        value = work()
        least = min(least, time.perf_counter() - start)
        if done + 1 >= runs and time.perf_counter() - begin > 1.0:
            break
        if time.perf_counter() - begin > 20.0:
            break
    print(f"{job}\t{who}\t{least:.6f}\t{value}", flush=True)


def lifelines():
    from lifelines import KaplanMeierFitter

    event = column(1_000_000, "event") > 0
    for kind, name in [("continuous", "time"), ("days", "days")]:
        times = column(1_000_000, name)

        def work():
            fit = KaplanMeierFitter().fit(times, event)
            return float(fit.predict(5.0)) + 0 * fit.confidence_interval_.shape[0]

        report(f"Kaplan-Meier with CI, n=1e6, {kind}", "lifelines", work)


def sksurv():
    from sksurv.metrics import cumulative_dynamic_auc
    from sksurv.nonparametric import kaplan_meier_estimator
    from sksurv.util import Surv

    n = 100_000
    outcome = Surv.from_arrays(column(n, "event") > 0, column(n, "time"))
    risk = column(n, "risk")
    horizons = [1.0, 2.0, 3.0, 4.0, 5.0]
    report("AUC(t) at 5 times, n=1e5", "scikit-survival",
           lambda: cumulative_dynamic_auc(outcome, outcome, risk, horizons)[0][4])
    event = column(1_000_000, "event") > 0
    for kind, name in [("continuous", "time"), ("days", "days")]:
        times = column(1_000_000, name)
        report(f"Kaplan-Meier with CI, n=1e6, {kind}", "scikit-survival",
               lambda: len(kaplan_meier_estimator(event, times, conf_type="log-log")[0]))


def losses():
    import torch

    torch.set_num_threads(1)
    n = 100_000
    event = torch.tensor(column(n, "event") > 0)
    risk = torch.tensor(column(n, "risk"), dtype=torch.float32, requires_grad=True)
    times = {name: torch.tensor(column(n, name), dtype=torch.float32) for name in ["time", "days"]}

    def step(loss):
        risk.grad = None
        value = loss()
        value.backward()
        return float(value.detach())

    try:
        from pycox.models.loss import cox_ph_loss

        report("Cox loss + gradient, n=1e5, no ties", "pycox",
               lambda: step(lambda: cox_ph_loss(risk, times["time"], event.float())), 10)
    except ImportError:
        pass
    try:
        from torchsurv.loss.cox import neg_partial_log_likelihood as cox

        report("Cox loss + gradient, n=1e5, days, Efron", "torchsurv",
               lambda: step(lambda: cox(risk, event, times["days"])), 10)
        report("Cox loss + gradient, n=1e5, no ties", "torchsurv",
               lambda: step(lambda: cox(risk, event, times["time"])), 10)
    except ImportError:
        pass


for part in [lifelines, sksurv, losses]:
    try:
        part()
    except ImportError as missing:
        print(f"{part.__name__} left out: {missing}", file=sys.stderr)
