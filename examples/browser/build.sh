#!/usr/bin/env bash
# Makes the page: one HTML file with the reader in it, to be opened from anywhere.
#
#     examples/browser/build.sh [PAGE]    # by default film.html
set -euo pipefail
page=$(realpath -m "${1:-film.html}")
cd "$(dirname "$0")"

target=${CARGO_TARGET_DIR:-$PWD/target}
rustup target add wasm32-unknown-unknown
cargo build --release --locked --target wasm32-unknown-unknown --target-dir "$target"
wasm=$target/wasm32-unknown-unknown/release/vertebra_browser.wasm
{
  sed '/@WASM@/,$d' page.html
  printf 'const WASM = "%s";\n' "$(base64 --wrap 0 "$wasm")"
  sed '1,/@WASM@/d' page.html
} > "$page"
echo "$page: $(wc -c < "$page") bytes"
