"""Times pydicom with its plugins, charls, openjp2 and DCMTK on films: opening and decoding to float32.

    python peers.py FILE..

Prints CSV: who, file, median and smallest of the runs in milliseconds. One thread. DCMTK has no decoder that can
be called without writing a program, so its figure is the CPU time of its converter to an uncompressed file
(the start of the program and the writing of the file in it).
"""
import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OPJ_NUM_THREADS"):
    os.environ[name] = "1"
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import imagecodecs
import numpy as np
import pydicom
from pydicom.encaps import generate_frames
from pydicom.pixels import get_decoder

RUNS = 15


def report(who, name, run, seconds=None):
    try:
        run()
    except Exception as error:  # a peer that refuses a film is a result
        print(f"{who},{name},refused,{str(error).splitlines()[0][:60].replace(',', ' ')}")
        return
    times = []
    for _ in range(RUNS):
        if seconds:
            times.append(seconds() * 1e3)
        else:
            began = time.perf_counter()
            run()
            times.append((time.perf_counter() - began) * 1e3)
    print(f"{who},{name},{statistics.median(times):.2f},{min(times):.2f}", flush=True)


def with_pydicom(path, plugin):
    data_set = pydicom.dcmread(path)
    if plugin:
        data_set.pixel_array_options(decoding_plugin=plugin)
    return data_set.pixel_array.astype(np.float32)


def with_codec(path, decode):
    data_set = pydicom.dcmread(path)
    frame = next(generate_frames(data_set.PixelData, number_of_frames=1))
    return decode(frame).astype(np.float32)


def cpu_of(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    for path in sys.argv[1:]:
        name = os.path.basename(path)
        syntax = pydicom.dcmread(path, stop_before_pixels=True).file_meta.TransferSyntaxUID
        plugins = [None]
        if syntax.is_compressed:
            plugins = sorted(get_decoder(syntax).available_plugins)
        for plugin in plugins:
            report(f"pydicom {plugin or ''}".strip(), name, lambda: with_pydicom(path, plugin))
        if "JPEG-LS" in syntax.name:
            report(f"charls {imagecodecs.jpegls_version().split()[-1]}", name, lambda: with_codec(path, imagecodecs.jpegls_decode))
        if "JPEG 2000" in syntax.name:
            version = imagecodecs.jpeg2k_version().split()[-1]
            report(f"openjp2 {version}", name, lambda: with_codec(path, imagecodecs.jpeg2k_decode))
        tool = {"JPEG-LS": "dcmdjpls", "RLE": "dcmdrle", "JPEG 2000": None, "JPEG": "dcmdjpeg"}
        tool = next((tool for key, tool in tool.items() if key in syntax.name), None)
        if tool and shutil.which(tool):
            with tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as folder:
                command = [tool, path, os.path.join(folder, "out.dcm")]
                report(f"DCMTK {tool}", name, lambda: cpu_of(command), lambda: cpu_of(command))


main()
