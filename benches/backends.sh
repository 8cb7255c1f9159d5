#!/usr/bin/env bash
# Does a backend of burn give what flex gives? Builds the programs with it, alone and beside flex,
# runs the tests of the crates with networks and a short study on it, and compares its figures.
#
#     benches/backends.sh ndarray|wgpu|cuda [FOLDER]
#
# FOLDER is kept: an empty one, by default in the temporary folder. wgpu without a card needs a
# software Vulkan (Debian: mesa-vulkan-drivers), and FEATURE=wgpu-plain not to compile kernels for
# hours. For options of cargo set CARGO_FLAGS.
set -euo pipefail
backend=$1
out=${2:-$(mktemp -d)}
mkdir -p "$out"
out=$(realpath "$out")
cd "$(dirname "$0")/.."
# Of its own: a backend changes burn's features, and with them the build of all that uses burn.
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target/$backend}
read -r -a flags <<< "${CARGO_FLAGS:-}"
bin=$CARGO_TARGET_DIR/release

# On a software Vulkan the other study would take hours.
study=.ci/short-study.toml
[ "$backend" != wgpu ] || study=benches/device-study.toml

# Mesa says on standard error that it has no such folder, where tests expect one sentence.
export XDG_RUNTIME_DIR=${XDG_RUNTIME_DIR:-$out}

step() { printf '\n== %s (at %s s)\n' "$1" "$SECONDS"; }
networks=(--package vertebra-networks)
# E.g. wgpu-plain for a software Vulkan, cuda-nvrtc without LLVM.
feature=${FEATURE:-$backend}
crates=("${networks[@]}" --package vertebra-hrnet --package vertebra-deepsurv --package vertebra-training)
alone=(--no-default-features --features "vertebra-networks/$feature")
beside=(--features "vertebra-networks/$feature")

step "$backend alone: what was chosen at compile time runs, and nothing else is there"
cargo build --release "${flags[@]}" "${networks[@]}" "${alone[@]}"
if BURN_DEVICE=flex "$bin/predict" nothing.dcm 2> "$out/refused"; then
  echo "flex was taken, which is not compiled in" >&2
  exit 1
fi
cat "$out/refused"
if ! "$bin/predict" nothing.dcm 2> "$out/device" && ! grep "^device: " "$out/device"; then
  # No card, driver or adapter: one sentence, and nothing to compare.
  cat "$out/device"
  exit 3
fi

step "tests of hrnet, deepsurv, training and the programs on $backend"
# Every crate that fails is told, and the study is run all the same.
failed=0
BURN_DEVICE=$backend cargo test --release --no-fail-fast "${flags[@]}" "${crates[@]}" "${alone[@]}" \
  > "$out/tests.txt" 2>&1 || failed=1
grep -E "^test result|^test .* FAILED|panicked" "$out/tests.txt" || true

step "beside flex"
cargo build --release "${flags[@]}" "${networks[@]}" "${beside[@]}"
cargo build --release --package vertebra-examples --bin phantom
[ -d "$out/cohort" ] || "$bin/phantom" --out "$out/cohort" --subjects 60
for device in flex "$backend"; do
  step "a short study on $device"
  "$bin/study" --cohort "$out/cohort" --config "$study" --device "$device" \
    --out "$out/$device" 2> "$out/$device.log" || { tail "$out/$device.log"; exit 1; }
done
step "the model of the study on flex, on both"
for device in flex "$backend"; do
  "$bin/predict" --model "$out/flex/model" --device "$device" --force --csv "$out/cohort" \
    > "$out/$device.csv" 2> "$out/$device-predict.log"
done

step "compared"
python3 benches/backends.py "$out" "$backend"
exit "$failed"
