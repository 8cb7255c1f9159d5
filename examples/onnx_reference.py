"""From a film to points and log hazard with onnxruntime alone; docs/ONNX.md explains each step.

    python onnx_reference.py DIR film.png right age=63 bmi=24.1  # numpy, onnxruntime, pillow

DIR is what `predict --export-onnx DIR` writes, `right` the side of the subject's front. The film is
a grey PNG or a float NPY with bone bright and square pixels; the mode is "similarity".
"""
import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image

def triangles(centres, step, n):
    """Weights [centres, n] of a triangle of half width `step` px about each centre."""
    weights = np.maximum(0, 1 - np.abs(np.arange(n) - np.asarray(centres)[:, None]) / step)
    weights[weights.sum(1) == 0, -1] = 1  # Beyond the last pixel.
    return weights / weights.sum(1, keepdims=True)

def reduce(film, size):
    """Fewer pixels without aliasing, edges on edges."""
    for axis, to in enumerate(size):
        step = film.shape[axis] / to
        if step > 1:
            weights = triangles((np.arange(to) + 0.5) * step - 0.5, step, film.shape[axis])
            film = np.moveaxis(np.tensordot(weights, film, (1, axis)), 0, axis)
    return film

def resample(film, back, size, columns, field, prefilter):
    """The picture of this size, and which of its pixels show the film; 0 elsewhere. `back` goes
    from its (x, y, 1) to the film's (x, y); `columns` and `field` bound what is shown and read."""
    u, v = np.meshgrid(np.arange(size[1]), np.arange(size[0]))
    places = [m[0] * u + m[1] * v + m[2] for m in back]
    shown = (u >= columns[0]) & (u < columns[1])
    for place, (first, end) in zip(places, field):
        shown &= (place >= first - 0.5) & (place <= end - 0.5)
    for axis, (m, (first, end)) in enumerate(zip(back, field)):
        seen, along = places[axis][shown], 1 - axis
        low = min(max(int(np.floor(seen.min())), first), end - 1)
        high = max(min(int(np.ceil(seen.max())), end - 1), low)
        step = max(np.hypot(m[0], m[1]), 1.0) if prefilter else 1.0
        pitch = max(step / 1.25, 1.0)
        n = int(np.ceil((high - low) / pitch)) + 1
        centres = low + np.arange(n) * pitch - first
        inside = np.take(film, np.arange(first, end), axis=along)
        film = np.moveaxis(np.tensordot(triangles(centres, step, end - first), inside, (1, along)),
                           0, along)
        field = [(0, film.shape[1]), field[1]]
        places[axis] = np.clip((places[axis] - low) / pitch, 0, n - 1)
    x, y = places
    x0, y0 = np.floor(x).astype(int), np.floor(y).astype(int)
    x1, y1 = np.minimum(x0 + 1, film.shape[1] - 1), np.minimum(y0 + 1, film.shape[0] - 1)
    upper = film[y0, x0] + (film[y0, x1] - film[y0, x0]) * (x - x0)
    lower = film[y1, x0] + (film[y1, x1] - film[y1, x0]) * (x - x0)
    return np.where(shown, upper + (lower - upper) * (y - y0), 0), shown

def detector_input(film, size):
    """What the detector sees, and the map from its (x, y, 1) to the film's (x, y)."""
    h, w = film.shape
    fit = min(size[0] / h, size[1] / w)
    scale = 1.5 * fit if 1.5 * fit <= 0.98 else 1.0
    small = reduce(film, [max(int(n * scale + 0.5), 1) for n in (h, w)])
    ordered = np.sort(small, axis=None)
    low, high = (ordered[int(share * (ordered.size - 1) + 0.5)] for share in (0.005, 0.995))
    small = np.clip(small, low, high)
    small = (small - small.mean()) / small.std()
    back = np.array([[1 / fit, 0, (w - 1) / 2 - (size[1] - 1) / 2 / fit],
                     [0, 1 / fit, (h - 1) / 2 - (size[0] - 1) / 2 / fit]])
    ratio = np.array(small.shape[::-1]) / (w, h)
    to_small = back * ratio[:, None] + np.array([[0, 0, 1]]) * (0.5 * ratio[:, None] - 0.5)
    return resample(small, to_small, size, (0, size[1]), [(0, n) for n in small.shape[::-1]], False)[0], back

def peak(heat):
    """The maximum of the parabola through the logarithms about the greatest pixel: (x, y, 1)."""
    row, column = np.unravel_index(heat.argmax(), heat.shape)
    r, c = np.clip(row, 1, heat.shape[0] - 2), np.clip(column, 1, heat.shape[1] - 2)
    log = np.log(np.maximum(heat[r - 1:r + 2, c - 1:c + 2], 1e-10))
    slope = np.array([log[1, 2] - log[1, 0], log[2, 1] - log[0, 1]]) / 2
    xy = (log[2, 2] + log[0, 0] - log[0, 2] - log[2, 0]) / 4
    curve = np.array([[log[1, 2] - 2 * log[1, 1] + log[1, 0], xy],
                      [xy, log[2, 1] - 2 * log[1, 1] + log[0, 1]]])
    if curve[0, 0] < 0 < np.linalg.det(curve):
        offset = np.clip((c - column, r - row) - np.linalg.solve(curve, slope), -1, 1)
    else:  # A quarter pixel to the greater neighbour; none at a border.
        sides = heat[r, c + 1] - heat[r, c - 1], heat[r + 1, c] - heat[r - 1, c]
        offset = 0.25 * np.sign(sides) * ((c, r) == np.array([column, row]))
    return np.array([column + offset[0], row + offset[1], 1])

