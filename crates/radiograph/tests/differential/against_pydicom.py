"""Compares stored-to-modality values with pydicom on every image file that pydicom ships, and on the
files and folders named on the command line; prints a table by transfer syntax.

    pip install "pydicom==3.*" pylibjpeg pylibjpeg-libjpeg pylibjpeg-openjpeg pylibjpeg-rle pyjpegls numpy
    cargo build --release --bin radiograph
    python against_pydicom.py ../../../../target/release/radiograph [FILE or FOLDER ...]

`equal`: every value; `close`: a lossy syntax, every value within the tolerance printed in the code;
`refused`: we give an error, which is printed; `extra`: we decode what pydicom does not; `wrong`: anything
else, and the exit code is 1.
"""

import collections
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import pydicom
from pydicom.data import get_testdata_files
from pydicom.pixels import apply_modality_lut

LOSSY = {
    "1.2.840.10008.1.2.4.50": 2,
    "1.2.840.10008.1.2.4.51": 2,
    "1.2.840.10008.1.2.4.81": 0,
    "1.2.840.10008.1.2.4.91": 2,
}


def reference(path):
    """pydicom's first frame after the modality LUT, or None; colour as luma."""
    ds = pydicom.dcmread(path, force=True)
    if "PixelData" not in ds:
        return ds, None, "no pixel data"
    try:
        samples = ds.get("SamplesPerPixel", 1)
        array = pydicom.pixels.pixel_array(ds, index=0)
        if samples == 3:
            array = array[..., :3].astype(np.float64) @ [0.299, 0.587, 0.114]
        elif ds.PhotometricInterpretation == "PALETTE COLOR":
            array = pydicom.pixels.apply_color_lut(array, ds)[..., :3].astype(np.float64)
            array = array @ [0.299, 0.587, 0.114]
        else:
            array = apply_modality_lut(array, ds)
        return ds, np.asarray(array, np.float64), None
    except Exception as error:
        return ds, None, f"{type(error).__name__}: {str(error).splitlines()[0][:60]}"


def ours(program, path, folder):
    """Our values after the modality LUT, or the error."""
    out = pathlib.Path(folder) / "out.npy"
    out.unlink(missing_ok=True)
    command = [program, str(path), "--lenient", "--npy", str(out), "--json"]
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode:
        return None, run.stderr.strip().splitlines()[-1] if run.stderr.strip() else "?"
    return np.load(out).astype(np.float64), None


def verdict(uid, expected, got):
    if expected.shape != got.shape:
        return "wrong", f"shape {got.shape} for {expected.shape}"
    difference = np.abs(expected - got)
    scale = max(1.0, np.abs(expected).max())
    if difference.max() <= 1e-6 * scale:
        return "equal", ""
    if difference.max() <= LOSSY.get(uid, 0):
        return "close", ""
    return "wrong", f"{np.count_nonzero(difference > 1e-6 * scale)} values, up to {difference.max()}"


def files(arguments):
    for argument in map(pathlib.Path, arguments):
        yield from sorted(p for p in argument.rglob("*") if p.is_file()) if argument.is_dir() else [argument]


def main():
    program, *more = sys.argv[1:]
    table = collections.defaultdict(collections.Counter)
    paths = [pathlib.Path(p) for p in sorted(get_testdata_files())] + list(files(more))
    with tempfile.TemporaryDirectory() as folder:
        for path in paths:
            try:
                ds, expected, reason = reference(path)
            except Exception:
                continue
            if reason == "no pixel data":
                continue
            uid = str(ds.file_meta.get("TransferSyntaxUID", "none")) if hasattr(ds, "file_meta") else "none"
            got, error = ours(program, path, folder)
            if expected is None:
                result, note = ("extra", reason) if got is not None else ("both refuse", "")
            elif got is None:
                result, note = "refused", error
            else:
                result, note = verdict(uid, expected, got)
            name = pydicom.uid.UID(uid).name if uid != "none" else "no transfer syntax"
            table[name][result] += 1
            if note:
                print(f"{result}: {path.name}: {note[:200]}")
    columns = ["equal", "close", "extra", "refused", "both refuse", "wrong"]
    print("| transfer syntax | " + " | ".join(columns) + " |")
    print("|---" * (len(columns) + 1) + "|")
    for name in sorted(table):
        print(f"| {name} | " + " | ".join(str(table[name][c]) for c in columns) + " |")
    sys.exit(any(table[name]["wrong"] for name in table))


main()
