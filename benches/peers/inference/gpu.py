"""torch on the work of the benches `speed_forward` and `speed_training`, on its GPU or its CPU.

    python benches/peers/inference/gpu.py MATRIX SIDE FORWARD STEP IMAGES RUNS

MATRIX are the rows and columns of the matrices, SIDE those of the images; FORWARD, STEP and IMAGES
the batches of HRNet forward, of its training and of that of ResNet. In f32 (without TF32), f32 with
TF32 and bf16 by autocast; channels last; eager and, on a GPU, compiled.
"""
import sys
import time

import torch

from inference import pose_network
from training import resnet

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
WARM_UP = 2


def wait():
    if DEVICE == "cuda":
        torch.cuda.synchronize()


def median(run, runs):
    seconds = []
    for _ in range(WARM_UP + runs):
        wait()
        start = time.perf_counter()
        run()
        wait()
        seconds.append(time.perf_counter() - start)
    return sorted(seconds[WARM_UP:])[runs // 2]


def report(name, batch, run, runs):
    if DEVICE == "cuda":
        torch.cuda.reset_peak_memory_stats()
    seconds = median(run, runs)
    memory = f"; at most {torch.cuda.max_memory_allocated() / 2**20:.0f} MiB" if DEVICE == "cuda" else ""
    print(f"torch, {name}: median {seconds * 1e3:.1f} ms; {batch / seconds:.1f} images/s{memory}", flush=True)


def matrix(n, runs):
    for dtype in (torch.float32, torch.bfloat16):
        a = torch.randn(n, n, device=DEVICE, dtype=dtype)
        seconds = median(lambda: a @ a.T, runs)
        print(f"torch, {n}x{n} {dtype}: {seconds * 1e3:.2f} ms, {2e-12 * n**3 / seconds:.3f} Tflop/s", flush=True)


def step(net, x, target, bf16):
    adam = torch.optim.Adam(net.parameters(), 1e-3)

    def run():
        adam.zero_grad(set_to_none=True)
        with torch.autocast(DEVICE, torch.bfloat16, enabled=bf16):
            y = net(x)
        (y.float() - target).square().mean().backward()
        adam.step()

    return run


def main(matrix_size, side, forward, steps, images, runs):
    torch.manual_seed(1)
    for name, tf32, bf16 in (("f32", False, False), ("TF32", True, False), ("bf16", False, True)):
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = tf32
        if name == "f32":
            matrix(matrix_size, runs)
        elif name == "TF32" and DEVICE == "cpu":
            continue
        for compiled in (False, True) if DEVICE == "cuda" else (False,):
            kind = f"{name}, {'compiled' if compiled else 'eager'}"
            for network, batch, channels in (("w32", steps, 3), ("resnet18", images, 1), ("resnet50", images, 1)):
                net = pose_network(network) if channels == 3 else resnet(network)
                net = net.to(DEVICE).to(memory_format=torch.channels_last)
                if compiled:
                    net = torch.compile(net)
                image = lambda n: torch.randn(n, channels, side, side, device=DEVICE).to(memory_format=torch.channels_last)
                if network == "w32":
                    x, still = image(forward), net.eval()
                    with torch.no_grad(), torch.autocast(DEVICE, torch.bfloat16, enabled=bf16):
                        report(f"{network} forward, batch {forward} of {side}x{side}, {kind}", forward, lambda: still(x), runs)
                x = image(batch)
                net = net.train()
                with torch.no_grad():
                    target = torch.randn_like(net(x))
                report(f"{network} step, batch {batch} of {side}x{side}, {kind}", batch, step(net, x, target, bf16), runs)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
