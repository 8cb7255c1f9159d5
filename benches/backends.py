#!/usr/bin/env python3
"""Compares a backend with flex: what backends.sh left in a folder.

    python3 benches/backends.py FOLDER BACKEND

One model on both devices must give the same points, log hazards and verdicts, to rounding. Of two
studies the networks of covariates must agree. Those of pictures are shown, not judged: Adam takes a
whole step from a gradient that is 0 but for rounding, so detectors go ways of their own, hardly
learn in the few epochs of a short study, and give the networks after them other pictures.
"""

import csv
import json
import sys
from pathlib import Path

MODEL_POINTS_PX = 0.01
MODEL_LOG_HAZARD = 1e-4
LOSS = 1e-4  # of the loss
C_INDEX = 0.01
SHOWN = float("inf")


def predictions(path):
    with open(path, newline="") as file:
        return {row["file"]: row for row in csv.DictReader(file)}


def figures(path):
    results = json.loads(path.read_text())
    of_pictures = lambda name: "images" in name or "Image" in name
    found = {}
    for curve in results["training"]:
        tolerance = SHOWN if of_pictures(curve["model"]) else LOSS
        for which, loss in (("first", curve["loss"][:1]), ("last", curve["loss"][-1:])):
            for value in loss:
                found[f"{which} loss of {curve['model']}"] = (value, tolerance, True)
    test = results["keypoints"].get("test")
    if test:
        found["error of the points, px"] = (test["mean_error_px"], SHOWN, True)
    for model in results["models"]:
        tolerance = SHOWN if of_pictures(model["name"]) else C_INDEX
        for part in model["discrimination"]:
            if part["subgroup"] == "all":
                name = f"C of {model['name']}, {part['set']}"
                found[name] = (part["harrell"]["value"], tolerance, False)
    return found


def show(name, flex, other, tolerance, relative):
    difference = abs(flex - other) / (abs(flex) if relative else 1.0)
    bad = not difference <= tolerance
    kind = "relative " if relative else ""
    bound = "shown only" if tolerance == SHOWN else f"at most {tolerance:g}"
    print(f"{'TOO FAR ' if bad else '        '}{name}: {flex:.6g} and {other:.6g}, "
          f"{kind}difference {difference:.2g}, {bound}")
    return bad


def main(folder, backend):
    bad = 0
    flex, other = (predictions(folder / f"{device}.csv") for device in ("flex", backend))
    if set(flex) != set(other):
        sys.exit("other films were answered")
    points = [c for c in next(iter(flex.values())) if c.endswith(("_x", "_y"))]

    def largest(columns):
        pairs = [(row[c], other[file][c]) for file, row in flex.items() for c in columns]
        if any((a == "") != (b == "") for a, b in pairs):
            return float("inf")
        return max((abs(float(a) - float(b)) for a, b in pairs if a), default=float("nan"))

    print(f"One model, {len(flex)} films, flex and {backend}:")
    bad += show("points, px", 0.0, largest(points), MODEL_POINTS_PX, False)
    bad += show("log hazard", 0.0, largest(["log_hazard"]), MODEL_LOG_HAZARD, False)
    differing = sum(flex[file]["reasons"] != other[file]["reasons"] for file in flex)
    print(f"        verdicts that differ: {differing}")
    bad += differing > 0
    print(f"Two studies, flex and {backend}:")
    expected, got = (figures(folder / device / "results.json") for device in ("flex", backend))
    for name in expected.keys() | got.keys():
        if name not in got or name not in expected:
            print(f"TOO FAR {name}: in one study only")
            bad += 1
    for name, (value, tolerance, relative) in expected.items():
        if name in got:
            bad += show(name, value, got[name][0], tolerance, relative)
    seconds = [json.loads((folder / device / "run.json").read_text())["seconds"]
               for device in ("flex", backend)]
    flex_seconds, seconds = (sum(lap["seconds"] for lap in laps) for laps in seconds)
    print(f"Wall time of the studies: {flex_seconds:.0f} s and {seconds:.0f} s")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
