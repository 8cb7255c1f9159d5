"""Writes the compressed frames in this folder with encoders that are not ours.

pip install imagecodecs==2026.3.6 pylibjpeg-openjpeg==2.6.0 pyjpegls==1.5.1 pydicom numpy
imagecodecs wraps libjpeg-turbo 3 (JPEG), charls (JPEG-LS) and OpenJPEG; `*.ref` is the frame as the
same library decodes it again, little-endian 16-bit, for the lossy ones.
"""

import imagecodecs
import numpy as np
from openjpeg.utils import encode_array
import jpeg_ls
from pydicom.pixels.encoders.native import _encode_frame as rle_encode_frame

HEIGHT, WIDTH = 37, 45


def picture(bits):
    """The same formula as `picture` in tests/support/mod.rs."""
    r, c = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.uint64)
    value = r * 40 + c * 25 + ((r * 73856093) ^ (c * 19349663)) % 64
    value[10:20, 5:30] = 1000
    return (value << (bits - 12) if bits >= 12 else value >> (12 - bits)).astype(
        np.uint8 if bits <= 8 else np.uint16
    )


def write(name, data):
    with open(name, "wb") as file:
        file.write(bytes(data))


def reference(name, array):
    write(name + ".ref", np.ascontiguousarray(array).astype("<u2").tobytes())


def colour():
    p = picture(8)
    return np.ascontiguousarray(np.dstack([p, p[::-1], 255 - p]))


def jpeg_ls_encode(bits, lossy_error=0):
    p = picture(bits)
    return jpeg_ls.encode_pixel_data(
        p.astype("<u2" if bits > 8 else "u1").tobytes(),
        lossy_error=lossy_error,
        rows=HEIGHT,
        columns=WIDTH,
        samples_per_pixel=1,
        bits_allocated=8 * p.itemsize,
        bits_stored=bits,
        photometric_interpretation="MONOCHROME2",
        pixel_representation=0,
    )


for bits in (8, 12, 16):
    p = picture(bits)
    write(f"ls_{bits}.jls", jpeg_ls_encode(bits))
    write(f"j2k_{bits}.j2k", imagecodecs.jpeg2k_encode(p, reversible=True, codecformat="j2k", bitspersample=bits))
    for predictor in range(1, 8):
        if bits != 12 and predictor not in (1, 7):
            continue
        write(
            f"lossless_{bits}_{predictor}.jpg",
            imagecodecs.jpeg8_encode(p, lossless=True, predictor=predictor, bitspersample=bits),
        )

near = bytes(jpeg_ls_encode(12, lossy_error=3))
write("ls_near3.jls", near)
reference("ls_near3.jls", imagecodecs.jpegls_decode(near))
for name, mode in (("line", 1), ("sample", 2)):
    data = jpeg_ls.encode_array(colour(), interleave_mode=mode)
    write(f"ls_rgb_{name}.jls", data)

dct12 = imagecodecs.jpeg8_encode(picture(12), level=92, bitspersample=12)
write("dct_12.jpg", dct12)
reference("dct_12.jpg", imagecodecs.jpeg8_decode(dct12))
dct8 = imagecodecs.jpeg8_encode(picture(8), level=92)
write("dct_8.jpg", dct8)
reference("dct_8.jpg", imagecodecs.jpeg8_decode(dct8))

lossy = imagecodecs.jpeg2k_encode(picture(12), level=50, reversible=False, codecformat="j2k", bitspersample=12)
write("j2k_lossy.j2k", lossy)
reference("j2k_lossy.j2k", imagecodecs.jpeg2k_decode(lossy))
signed = picture(12).astype(np.int16) - 2048
write("j2k_signed.j2k", encode_array(signed, bits_stored=12, photometric_interpretation=0))
write("j2k_rgb.j2k", imagecodecs.jpeg2k_encode(colour(), reversible=True, codecformat="j2k", mct=True))
write("lossless_rgb.jpg", imagecodecs.jpeg8_encode(colour(), lossless=True, predictor=1, colorspace="RGB", outcolorspace="RGB"))


class Runner:
    """What pydicom's RLE encoder asks of its runner."""

    columns, rows, samples_per_pixel, bits_allocated = WIDTH, HEIGHT, 1, 16

    def __init__(self, **values):
        self.__dict__.update(values)

    def get_option(self, name, default=None):
        return {"byteorder": "<", "planar_configuration": 0}.get(name, default)


write("rle_16.rle", rle_encode_frame(picture(16).astype("<u2").tobytes(), Runner()))
