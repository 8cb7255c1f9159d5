"""One film of 768 x 768 in every codec: steps, and an eighth of its rows noise.

For the benches and the test of memory. numpy 2.4, pydicom 3.0.2, imagecodecs 2026.3.6 (CharLS,
OpenJPEG, OpenJPH, libjxl, libjpeg-turbo): python make_codecs.py in this folder.
"""

import io
from pathlib import Path

import imagecodecs
import numpy as np
import pydicom
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate

SIZE = 768
FOLDER = Path("codecs")


def film():
    y, x = np.mgrid[:SIZE, :SIZE]
    steps = (1800 + 1500 * np.exp(-((x - 380) ** 2 + (y - 380) ** 2) / 8e4)) // 256 * 256
    noise = np.random.default_rng(16).integers(0, 16, (SIZE, SIZE))
    return (steps + noise * ((y >= 336) & (y < 432))).astype(np.uint16)


def write(name, syntax, frame, bits):
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.1.1"
    meta.MediaStorageSOPInstanceUID = "1.2.3"
    # A placeholder of the same length where pydicom does not know the syntax.
    known = "1.2.840.10008.1.2.4.201" if syntax.endswith(".110") else syntax
    meta.TransferSyntaxUID = known
    ds = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
    ds.SOPClassUID, ds.SOPInstanceUID = meta.MediaStorageSOPClassUID, "1.2.3"
    ds.Modality, ds.PhotometricInterpretation, ds.SamplesPerPixel = "DX", "MONOCHROME2", 1
    ds.Rows = ds.Columns = SIZE
    ds.BitsAllocated = 8 if bits == 8 else 16
    ds.BitsStored, ds.HighBit, ds.PixelRepresentation = bits, bits - 1, 0
    ds.PixelData = encapsulate([frame + b"\0" * (len(frame) % 2)])
    ds["PixelData"].is_undefined_length = True
    ds["PixelData"].VR = "OB"
    out = io.BytesIO()
    ds.save_as(out, enforce_file_format=True)
    assert len(known) == len(syntax)
    data = out.getvalue().replace(known.encode(), syntax.encode(), 1)
    (FOLDER / f"{name}.dcm").write_bytes(data)
    print(name, len(data))


def main():
    FOLDER.mkdir(exist_ok=True)
    a = film()
    b = (a // 16).astype(np.uint8)
    j2k = {"codecformat": "J2K", "bitspersample": 12}
    root = "1.2.840.10008.1.2."
    rle = pydicom.pixels.encoders.native._encode_frame
    runner = pydicom.pixels.encoders.base.EncodeRunner(pydicom.uid.RLELossless)
    runner.set_options(rows=SIZE, columns=SIZE, samples_per_pixel=1, bits_allocated=16,
                       bits_stored=12, photometric_interpretation="MONOCHROME2",
                       pixel_representation=0, number_of_frames=1)
    write("rle", root + "5", bytes(rle(a.tobytes(), runner)), 12)
    write("jpeg", root + "4.50", imagecodecs.jpeg8_encode(b, level=90), 8)
    write("jpeg_lossless", root + "4.70", imagecodecs.ljpeg_encode(a, bitspersample=12), 12)
    write("jpeg_ls", root + "4.80", imagecodecs.jpegls_encode(a), 12)
    write("jpeg_2000", root + "4.90", imagecodecs.jpeg2k_encode(a, level=0, reversible=True, **j2k), 12)
    write("jpeg_2000_lossy", root + "4.91", imagecodecs.jpeg2k_encode(a, level=70, **j2k), 12)
    write("htj2k", root + "4.201", imagecodecs.htj2k_encode(a), 12)
    lossy = imagecodecs.htj2k_encode(a, reversible=False, level=0.0001)
    write("htj2k_lossy", root + "4.203", lossy, 12)
    write("jpeg_xl", root + "4.110", imagecodecs.jpegxl_encode(a, lossless=True, effort=4), 12)
    lossy = imagecodecs.jpegxl_encode(a, lossless=False, distance=1.0, effort=4)
    write("jpeg_xl_lossy", root + "4.110", lossy, 12)


main()
