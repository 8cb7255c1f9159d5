"""Five vertebrae as run-length masks: python rle.py > rle.json (numpy, pycocotools 2.0.11).

`info.centroids` are the means of the pixels' columns and rows. The fifth mask is a list of runs.
"""
import json

import numpy as np
from pycocotools import mask

H, W = 60, 40


def runs(pixels):
    edges = np.flatnonzero(np.diff(np.concatenate([[0], pixels]))).tolist() + [len(pixels)]
    return np.diff([0, *edges]).tolist()


file = {"images": [{"id": 1, "file_name": "film.png", "height": H, "width": W}],
        "categories": [], "annotations": []}
centroids = []
for k, shift in enumerate([0, 1, 2, 2, 1]):
    body = np.zeros((H, W), np.uint8)
    top, left = 3 + 11 * k, 12 + shift
    body[top:top + 8, left:left + 14] = 1
    body[top, left], body[top + 3, left + 14] = 0, 1
    rows, columns = np.nonzero(body)
    centroids.append([float(columns.mean()), float(rows.mean())])
    packed = mask.encode(np.asfortranarray(body))["counts"].decode()
    counts = runs(body.flatten(order="F")) if k == 4 else packed
    file["categories"].append({"id": k + 1, "name": f"vertebrae_L{k + 1}"})
    file["annotations"].append({"id": k + 1, "image_id": 1, "category_id": k + 1, "iscrowd": 1,
                                "segmentation": {"size": [H, W], "counts": counts}})
file["info"] = {"centroids": centroids}
print(json.dumps(file))
