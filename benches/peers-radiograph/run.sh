#!/usr/bin/env bash
# run.sh FOLDER: all in one go on the films of a folder: this project and dicom-rs, then (PYTHON, with pydicom,
# pylibjpeg-*, python-gdcm and imagecodecs) the others. Prints CSV: who, film, median ms, smallest ms.
set -euo pipefail
folder=$(realpath "${1:?a folder with RG2_UNC, RG2_RLE ..}")
cd "$(dirname "$0")"
films=()
for name in UNC RLE JPLL JPLY JLSL J2KR; do films+=("$folder/RG2_$name"); done
[ -n "${BUILT:-}" ] || cargo build --release
target/release/radiograph-peers "${films[@]}"
many=$(mktemp -d)
trap 'rm -rf "$many"' EXIT
for i in $(seq 0 199); do ln -s "${films[$((i % 5))]}" "$many/film_$i"; done
for threads in 1 2; do RAYON_NUM_THREADS=$threads target/release/radiograph-peers --folder "$many"; done
"${PYTHON:-python3}" peers.py "${films[@]}"
