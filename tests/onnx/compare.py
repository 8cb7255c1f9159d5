"""Runs exported networks in onnxruntime and compares with what the plans of vertebra-conv gave.

    pip install numpy onnx onnxruntime safetensors
    VERTEBRA_ONNX="$PWD/exported" cargo test --release -p vertebra-hrnet -p vertebra-deepsurv
    python tests/onnx/compare.py exported

For every NAME.onnx in the folder the tests have written NAME.INPUT.f32 for each input and
NAME.output.f32. Prints a table of the largest differences over the largest magnitude; `timm` is the
output of timm's own network for the same weights and input, where there is one. Fails above 1e-4.
"""
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from safetensors.numpy import load_file

TIMM = Path(__file__).parents[2] / "crates/hrnet/testdata/narrow_io.safetensors"
LIMIT = 1e-4


def relative(got, expected):
    return np.abs(np.ravel(got) - np.ravel(expected)).max() / np.abs(expected).max()


def compare(path):
    onnx.checker.check_model(onnx.load(path), full_check=True)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    floats = lambda name: np.fromfile(path.with_suffix(f".{name}.f32"), np.float32)
    inputs = {i.name: floats(i.name).reshape([-1, *i.shape[1:]]) for i in session.get_inputs()}
    together = session.run(None, inputs)[0]
    n = len(together)
    singly = [session.run(None, {k: v[i:i + 1] for k, v in inputs.items()})[0] for i in range(n)]
    row = {
        "plan": relative(together, floats("output")),
        "one by one": relative(np.concatenate(singly), together),
    }
    if path.stem == "narrow":
        row["timm"] = relative(together, load_file(TIMM)["output"])
    return n, row


def main(folder):
    print(f"onnxruntime {onnxruntime.__version__}, onnx {onnx.__version__}")
    print(f"{'network':12} {'batch':>5} {'plan':>10} {'one by one':>10} {'timm':>10}")
    worst, paths = 0.0, sorted(Path(folder).glob("*.onnx"))
    for path in paths:
        n, row = compare(path)
        cells = " ".join(f"{row[k]:10.1e}" if k in row else " " * 10
                         for k in ("plan", "one by one", "timm"))
        print(f"{path.stem:12} {n:5} {cells}")
        worst = max(worst, *row.values())
    if not paths or worst > LIMIT:
        sys.exit(f"{len(paths)} networks, largest difference {worst:.1e}, allowed {LIMIT:.0e}")


if __name__ == "__main__":
    main(*sys.argv[1:])
