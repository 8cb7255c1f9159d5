"""Writes the compressed frames in this folder with encoders that are not ours.

pip install imagecodecs==2026.3.6 pylibjpeg-openjpeg==2.6.0 pyjpegls==1.5.1 pydicom numpy
imagecodecs wraps libjpeg-turbo 3 (JPEG), charls (JPEG-LS) and OpenJPEG; opj_compress is OpenJPEG
2.5.0; `*.ref` is the frame as the same library decodes it again, little-endian 16-bit, for the
lossy ones.
"""

import os
import subprocess
import tempfile

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


def opj(name, array, *options):
    """opj_compress (Debian package libopenjp2-tools)."""
    bits = 12 if array.dtype == np.uint16 else 8
    with tempfile.TemporaryDirectory() as folder:
        source, target = f"{folder}/a.raw", f"{folder}/a.j2k"
        write(source, array.astype(">u2" if bits > 8 else "u1").tobytes())
        layout = f"{array.shape[1]},{array.shape[0]},1,{bits},u"
        command = ["opj_compress", "-i", source, "-o", target, "-F", layout, *options]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        data = open(target, "rb").read()
    write(name, data)
    return data


def packed(data, main):
    """The packet headers of `data`, which has SOP and EPH markers, in the main header or in the tile-part's."""
    sot, sod, end = data.index(b"\xff\x90\x00\x0a"), data.index(b"\xff\x93"), data.rindex(b"\xff\xd9")
    headers, bodies, at = b"", b"", sod + 2
    while at < end:
        stop = data.index(b"\xff\x92", at) + 2
        following = data.find(b"\xff\x91\x00\x04", stop, end)
        following = end if following < 0 else following
        headers += data[at + 6 : stop]
        bodies += data[stop:following]
        at = following
    if main:
        content = b"\x00" + len(headers).to_bytes(4, "big") + headers
        before = data[:sot] + b"\xff\x60" + (len(content) + 2).to_bytes(2, "big") + content
        part = data[sot:sod]
    else:
        half, before, part = len(headers) // 2, data[:sot], data[sot:sod]
        for number, piece in ((1, headers[half:]), (0, headers[:half])):
            part += b"\xff\x61" + (len(piece) + 3).to_bytes(2, "big") + bytes([number]) + piece
    part = bytearray(part + b"\xff\x93" + bodies)
    part[6:10] = len(part).to_bytes(4, "big")
    return before + bytes(part) + data[end:]


layers, orders = ("-r", "20,5,1"), {"rlcp": (), "rpcl": ("-t", "30,29"), "pcrl": (), "cprl": ("-t", "20,20")}
opj("j2k_12_modes.j2k", picture(12), "-M", "63", "-b", "16,16", *layers)
opj("j2k_12_bypass.j2k", picture(12), "-M", "1", *layers)
opj("j2k_12_causal.j2k", picture(12), "-M", "42", "-b", "4,64", "-n", "3")
for order, options in orders.items():
    precincts = ("-c", "[16,16],[8,16],[16,8]", "-d", "5,3", "-T", "2,1", "-SOP", "-EPH")
    opj(f"j2k_12_{order}.j2k", picture(12), "-n", "4", "-p", order.upper(), *layers, *precincts, *options)
opj("j2k_12_parts.j2k", picture(12), "-n", "3", *layers, "-t", "30,29", "-TP", "R")
opj("j2k_8_region.j2k", picture(8), "-ROI", "c=0,U=7")
opj("j2k_12_changes.j2k", picture(12), "-n", "4", *layers, "-POC", "T1=0,0,3,2,1,CPRL/T1=2,0,3,4,1,RLCP")
marked = opj("j2k_12_ppt.j2k", picture(12), "-n", "3", "-b", "16,16", *layers, "-SOP", "-EPH")
write("j2k_12_ppt.j2k", packed(marked, False))
write("j2k_12_ppm.j2k", packed(marked, True))


def openjph(name, array, *options):
    """ojph_compress (Debian package openjph-tools)."""
    kind, depth = ("P6", "ppm") if array.ndim == 3 else ("P5", "pgm")
    white = 255 if array.dtype == np.uint8 else (1 << int(array.max()).bit_length()) - 1
    with tempfile.TemporaryDirectory() as folder:
        source, target = f"{folder}/a.{depth}", f"{folder}/a.j2c"
        header = f"{kind} {array.shape[1]} {array.shape[0]} {white}\n".encode()
        write(source, header + array.astype(">u2" if array.dtype == np.uint16 else "u1").tobytes())
        subprocess.run(["ojph_compress", "-i", source, "-o", target, *options], check=True, stdout=subprocess.DEVNULL)
        data = open(target, "rb").read()
    write(name, data)
    return data


