"""OpenCV on the film of src/main.rs, one thread: least and median ms of 60 runs."""
import time

import cv2
import numpy as np

cv2.setNumThreads(1)
H, W, SIDE = 2500, 3000, 384
i = np.arange(H * W, dtype=np.int64)
x, y = (i % W).astype(np.float64), (i // W).astype(np.float64)
film = 2000 + 900 * np.sin(x * 0.011) * np.cos(y * 0.007) + (i * 7919) % 64
film = film.astype(np.uint16).reshape(H, W)


def timed(name, job):
    for _ in range(5):
        job()
    ms = []
    for _ in range(60):
        start = time.perf_counter()
        job()
        ms.append((time.perf_counter() - start) * 1e3)
    ms.sort()
    print(f"{name:64} {ms[0]:8.3f} {ms[30]:8.3f}")


def frame(share):
    """The canonical frame of `AlignmentOptions::default()` for the spine of src/main.rs."""
    top, bottom = ((1 - share) / 2) * H, ((1 + share) / 2) * H
    a, b = np.array([0.48 * W, top]), np.array([(0.48 + 0.03 * np.sin(3.0)) * W, bottom])
    axis = b - a
    length = np.hypot(*axis)
    scale = SIDE / (length * 1.375)
    sin, cos = axis / length * scale
    rows = np.array([[cos, -sin], [sin, cos]])
    return np.c_[rows, (SIDE - 1) / 2 - rows @ ((a + b) / 2)]


timed("resize: OpenCV INTER_AREA, u16", lambda: cv2.resize(film, (SIDE, SIDE), interpolation=cv2.INTER_AREA))
for name, share in [("film in the square (6.4 x)", 0.72), ("spine of 42 % (3.8 x)", 0.42)]:
    m = frame(share)
    timed(f"align, {name}: OpenCV warpAffine, plain, u16",
          lambda: cv2.warpAffine(film, m, (SIDE, SIDE), flags=cv2.INTER_LINEAR))
    step = 1 / np.hypot(m[0, 0], m[0, 1])
    small = (round(W / step * 1.25), round(H / step * 1.25))
    sx, sy = small[0] / W, small[1] / H
    # Film px to reduced px and back: centres of pixels at (v + 0.5) * s - 0.5.
    back = np.array([[1 / sx, 0, 0.5 / sx - 0.5], [0, 1 / sy, 0.5 / sy - 0.5], [0, 0, 1]])
    n = m @ back

    def both():
        reduced = cv2.resize(film, small, interpolation=cv2.INTER_AREA)
        return cv2.warpAffine(reduced, n, (SIDE, SIDE), flags=cv2.INTER_LINEAR)

    timed(f"align, {name}: OpenCV INTER_AREA, then warpAffine, u16", both)
clahe = cv2.createCLAHE(clipLimit=2.0, tileGridSize=(8, 8))
timed("CLAHE of the whole film: OpenCV, u16", lambda: clahe.apply(film))
print("OpenCV", cv2.__version__)
