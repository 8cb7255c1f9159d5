"""pycox and torch on the work of the bench `speed_table_epochs`: seconds of an epoch of DeepSurv.

    OMP_NUM_THREADS=1 python benches/peers/survival/epochs.py pycox|torch SUBJECTS BATCH|cohort

pycox's CoxPH, and a loop over torch's own operations with its loss. Dropout, SELU and Adam as in the
bench. Prints the median of the epochs after the first, and the peak of memory.
"""
import resource
import sys
import time

import numpy as np
import torch
from pycox.models import CoxPH
from pycox.models.loss import cox_ph_loss

COVARIATES = 20
EPOCHS = 7


def network():
    layers, width = [], COVARIATES
    for _ in range(2):
        layers += [torch.nn.Linear(width, 32), torch.nn.SELU(), torch.nn.Dropout(0.1)]
        width = 32
    return torch.nn.Sequential(*layers, torch.nn.Linear(width, 1, bias=False))


def with_pycox(x, times, events, batch):
    import torchtuples

    model = CoxPH(network(), torchtuples.optim.Adam(1e-3))
    ended, seconds = [time.perf_counter()], []

    class Clock(torchtuples.callbacks.Callback):
        def on_epoch_end(self):
            seconds.append(time.perf_counter() - ended[0])
            ended[0] = time.perf_counter()

    model.fit(x, (times, events), batch, EPOCHS, callbacks=[Clock()], verbose=False)
    return seconds


def with_torch(x, times, events, batch):
    x, times, events = map(torch.from_numpy, (x, times, events))
    net = network().train()
    adam, seconds = torch.optim.Adam(net.parameters(), 1e-3), []
    for _ in range(EPOCHS):
        start = time.perf_counter()
        for part in torch.randperm(len(x)).split(batch):
            adam.zero_grad(set_to_none=True)
            cox_ph_loss(net(x[part]), times[part], events[part]).backward()
            adam.step()
        seconds.append(time.perf_counter() - start)
    return seconds


def main(who, n, batch):
    n = int(n)
    torch.set_num_threads(1)
    torch.manual_seed(1)
    i = np.arange(n * COVARIATES)
    x = (((i * 31 + i // 7 * 17) % 997) / 400 - 1.2).astype(np.float32).reshape(n, COVARIATES)
    x = (x - x.mean(0)) / x.std(0)
    times = (1 + np.arange(n) * 37 % 100_003 / 100).astype(np.float32)
    events = (np.arange(n) % 3 == 0).astype(np.float32)
    peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    before = peak()
    run = {"pycox": with_pycox, "torch": with_torch}[who]
    seconds = sorted(run(x, times, events, n if batch == "cohort" else int(batch))[1:])
    print(f"{who}, {n} subjects, batch {batch}: {seconds[len(seconds) // 2]:.4f} s an epoch (fastest "
          f"{seconds[0]:.4f}); {before:.0f} MB with the table, {peak():.0f} MB at the peak", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
