#!/bin/sh
# Everything on one core, one after the other; PYTHON names a Python with opencv-python and numpy.
set -e
cd "$(dirname "$0")"
cargo build --release --quiet
RAYON_NUM_THREADS=1 taskset -c 0 target/release/vertebra-peers-alignment
taskset -c 0 "${PYTHON:-python3}" opencv.py