def refined(data, passes, missing):
    """The one code block of `data` with refinement passes of random bits below what it has."""
    start = data.index(b"\xff\x93") + 2
    end = data.rindex(b"\xff\xd9")
    header = "".join(f"{byte:08b}" for byte in data[start : start + 12])
    # Included, then missing bit-planes in unary, one pass, length.
    at = 2
    planes = header.index("1", at) - at
    at += planes + 1
    assert header[at] == "0", "one pass"
    grow = header.index("0", at + 1) - at - 1
    at += grow + 2
    length = int(header[at : at + 3 + grow], 2)
    cleanup = data[end - length : end]
    rng = np.random.default_rng(7)
    refinement = bytearray(rng.integers(0, 256, 300, dtype=np.uint8).tobytes())
    for i in range(1, len(refinement)):
        if refinement[i - 1] == 0xFF:
            refinement[i] &= 0x7F
    refinement[-1] = 0x55
    code = {2: "10", 3: "1100"}[passes]
    bits = "11" + "0" * missing + "1" + code + "1" * 10 + "0" + f"{length:013b}"
    bits += f"{len(refinement):0{13 + (passes == 3)}b}"
    packet = bytearray()
    while bits:
        count = 7 if packet and packet[-1] == 0xFF else 8
        packet.append(int(bits[:count].ljust(count, "0"), 2))
        bits = bits[count:]
    body = bytes(packet) + cleanup + bytes(refinement)
    sot = data.index(b"\xff\x90")
    out = bytearray(data[:start] + body + b"\xff\xd9")
    out[sot + 6 : sot + 10] = (start - sot + len(body)).to_bytes(4, "big")
    return bytes(out)


for bits in (8, 12, 16):
    openjph(f"ht_{bits}.j2c", picture(bits), "-reversible", "true", "-prog_order", ("LRCP", "PCRL", "CPRL")[bits % 3])
openjph("ht_tiles.j2c", picture(12), "-reversible", "true", "-tile_size", "{16,13}", "-num_decomps", "3")
openjph(
    "ht_precincts.j2c", picture(12), "-reversible", "true", "-precincts", "{8,8},{16,8},{8,16}", "-num_decomps", "4",
    "-block_size", "{4,8}", "-image_offset", "{5,3}", "-tile_offset", "{2,1}", "-tile_size", "{30,29}",
)
openjph("ht_rgb.j2c", colour(), "-reversible", "true")
lossy = openjph("ht_lossy.j2c", picture(12), "-qstep", "0.001")
reference("ht_lossy.j2c", imagecodecs.htj2k_decode(lossy))
# Half the range about the middle, since a bit-plane is added below.
one_block = openjph("ht_8_block.j2c", 80 + picture(8) // 4, "-reversible", "true", "-num_decomps", "0")
os.remove("ht_8_block.j2c")
for passes in (2, 3):
    # QCD says nine bit-planes: eight and a guard bit.
    data = refined(one_block, passes, 7)
    write(f"ht_pass{passes}.j2c", data)
    reference(f"ht_pass{passes}.j2c", imagecodecs.htj2k_decode(data))


for bits in (8, 12, 16):
    write(f"xl_{bits}.jxl", imagecodecs.jpegxl_encode(picture(bits), lossless=True, bitspersample=bits))
write("xl_rgb.jxl", imagecodecs.jpegxl_encode(colour(), lossless=True))
lossy = imagecodecs.jpegxl_encode(picture(12), level=90, lossless=False, bitspersample=12)
write("xl_lossy.jxl", lossy)
reference("xl_lossy.jxl", imagecodecs.jpegxl_decode(lossy))
recompressed = imagecodecs.jpegxl_encode_jpeg(dct8)
write("xl_jpeg.jxl", recompressed)
reference("xl_jpeg.jxl", imagecodecs.jpegxl_decode(recompressed))


class Runner:
    """What pydicom's RLE encoder asks of its runner."""

    columns, rows, samples_per_pixel, bits_allocated = WIDTH, HEIGHT, 1, 16

    def __init__(self, **values):
        self.__dict__.update(values)

    def get_option(self, name, default=None):
        return {"byteorder": "<", "planar_configuration": 0}.get(name, default)


write("rle_16.rle", rle_encode_frame(picture(16).astype("<u2").tobytes(), Runner()))
