"""Writes clahe_film.png (16 bit, full range) and what OpenCV makes of it in 1 x 1 and 4 x 4 tiles.

Sizes are multiples of the tiles and the clip limit is a whole number of pixels per bin, so that
OpenCV neither pads nor rounds it. Run with opencv-python 5.0 and numpy in this folder.
"""
import cv2
import numpy as np

H, W, PER_BIN = 128, 160, 2
y, x = np.mgrid[0:H, 0:W]
film = 28000 + 20000 * np.sin(x * 0.05) * np.cos(y * 0.04) + 90.0 * ((x * 7919 + y * 104729) % 101)
film = (film - film.min()) / (film.max() - film.min()) * 65535
film = film.round().astype(np.uint16)
cv2.imwrite("clahe_film.png", film)
for tiles in (1, 4):
    area = (H // tiles) * (W // tiles)
    clahe = cv2.createCLAHE(clipLimit=PER_BIN * 65536 / area, tileGridSize=(tiles, tiles))
    cv2.imwrite(f"clahe_opencv_{tiles}.png", clahe.apply(film))
    print(cv2.__version__, tiles, PER_BIN * 65536 / area)
