"""onnxruntime and torch on the networks that the bench `speed_inference` has written, beside its output.

    cargo bench --workspace --bench speed_inference -- FOLDER w32 384
    python benches/peers/inference/inference.py FOLDER w32 384 THREADS [onnxruntime|onnxruntime-int8|torch ..]

Prints for every runtime the median time on one film, the largest difference from our output over
its largest magnitude, and the process's peak memory (one runtime per process for that). For AVX2
alone set ONEDNN_MAX_CPU_ISA=AVX2 and ATEN_CPU_CAPABILITY=avx2 (torch).
"""
import resource
import sys
import time
from pathlib import Path

import numpy as np

RUNS = 21


def median_seconds(run):
    run()
    run()
    seconds = []
    for _ in range(RUNS):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return sorted(seconds)[RUNS // 2]


def with_onnxruntime(folder, name, x, threads):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(
        folder / f"{name}.onnx", options, providers=["CPUExecutionProvider"])
    inputs = {session.get_inputs()[0].name: x}
    return lambda: session.run(None, inputs)[0]


def with_onnxruntime_int8(folder, name, x, threads):
    """Its own quantisation: weights by output, values by ranges found on the same input."""
    import onnx
    from onnxruntime import quantization

    input_name = onnx.load(folder / f"{name}.onnx").graph.input[0].name

    class Once(quantization.CalibrationDataReader):
        batches = iter([{input_name: x}])

        def get_next(self):
            return next(self.batches, None)

    quantization.quantize_static(
        folder / f"{name}.onnx", folder / f"{name}-int8.onnx", Once(),
        quant_format=quantization.QuantFormat.QDQ, per_channel=True,
        activation_type=quantization.QuantType.QUInt8, weight_type=quantization.QuantType.QInt8)
    return with_onnxruntime(folder, f"{name}-int8", x, threads)


def pose_network(name):
    """timm's network with the pose head and without the unused outputs of the last exchange."""
    import torch
    from timm.models.hrnet import HighResolutionNet, cfg_cls

    width = int(name[1:])
    net = HighResolutionNet(cfg_cls[f"hrnet_w{width}"], head="")
    last = net.stage4[-1]
    last.fuse_layers = torch.nn.ModuleList([last.fuse_layers[0]])
    for unused in ("incre_modules", "downsamp_modules", "final_layer", "classifier", "head_drop"):
        if hasattr(net, unused):
            delattr(net, unused)

    class Pose(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.net, self.head = net, torch.nn.Conv2d(width, 5, 1)

        def forward(self, x):
            x = net.act1(net.bn1(net.conv1(x)))
            x = net.act2(net.bn2(net.conv2(x)))
            return self.head(net.stages(x)[0])

    return Pose()


def hrnet(name, weights):
    """The pose network with our weights."""
    pose = pose_network(name)
    missing, unexpected = pose.net.load_state_dict(
        {k: v for k, v in weights.items() if not k.startswith("final_layer.")}, strict=False)
    assert not unexpected, unexpected
    assert all("num_batches_tracked" in k for k in missing), missing
    pose.head.load_state_dict(
        {k[12:]: v for k, v in weights.items() if k.startswith("final_layer.")})
    return pose


def resnet18(folder, side):
    """torchvision's network for one channel, and our linear head on its pooled features."""
    import json

    import torch
    import torchvision
    from safetensors.torch import load_file

    weights = load_file(folder / f"resnet18-{side}/risk.safetensors")
    about = json.loads((folder / f"resnet18-{side}/risk.json").read_text())
    net = torchvision.models.resnet18(num_classes=1)
    net.conv1 = torch.nn.Conv2d(1, 64, 7, 2, 3, bias=False)
    net.fc = torch.nn.Linear(512, 1, bias=False)
    state = {k.removeprefix("encoder."): v for k, v in weights.items() if k.startswith("encoder.")}
    state["fc.weight"] = weights["head.output.weight"]
    missing, unexpected = net.load_state_dict(state, strict=False)
    assert not unexpected and all("num_batches_tracked" in k for k in missing), (missing, unexpected)
    constants, center = about["preprocessing"], about["center"]

    class Risk(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.net = net

        def forward(self, x):
            return net((x - constants["pixel_mean"]) / constants["pixel_sd"]) - center

    return Risk()


def with_torch(folder, name, x, threads):
    import torch
    from safetensors.torch import load_file

    torch.set_num_threads(threads)
    if name == "resnet18":
        model = resnet18(folder, x.shape[-1])
    else:
        model = hrnet(name, load_file(folder / f"{name}.safetensors"))
    model = model.eval().to(memory_format=torch.channels_last)
    x = torch.from_numpy(x).to(memory_format=torch.channels_last)

    def run():
        with torch.inference_mode():
            return model(x).numpy()

    return run


def main(folder, name, side, threads, *runtimes):
    folder, side, threads = Path(folder), int(side), int(threads)
    x = np.fromfile(folder / f"{name}_input.f32", np.float32).reshape(1, -1, side, side)
    ours = np.fromfile(folder / f"{name}_output.f32", np.float32)
    for runtime in runtimes or ("onnxruntime", "torch"):
        run = {
            "onnxruntime": with_onnxruntime,
            "onnxruntime-int8": with_onnxruntime_int8,
            "torch": with_torch,
        }[runtime](folder, name, x, threads)
        difference = np.abs(np.ravel(run()) - ours).max() / np.abs(ours).max()
        seconds = median_seconds(run)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
        print(f"{name} {side}x{side}, {runtime}, {threads} threads: median {seconds * 1e3:.1f} ms, "
              f"difference {difference:.1e}, peak memory {peak:.0f} MB", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
