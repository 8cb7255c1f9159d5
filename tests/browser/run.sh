#!/usr/bin/env bash
# Makes the page of examples/browser and gives it, in Chromium, a phantom film as DICOM and as PNG,
# and a film in every codec.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

cargo run --quiet --release -p vertebra-examples --bin phantom -- --out "$out/cohort" --subjects 2
film=$(find "$out/cohort" -name '*.dcm' | sort | head -n 1)
cp "$film" "$out/film.dcm"
cargo run --quiet --release -p vertebra-radiograph --example convert -- \
  "$out/film.dcm" "$out/film.png" "$out/film.npy"
examples/browser/build.sh "$out/film.html"
if command -v python3 > /dev/null; then
  python3 tests/browser/film.py "$out/film.html" "$out/film.dcm" "$out/film.png" \
    crates/radiograph/testdata/codecs/*.dcm
else
  echo "skipped: no python3"
fi
