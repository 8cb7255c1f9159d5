#!/bin/bash
# Our jobs beside those of the peers that are installed, one thread, on the same samples.
# ./run.sh [FOLDER]   PYTHON=.. names the Python that has lifelines, scikit-survival, torchsurv, pycox.
set -euo pipefail
cd "$(dirname "$0")"
folder=${1:-target/samples}
export RAYON_NUM_THREADS=1 OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 NUMBA_NUM_THREADS=1
cargo build --release --quiet
{
  target/release/vertebra-peers "$folder"
  "${PYTHON:-python3}" peers.py "$folder" || true
  if command -v Rscript >/dev/null; then Rscript peers.R "$folder" || true; fi
} | tee "$folder.tsv"
"${PYTHON:-python3}" table.py "$folder.tsv"