def run(session, **inputs):
    return session.run(None, {k: np.asarray(v, np.float32) for k, v in inputs.items()})[0]

def points(session, film):
    """Centres of L1 to L5, [5, 2] (x, y) px of the film."""
    config = json.loads(session.get_modelmeta().custom_metadata_map["config"])
    seen, back = detector_input(film, config["input_size"])
    maps = run(session, image=seen[None, None])[0]
    if config["flip_test"]:
        maps = (maps + run(session, image=seen[None, None, :, ::-1])[0][:, :, ::-1]) / 2
    return np.array([peak(heat) * (4, 4, 1) + (1.5, 1.5, 0) for heat in maps]) @ back.T

def exposed(film):
    """The film without its constant border: columns and rows."""
    cut = [slice(n // 4, n - n // 4, max(n // 256, 1)) for n in film.shape]
    tolerance, box = 0.02 * np.ptp(film[tuple(cut)]), [0, 0, film.shape[1], film.shape[0]]

    def constant(side):
        (x0, y0, x1, y1), at = box, box[side] - side // 2
        line = film[y0:y1, at] if side % 2 == 0 else film[at, x0:x1]
        line = line[::-(-len(line) // 256)]
        return np.mean(np.abs(line - np.sort(line)[len(line) // 2]) <= tolerance) >= 0.9

    while any(sides := [constant(side) for side in range(4)]):
        box[sides.index(True)] += 1 if sides.index(True) < 2 else -1
    return [(box[0], box[2]), (box[1], box[3])]

def picture(film, shown, axis, middle, extent, size, right, room):
    """A square about `middle` with `axis` down, scaled to [0, 1]; `room` beside the centres shown."""
    sin, cos = axis / np.hypot(*axis) * size / extent
    turn = np.array([[-cos, sin] if right else [cos, -sin], [sin, cos]])
    shift = (size - 1) / 2 - turn @ middle
    seen = shown @ turn.T + shift
    room *= (seen[-1, 1] - seen[0, 1]) / max(len(seen) - 1, 1)
    ends = (seen[:, 0].min() - room, seen[:, 0].max() + room + 1) if len(seen) > 1 else (0, size)
    back = np.linalg.inv(np.vstack([np.column_stack([turn, shift]), [0, 0, 1]]))[:2]
    columns = [int(np.clip(np.floor(v + 0.5), 0, size)) for v in ends]
    grey, inside = resample(film, back, (size, size), columns, exposed(film), True)
    low, high = grey[inside].min(), grey[inside].max()
    return np.where(inside, (grey - low) / (high - low), 0)

def pictures(film, p, model, right):
    """What the risk network sees of a film with the centres p."""
    settings = model["picture"]
    if model["variant"] in ("l1_l5", "l1_l4"):
        p = p[:int(model["variant"][-1])]
        extent = np.hypot(*(p[-1] - p[0])) * (1 + 2 * settings["margin"] / (len(p) - 1))
        return picture(film, p, p[-1] - p[0], (p[0] + p[-1]) / 2, extent, settings["size"], right,
                       1.25)[None, None]
    ends, middle = {0: (-1.5, 2, -0.5), 4: (0.5, -2, 1.5)}, (-0.5, 0, 0.5)
    extent = 1.6 * np.hypot(*(p[4] - p[0])) / 4
    axes = [ends.get(i, middle) @ p[min(max(i - 1, 0), 2):][:3] for i in range(5)]
    return np.array([picture(film, p[i:i + 1], axes[i], p[i], extent, settings["patch_size"], right, 0)
                     for i in range(5)])[None, :, None]

def main(folder, path, facing="left", *covariates):
    film = np.load(path) if path.endswith(".npy") else np.array(Image.open(path))
    film, (h, w) = film.astype(np.float32).astype(float), film.shape
    description = Path(folder) / "model.json"
    model = json.loads(description.read_text()) if description.exists() else {"film_height": h}
    rows, seen = min(model["film_height"], h), film
    if rows < h:  # A study finds points on reduced films.
        to, size = h / rows, [rows, max(int(w * rows / h + 0.5), 1)]
        back = [[to, 0, (to - 1) / 2], [0, to, (to - 1) / 2]]
        seen = resample(film, back, size, (0, size[1]), [(0, w), (0, h)], True)[0]
    detector = onnxruntime.InferenceSession(Path(folder) / "keypoints.onnx")
    answer = {"keypoints": (p := (points(detector, seen) + 0.5) * h / rows - 0.5).tolist()}
    if "variant" in model:
        given = dict(pair.split("=") for pair in covariates)
        values = [float(given.get(name, stand_in)) for name, stand_in in model["covariates"]]
        network = onnxruntime.InferenceSession(Path(folder) / "risk.onnx")
        made = {"images": pictures(film, p, model, facing == "right"), "covariates": [values]}
        answer["log_hazard"] = run(network, **{i.name: made[i.name] for i in network.get_inputs()}).item()
    print(json.dumps(answer))

if __name__ == "__main__":
    main(*sys.argv[1:])
