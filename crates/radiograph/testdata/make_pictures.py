"""Writes pictures/: small TIFF, BMP and NPY files of a picture given by a formula, by tifffile 2026.3, Pillow 13 and
numpy 2.4, and beside each `NAME.right.npy`, its samples (colour as luma) as the same libraries read them again.

    pip install tifffile imagecodecs pillow numpy
    python make_pictures.py
"""

import pathlib
import struct

import numpy as np
import tifffile
from PIL import Image

FOLDER = pathlib.Path(__file__).parent / "pictures"
FOLDER.mkdir(exist_ok=True)
HEIGHT, WIDTH = 21, 27
y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
GREY = ((y * 37 + x * 53) % 241).astype("u1")
RGB = np.stack([GREY, 240 - GREY, GREY // 2 + 60], -1)
LUMA = [0.299, 0.587, 0.114]


def right(name, values):
    np.save(FOLDER / f"{name}.right.npy", np.asarray(values, "f4"))


def tiff(name, array, check=None, **options):
    tifffile.imwrite(FOLDER / name, array, **options)
    read = tifffile.imread(FOLDER / name) if check is None else check
    right(name, read.astype(float) @ LUMA if read.ndim == 3 else read)


def by_pillow(name, white=255.0):
    read = np.asarray(Image.open(FOLDER / name).convert("RGB"), float)
    right(name, read @ LUMA * (white / 255))


tiff("half.tif", (GREY / 100 - 1).astype("f2"), byteorder=">", photometric="minisblack")
tiff("float_predictor.tif", (GREY / 7).astype("f4"), compression="zlib", predictor=True, photometric="minisblack")
tiff("lzw_big.tif", GREY.astype("u2") * 271, byteorder=">", compression="lzw", predictor=True, rowsperstrip=5,
     bigtiff=True, photometric="minisblack")  # fmt: skip
tiff("signed_tiles.tif", GREY.astype("i4") * 8000000 - 10**9, tile=(16, 16), compression="packbits",
     photometric="minisblack")  # fmt: skip
tiff("packed12.tif", GREY.astype("u2") * 17, bitspersample=12, photometric="minisblack")
tiff("bilevel.tif", GREY > 100, photometric="minisblack")
tiff("white_is_zero.tif", GREY, photometric="miniswhite")
tiff("jpeg.tif", GREY, compression="jpeg", compressionargs={"level": 92}, photometric="minisblack", rowsperstrip=16)
planar = np.moveaxis(RGB, -1, 0)
tiff("planar_tiles.tif", planar, RGB, photometric="rgb", planarconfig="separate", compression="zlib", tile=(16, 16))
with tifffile.TiffWriter(FOLDER / "pages.tif") as pages:
    for page in range(3):
        pages.write(GREY // (page + 1), compression="lzw", photometric="minisblack")
right("pages.tif", GREY // 3)
palette = Image.fromarray(RGB).quantize(60)
palette.save(FOLDER / "palette.tif", compression="tiff_lzw")
page = tifffile.TiffFile(FOLDER / "palette.tif").pages[0]
right("palette.tif", np.moveaxis(page.colormap[:, page.asarray()], 0, -1).astype(float) @ LUMA)
Image.fromarray(RGB).save(FOLDER / "rgb.bmp")
by_pillow("rgb.bmp")
palette.save(FOLDER / "palette.bmp")
by_pillow("palette.bmp")


def bmp(name, bits, compression, rows, masks=b"", palette=b"", height=HEIGHT):
    size = 14 + 40 + len(masks) + len(palette)
    head = struct.pack("<2sIHHI", b"BM", size + len(rows), 0, 0, size)
    info = struct.pack("<IiiHHIIiiII", 40, WIDTH, height, 1, bits, compression, len(rows), 0, 0, len(palette) // 4, 0)
    (FOLDER / name).write_bytes(head + info + masks + palette + rows)
    by_pillow(name)


def filled(rows):
    return b"".join(row.tobytes() + bytes(-len(row.tobytes()) % 4) for row in rows)


words = ((RGB[..., 0] >> 3).astype("<u2") << 11) | ((RGB[..., 1] >> 2).astype("<u2") << 5) | (RGB[..., 2] >> 3)
bmp("masks_from_top.bmp", 16, 3, filled(words.astype("<u2")), struct.pack("<III", 0xF800, 0x07E0, 0x1F), height=-HEIGHT)
runs = b"".join(
    b"".join(bytes([1, v]) for v in row[:9]) + bytes([0, 5]) + row[9:14].tobytes() + b"\0" + bytes([WIDTH - 14, row[14]])
    + b"\0\0" for row in GREY[::-1]
)  # fmt: skip
bmp("runs.bmp", 8, 1, runs + b"\0\1", palette=b"".join(bytes([v, v, v, 0]) for v in range(256)))
np.save(FOLDER / "half.npy", (GREY / 100 - 1).astype(">f2"))
right("half.npy", np.load(FOLDER / "half.npy"))
