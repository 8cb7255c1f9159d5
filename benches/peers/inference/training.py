"""torch on the training steps of the bench `speed_training`: forward, backward, Adam, channels last.

    python benches/peers/inference/training.py w32|resnet18|resnet50 BATCH SIDE THREADS [STEPS]

Prints the median time of a step and the process's peak memory. For AVX2 alone set
ONEDNN_MAX_CPU_ISA=AVX2 and ATEN_CPU_CAPABILITY=avx2. HRNet has the same layers as in
`inference.py` and the mean squared error of the heatmaps; ResNet is torchvision's with one channel
and one output.
"""
import resource
import sys
import time

import torch

from inference import pose_network

WARM_UP = 2


def resnet(name):
    import torchvision

    net = getattr(torchvision.models, name)(num_classes=1)
    net.conv1 = torch.nn.Conv2d(1, 64, 7, 2, 3, bias=False)
    return net


def main(name, batch, side, threads, steps=9):
    batch, side, steps = int(batch), int(side), int(steps)
    torch.set_num_threads(int(threads))
    torch.manual_seed(1)
    net, channels = (resnet(name), 1) if name.startswith("resnet") else (pose_network(name), 3)
    net = net.train().to(memory_format=torch.channels_last)
    x = torch.randn(batch, channels, side, side).to(memory_format=torch.channels_last)
    with torch.no_grad():
        target = torch.randn_like(net(x))
    adam = torch.optim.Adam(net.parameters(), 1e-3)

    seconds = []
    for _ in range(WARM_UP + steps):
        start = time.perf_counter()
        adam.zero_grad(set_to_none=True)
        (net(x) - target).square().mean().backward()
        adam.step()
        seconds.append(time.perf_counter() - start)
    seconds = sorted(seconds[WARM_UP:])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    print(f"{name}, batch {batch} of {side}x{side}, torch {torch.__version__}, {threads} threads: "
          f"median {seconds[len(seconds) // 2] * 1e3:.1f} ms of {steps} steps, fastest "
          f"{seconds[0] * 1e3:.1f}; peak memory {peak:.0f} MB", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
