"""Compares this crate with pydicom and with DCMTK on every image file that pydicom ships, on high-throughput
JPEG 2000 films made of the frames in ../../testdata, and on the files and folders named on the command line.

    cargo build --release --bin radiograph
    python3 compare.py ../../../../target/release/radiograph [FILE or FOLDER ...]

Fetches nothing: pydicom and its decoders are to be installed. DCMTK
(Debian package dcmtk) is used where it is on the path. Prints three tables by transfer syntax:

  values     after the modality LUT, against pydicom
  DCMTK      the same against what dcmdjpeg, dcmdjpls, dcmdrle or dcmconv unpack
  picture    what a person would see, after VOI and inversion, against dcmj2pnm or dcml2pnm

`equal`: every value; `peers disagree`: equal to pydicom's values, which DCMTK's are not; `close`: a lossy syntax, every value within the tolerance in the code (pictures: within one of
255 grey levels); `refused`: we give an error, which is printed; `extra`: we decode what the other does not;
`both refuse`: nobody decodes it; `wrong`: anything else. The exit code is 1 where anything is refused or wrong.
"""

import collections
import pathlib
import shutil
import subprocess
import sys
import tempfile

PACKAGES = [
    "pydicom==3.*", "pylibjpeg", "pylibjpeg-libjpeg", "pylibjpeg-openjpeg", "pylibjpeg-rle", "pyjpegls", "numpy", "pillow",
]  # fmt: skip

try:
    import numpy as np
    import pydicom
    from openjpeg import decode as _
    from PIL import Image
except ImportError as error:
    sys.exit(f"{error}; this script fetches nothing: python3 -m pip install {' '.join(PACKAGES)}")

from pydicom.data import get_testdata_files
from pydicom.encaps import encapsulate
from pydicom.pixels import apply_modality_lut

Image.MAX_IMAGE_PIXELS = None
JPEG_LS = {"1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81"}
LOSSY = {
    "1.2.840.10008.1.2.4.50": 2,
    "1.2.840.10008.1.2.4.51": 2,
    "1.2.840.10008.1.2.4.81": 0,
    "1.2.840.10008.1.2.4.91": 2,
    "1.2.840.10008.1.2.4.203": 1,
}
UNPACK = {
    **dict.fromkeys(("4.50", "4.51", "4.57", "4.70"), ("dcmdjpeg",)),
    **dict.fromkeys(("4.80", "4.81"), ("dcmdjpls",)),
    "5": ("dcmdrle",),
    **dict.fromkeys(("", "1", "2", "1.99"), ("dcmconv", "+te")),
}
LUMA = [0.299, 0.587, 0.114]


def first_line(error):
    return f"{type(error).__name__}: {(str(error).splitlines() or [''])[0][:60]}"


def reference(path):
    """The first frame after the modality LUT, or None and why; colour as luma."""
    ds = pydicom.dcmread(path, force=True)
    if "PixelData" not in ds:
        return ds, None, "no pixel data"
    try:
        samples = ds.get("SamplesPerPixel", 1)
        array = pydicom.pixels.pixel_array(ds, index=0)
        if samples == 3:
            array = array[..., :3].astype(np.float64) @ LUMA
        elif ds.PhotometricInterpretation == "PALETTE COLOR":
            array = pydicom.pixels.apply_color_lut(array, ds)[..., :3].astype(np.float64) @ LUMA
        else:
            array = apply_modality_lut(array, ds)
        return ds, np.asarray(array, np.float64), None
    except Exception as error:
        return ds, None, first_line(error)


def unpacked(path, uid, folder):
    """The first frame after the modality LUT by way of DCMTK's decoders, or None and why."""
    tool = UNPACK.get(uid.removeprefix("1.2.840.10008.1.2").removeprefix("."))
    if tool is None or not shutil.which(tool[0]):
        return None, "no tool"
    out = folder / "unpacked.dcm"
    out.unlink(missing_ok=True)
    run = subprocess.run([*tool, str(path), str(out)], capture_output=True, text=True)
    if run.returncode or not out.exists():
        return None, (run.stderr.strip().splitlines() or ["?"])[-1]
    return reference(out)[1:]


def rendered(path, uid, ds, folder):
    """DCMTK's 16-bit picture, or None."""
    tool = "dcml2pnm" if uid in JPEG_LS else "dcmj2pnm"
    if not shutil.which(tool) or str(ds.get("PhotometricInterpretation", "")) not in ("MONOCHROME1", "MONOCHROME2"):
        return None
    voi = ["+Wl", "1"] if "VOILUTSequence" in ds else ["+Wi", "1"] if "WindowCenter" in ds else ["+Wm"]
    out = folder / "dcmtk.png"
    out.unlink(missing_ok=True)
    run = subprocess.run([tool, "-q", "-O", "+on2", *voi, str(path), str(out)], capture_output=True)
    return None if run.returncode or not out.exists() else np.asarray(Image.open(out), np.float64)


