#!/usr/bin/env bash
# Compares what a user of each crate can name with the listing in crates/CRATE/api.txt, so that a
# change of it is seen in review; with --update writes the listings.
set -euo pipefail
cd "$(dirname "$0")/../.."
# Listings hold the paths of the standard library, which differ among compilers, as does the JSON.
made_with=1.95
target=${CARGO_TARGET_DIR:-$PWD/target}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

if [[ $(rustc --version) != "rustc $made_with."* ]]; then
  echo "skipped: the listings are made with Rust $made_with, this is $(rustc --version)"
  exit 0
fi

cargo build --quiet --release --locked --manifest-path tests/api/Cargo.toml --target-dir "$target"
document() {
  RUSTDOC=$PWD/tests/api/rustdoc-json RUSTDOCFLAGS="-Z unstable-options --output-format json" \
    cargo doc --release --lib --no-deps --target-dir "$target" "$@"
}
# With the features of the tests, whose build is used; then raster with its own, which nothing here
# needs.
document --workspace
document --package vertebra-raster --features image,ndarray

changed=0
for folder in crates/*/; do
  crate=$(basename "$folder")
  "$target/release/vertebra-api" "$target/doc/vertebra_$crate.json" > "$out/$crate.txt"
  if [ "${1:-}" = --update ]; then
    cp "$out/$crate.txt" "$folder/api.txt"
  elif ! diff -U 0 --label "$folder""api.txt" --label now "$folder/api.txt" "$out/$crate.txt"; then
    changed=1
  fi
done
if [ "$changed" = 1 ]; then
  echo "The public API changed. If that is meant: tests/api/run.sh --update, and a line in CHANGELOG.md." >&2
  exit 1
fi
