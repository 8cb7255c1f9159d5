#!/usr/bin/env bash
# The networks on a GPU beside torch, in some ten minutes after the build:
#
#     benches/gpu.sh cuda|wgpu [FOLDER]
#
# The rate of matrix products, HRNet-W32 at 384 x 384 forward and a step of training, a step of
# ResNet-18 and -50, in f32 and bf16 where the card has it, beside torch (PYTHON names one that has it:
# eager, channels last, compiled, f32 and bf16), then as much of a study of preset `paper` as STUDY_SECONDS (120) allow. Prints it all
# and keeps it in FOLDER/gpu.txt. SMALL=1 takes sizes that a software Vulkan does in minutes, to see
# the script work without a card.
set -euo pipefail
backend=${1:?cuda or wgpu}
out=${2:-$(mktemp -d)}
mkdir -p "$out"
out=$(realpath "$out")
cd "$(dirname "$0")/.."
# Of its own: a backend changes burn's features, and with them the build of all that uses burn.
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target/$backend}
python=${PYTHON:-python3}
matrix=4096 side=384 forward=32 step=16 images=128 runs=9
feature=$backend
if [ -n "${SMALL:-}" ]; then
  matrix=256 side=64 forward=1 step=1 images=2 runs=1
  [ "$backend" != wgpu ] || feature=wgpu-plain
fi

# Both packages are always named, so that benches and programs share one build of burn.
packages=(--package vertebra-benches --package vertebra-networks
  --features "vertebra-benches/$feature,vertebra-networks/$feature")
bench=(cargo bench --quiet "${packages[@]}" --bench)
echo "building" >&2
"${bench[@]}" speed_forward --no-run
"${bench[@]}" speed_training --no-run
[ -n "${SMALL:-}" ] || cargo build --release "${packages[@]}"

export BURN_DEVICE=$backend
card() { nvidia-smi --query-gpu="$1" --format=csv,noheader 2>/dev/null | head -1 || true; }

# Runs a job and prints what it says, with the most memory of the card that was in use meanwhile.
measured() {
  local most=0 now
  "$@" > "$out/line" 2> "$out/errors" &
  local job=$!
  while kill -0 "$job" 2>/dev/null; do
    now=$(card memory.used)
    now=${now%% *}
    [ "${now:-0}" -le "$most" ] || most=$now
    sleep 0.2
  done
  wait "$job" || { echo "failed: $*"; tail -3 "$out/errors"; return 0; }
  cat "$out/line"
  [ "$most" = 0 ] || echo "  at most $most MiB of the card in use"
}

{
  echo "card: $(card name,driver_version,memory.total)"
  measured "${bench[@]}" speed_forward -- matrix "$matrix"
  for precision in f32 bf16; do
    measured "${bench[@]}" speed_forward -- w32 "$forward" "$side" "$precision"
    measured "${bench[@]}" speed_training -- w32 "$step" "$side" "$runs" "$precision"
    for network in resnet18 resnet50; do
      measured "${bench[@]}" speed_training -- "$network" "$images" "$side" "$runs" "$precision"
    done
  done
  if "$python" -c 'import torch' 2>/dev/null; then
    measured "$python" benches/peers/inference/gpu.py "$matrix" "$side" "$forward" "$step" "$images" "$runs"
  else
    echo "torch: not there"
  fi
  if [ -z "${SMALL:-}" ]; then
    # What a study says of its progress; it goes on by the same command.
    measured timeout "${STUDY_SECONDS:-120}" "$CARGO_TARGET_DIR/release/study" --preset paper --out "$out/study" || true
    tail -5 "$out/errors"
  fi
} | tee "$out/gpu.txt"
