#!/usr/bin/env bash
# Our jobs beside those of other libraries, in one go on one machine:
#
#   ./run.sh survival [FOLDER]      samples are written to FOLDER (target/samples)
#   ./run.sh cox [FOLDER]           Cox regression; one thread, and ours on all
#   ./run.sh alignment
#   ./run.sh inference [FOLDER]     networks are written to FOLDER (target/networks), one and two threads
#   ./run.sh radiograph FOLDER      FOLDER holds one film in six syntaxes: RG2_UNC, RG2_RLE ..
#
# PYTHON names a Python that has the peers; a peer that is not installed is left out, or named.
set -euo pipefail
here=$(realpath "$(dirname "$0")")
python=${PYTHON:-python3}
topic=${1:?survival, cox, alignment, inference or radiograph}
folder=${2:+$(realpath "$2")}
cd "$here"
target=${CARGO_TARGET_DIR:-$here/target}/release

# All libraries on one thread.
one_thread() {
  export RAYON_NUM_THREADS=1 OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 NUMBA_NUM_THREADS=1
}

survival() {
  one_thread
  local samples=${folder:-target/samples}
  {
    "$target/peers-survival" "$samples"
    "$python" survival/peers.py "$samples" || true
    if command -v Rscript >/dev/null; then Rscript survival/peers.R "$samples" || true; fi
  } | tee "$samples.tsv"
  "$python" survival/table.py "$samples.tsv"
}

cox() {
  local samples=${folder:-$here/target/cox_samples}
  "$target/cox" "$samples" memory
  {
    RAYON_NUM_THREADS=1 "$target/cox" "$samples"
    "$target/cox" "$samples" | sed 's/\tvertebra\t/\tvertebra, all threads\t/' | grep 'all threads'
    one_thread
    if command -v Rscript >/dev/null; then Rscript survival/cox.R "$samples" || true; fi
    timeout 600 "$python" survival/cox.py "$samples" || true
  } | tee "$samples.tsv"
  "$python" survival/table.py "$samples.tsv"
}

alignment() {
  one_thread
  taskset -c 0 "$target/peers-alignment"
  taskset -c 0 "$python" alignment/opencv.py
}

inference() {
  local networks=${folder:-$here/target/networks}
  mkdir -p "$networks"
  for threads in 1 2; do
    for network in w32 resnet18; do
      export RAYON_NUM_THREADS=$threads RTEN_NUM_THREADS=$threads
      (cd ../.. && cargo bench --quiet --workspace --bench speed_inference -- "$networks" "$network" 384)
      "$target/peers-inference" "$networks" "$network" 384
      for runtime in onnxruntime torch; do
        "$python" inference/inference.py "$networks" "$network" 384 "$threads" "$runtime" || true
      done
    done
  done
}

# Prints CSV: who, film, median ms, smallest ms.
radiograph() {
  local films=() many i
  for name in UNC RLE JPLL JPLY JLSL J2KR; do
    films+=("${folder:?a folder with RG2_UNC, RG2_RLE ..}/RG2_$name")
  done
  for threads in 1 2; do
    RAYON_NUM_THREADS=$threads "$target/peers-radiograph" "${films[@]}"
  done
  many=$(mktemp -d)
  trap 'rm -rf "$many"' EXIT
  for i in $(seq 0 199); do ln -s "${films[$((i % 5))]}" "$many/film_$i"; done
  for threads in 1 2; do
    RAYON_NUM_THREADS=$threads "$target/peers-radiograph" --folder "$many"
  done
  "$python" radiograph/peers.py "${films[@]}"
}

case $topic in
  survival | cox | alignment | inference | radiograph)
    cargo build --release --quiet --package "peers-${topic/cox/survival}"
    "$topic"
    ;;
  *) echo "no topic $topic" >&2; exit 1 ;;
esac
