"""scikit-survival's forest and boosting on the tables of the program `deepsurv`.

    python benches/peers/survival/tables.py TABLE.csv.. [--seeds 3]

Each table has the columns `split` (`train`, `valid`, `test`), `time`, `event` and covariates, all of
which are used but those whose name begins with `log_hazard`. Learns from the rows `train` and `valid`
with the library's default settings, save for trees of at least 15 subjects in a leaf (its
documentation's example) and 300 of them, and prints Harrell's C on the rows `test`.
"""
import argparse
import time

import numpy as np
import pandas
from sksurv.ensemble import GradientBoostingSurvivalAnalysis, RandomSurvivalForest
from sksurv.metrics import concordance_index_censored
from sksurv.util import Surv


def models(seed):
    yield "forest", RandomSurvivalForest(n_estimators=300, min_samples_leaf=15, random_state=seed)
    yield "boosting", GradientBoostingSurvivalAnalysis(n_estimators=300, random_state=seed)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tables", nargs="+")
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    for path in arguments.tables:
        table = pandas.read_csv(path)
        names = [name for name in table.columns
                 if name not in ("split", "time", "event") and not name.startswith("log_hazard")]
        x = table[names].to_numpy(float)
        y = Surv.from_arrays(table["event"].astype(bool), table["time"])
        test = (table["split"] == "test").to_numpy()
        found = {}
        for seed in range(1, arguments.seeds + 1):
            for name, model in models(seed):
                start = time.perf_counter()
                model.fit(x[~test], y[~test])
                risk = model.predict(x[test])
                c = concordance_index_censored(y[test]["event"], y[test]["time"], risk)[0]
                found.setdefault(name, []).append((c, time.perf_counter() - start))
        for name, runs in found.items():
            c, seconds = np.array(runs).T
            print(f"{path}, {name}: C {c.mean():.4f} ({c.min():.4f} to {c.max():.4f}) of "
                  f"{len(c)} seeds, {seconds.mean():.1f} s", flush=True)


if __name__ == "__main__":
    main()