def ours(program, path, folder):
    """Our values after the modality LUT and our picture, or None and the error."""
    npy, png = folder / "out.npy", folder / "out.png"
    for out in (npy, png):
        out.unlink(missing_ok=True)
    command = [program, str(path), "--lenient", "--npy", str(npy), "--png", str(png), "--json"]
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode:
        return None, None, run.stderr.strip().splitlines()[-1] if run.stderr.strip() else "?"
    return np.load(npy).astype(np.float64), np.asarray(Image.open(png), np.float64), None


def compare(expected, got, tolerance):
    if expected.shape != got.shape:
        return "wrong", f"shape {got.shape} for {expected.shape}"
    difference = np.abs(expected - got)
    scale = max(1.0, np.abs(expected).max())
    if difference.max() <= 1e-6 * scale:
        return "equal", ""
    if difference.max() <= tolerance:
        return "close", ""
    return "wrong", f"{np.count_nonzero(difference > 1e-6 * scale)} values, up to {difference.max()}"


def verdict(expected, got, reason, error, tolerance):
    if expected is None:
        return ("extra", reason) if got is not None else ("both refuse", "")
    if got is None:
        return "refused", error
    return compare(expected, got, tolerance)


def files(arguments):
    for argument in map(pathlib.Path, arguments):
        yield from sorted(p for p in argument.rglob("*") if p.is_file()) if argument.is_dir() else [argument]


def made(folder):
    """Films of the high-throughput frames in ../../testdata."""
    golden = pathlib.Path(__file__).parent.parent.parent / "testdata"
    for frame in sorted(golden.glob("ht_*.j2c")):
        bits = int("".join(c for c in frame.stem if c.isdigit()) or 12)
        bits = 12 if "lossy" in frame.stem else 8 if "rgb" in frame.stem or "pass" in frame.stem else bits
        ds = pydicom.Dataset()
        ds.SOPClassUID, ds.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.1.1", "1.2.3"
        ds.Rows, ds.Columns, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 37, 45, bits, bits - 1, 0
        ds.BitsAllocated, ds.SamplesPerPixel, ds.PhotometricInterpretation = 8 * -(-bits // 8), 1, "MONOCHROME2"
        if "rgb" in frame.stem:
            ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.PlanarConfiguration = 3, "RGB", 0
        ds.PixelData = encapsulate([frame.read_bytes()])
        ds["PixelData"].VR = "OB"
        ds.file_meta = pydicom.dataset.FileMetaDataset()
        lossless = not any(word in frame.stem for word in ("lossy", "pass"))
        ds.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.4." + ("201" if lossless else "203")
        path = folder / f"{frame.stem}.dcm"
        ds.save_as(path, enforce_file_format=True)
        yield path


def main():
    program, *more = sys.argv[1:]
    tables = {name: collections.defaultdict(collections.Counter) for name in ("values", "DCMTK", "picture")}
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as films:
        folder = pathlib.Path(folder)
        paths = [pathlib.Path(p) for p in sorted(get_testdata_files())]
        for path in paths + list(made(pathlib.Path(films))) + list(files(more)):
            try:
                ds, expected, reason = reference(path)
            except Exception:
                continue
            if reason == "no pixel data":
                continue
            uid = str(ds.file_meta.get("TransferSyntaxUID", "none")) if hasattr(ds, "file_meta") else "none"
            syntax = pydicom.uid.UID(uid).name if uid != "none" else "no transfer syntax"
            got, picture, error = ours(program, path, folder)
            results = {"values": verdict(expected, got, reason, error, LOSSY.get(uid, 0))}
            value, why = unpacked(path, uid, folder)
            if why != "no tool":
                results["DCMTK"] = verdict(value, got, why, error, LOSSY.get(uid, 0))
            seen = rendered(path, uid, ds, folder)
            if seen is not None:
                results["picture"] = verdict(seen, picture, "", error, 257)
            for name in ("DCMTK", "picture"):
                if results.get(name, " ")[0] == "wrong" and results["values"][0] == "equal" and value is not None:
                    if compare(expected, value, 0)[0] == "wrong":
                        results[name] = ("peers disagree", results[name][1])
            for name, (result, note) in results.items():
                tables[name][syntax][result] += 1
                if note:
                    print(f"{name}: {result}: {path.name}: {note[:200]}")
    columns = ["equal", "close", "peers disagree", "extra", "refused", "both refuse", "wrong"]
    for name, table in tables.items():
        print(f"\n| {name} | " + " | ".join(columns) + " |")
        print("|---" * (len(columns) + 1) + "|")
        for syntax in sorted(table):
            print(f"| {syntax} | " + " | ".join(str(table[syntax][c]) for c in columns) + " |")
    counts = [counter for table in tables.values() for counter in table.values()]
    sys.exit(any(counter["wrong"] or counter["refused"] for counter in counts))


main()
