"""Golden OKS, AP and AR for tests/oks_golden.rs.

    pip install pycocotools==2.0.11 numpy==2.4.6
    python oks_golden.py > oks_golden.json

Spines and detections are drawn by a fixed seed; every number that the Rust test needs is in the
output; coordinates have three decimals, so that decimal text holds them exactly enough to be equal
on both sides.
"""
import contextlib
import io
import json

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

NAMES = ["L1", "L2", "L3", "L4", "L5"]


def flat(points):
    return [v for x, y in points for v in (float(x), float(y), 2)]


def evaluate(films, sigmas):
    """films: list of {truth: {points, area} | None, detections: [{points, score}]}"""
    images = [{"id": i + 1, "width": 1000, "height": 1000} for i in range(len(films))]
    truths, detections = [], []
    for i, film in enumerate(films):
        if film["truth"]:
            p = np.array(film["truth"]["points"])
            low, high = p.min(0), p.max(0)
            truths.append({
                "id": len(truths) + 1, "image_id": i + 1, "category_id": 1, "iscrowd": 0,
                "keypoints": flat(p), "num_keypoints": 5, "area": film["truth"]["area"],
                "bbox": [float(v) for v in (*low, *(high - low))],
            })
        for d in film["detections"]:
            detections.append({"image_id": i + 1, "category_id": 1, "score": d["score"],
                               "keypoints": flat(d["points"])})
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = {"info": {}, "images": images, "annotations": truths,
                         "categories": [{"id": 1, "name": "lumbar_spine", "keypoints": NAMES}]}
        truth.createIndex()
        if detections:
            found = truth.loadRes(detections)
        else:
            found = COCO()
            found.dataset = {"info": {}, "images": images, "annotations": [],
                             "categories": truth.dataset["categories"]}
            found.createIndex()
        e = COCOeval(truth, found, "keypoints")
        e.params.kpt_oks_sigmas = np.array(sigmas)
        e.evaluate()
        e.accumulate()
    precision = e.eval["precision"][:, :, 0, 0, 0]
    recall = e.eval["recall"][:, 0, 0, 0]
    # OKS of every detection with its film's truth, in order of decreasing score.
    oks = [[float(v) for v in np.ravel(e.ious[i + 1, 1])] for i in range(len(films))]
    return {"oks": oks, "ap_at": precision.mean(1).tolist(), "recall_at": recall.tolist(),
            "ap": float(precision.mean()), "ar": float(recall.mean())}


def spine(rng):
    y = 150 + np.cumsum(rng.uniform(80, 130, 5))
    return np.round(np.stack([rng.uniform(300, 600) + rng.normal(0, 20, 5), y], 1), 3)


def random_set(rng, n, noise, p_truth, max_detections, distinct_scores):
    films = []
    for _ in range(n):
        points = spine(rng)
        truth = None
        if rng.random() < p_truth:
            truth = {"points": points.tolist(), "area": round(rng.uniform(2e4, 9e4), 3)}
        found = []
        for _ in range(rng.integers(0, max_detections + 1)):
            shift = rng.normal(0, noise * rng.choice([0.3, 1.0, 3.0]), (5, 2))
            score = round(rng.random(), 9)
            if not distinct_scores:
                score = round(score * 4) / 4
            found.append({"points": np.round(points + shift, 3).tolist(), "score": score})
        films.append({"truth": truth, "detections": found})
    return films


def main():
    rng = np.random.default_rng(20220801)
    base = spine(rng)
    truth = {"points": base.tolist(), "area": 4e4}
    exact = {"points": base.tolist(), "score": 0.9}
    far = {"points": np.round(base + 5000, 3).tolist(), "score": 0.95}
    near = {"points": np.round(base + 5, 3).tolist(), "score": 0.9}
    sets = {
        "random": random_set(rng, 60, 10, 1.0, 1, True),
        "random_with_misses_and_extras": random_set(rng, 50, 15, 0.8, 4, True),
        "tied_scores": random_set(rng, 50, 15, 0.9, 3, False),
        "one_exact": [{"truth": truth, "detections": [exact]}],
        "one_far": [{"truth": truth, "detections": [far]}],
        "nothing_detected": [{"truth": truth, "detections": []}] * 3,
        "far_before_exact": [{"truth": truth, "detections": [exact, far]}],
        "two_good_for_one_spine": [{"truth": truth, "detections": [near, exact]}],
        "zero_area": [{"truth": {"points": base.tolist(), "area": 0.0},
                       "detections": [exact, near]}],
        "more_than_twenty": [{"truth": truth, "detections": [
            {"points": np.round(base + 200, 3).tolist(), "score": 0.99 - 0.01 * i} for i in range(20)]
            + [{"points": base.tolist(), "score": 0.1}]}],
        "film_without_spine": [{"truth": None, "detections": [far]},
                               {"truth": truth, "detections": [exact]}],
    }
    cases = []
    for name, films in sets.items():
        for sigmas in ([0.05] * 5, [0.025, 0.079, 0.072, 0.062, 0.107]):
            cases.append({"name": name, "sigmas": sigmas, "films": films,
                          "expected": evaluate(films, sigmas)})
    print(json.dumps({"versions": {"pycocotools": "2.0.11", "numpy": np.__version__},
                      "cases": cases}))


main()
