#!/usr/bin/env bash
# Builds every crate once from nothing and prints a table: how many crates each one builds (its own,
# normal and build dependencies, all the way down) and the processor seconds of the compiler for
# them, on this machine. Wall time would depend on how many cores are free.
# As cargo's RUSTC_WRAPPER the same file notes the seconds of one call of the compiler.
set -euo pipefail

if [ -n "${BUILDS_NOTES:-}" ]; then
  [ -n "${CARGO_PKG_NAME:-}" ] || exec "$@"
  TIMEFORMAT='%U %S'
  { time "$@" 2>&3; } 3>&2 2> "$BUILDS_NOTES.$$"
  echo "$CARGO_PKG_NAME $CARGO_PKG_VERSION $(tail -n 1 "$BUILDS_NOTES.$$")" >> "$BUILDS_NOTES"
  rm "$BUILDS_NOTES.$$"
  exit
fi

script=$(realpath "$0")
cd "$(dirname "$0")/.."
out=${1:-$(mktemp -d)}
[ $# -gt 0 ] || trap 'rm -rf "$out"' EXIT
light=(wide run charts survival raster evaluation baselines keypoints alignment cohort report conv radiograph
  phantom)
networks=(training hrnet deepsurv study)

build() { # build NOTES CRATE..
  local packages=("${@:2}")
  BUILDS_NOTES=$out/$1 RUSTC_WRAPPER=$script cargo build --release --quiet --lib --target-dir "$out/target" \
    "${packages[@]/#/--package=vertebra-}"
}

row() { # row NOTES CRATE
  cargo tree --locked --edges normal,build --prefix none --package "vertebra-$2" \
    | awk '{ sub("^v", "", $2); print $1, $2 }' | sort -u > "$out/closure"
  awk -v crate="$2" '
    NR == FNR { seconds[$1 " " $2] += $3 + $4; next }
    { sum += seconds[$1 " " $2]; if ($1 == "vertebra-" crate) own = seconds[$1 " " $2] }
    END { printf "| `%s` | %d | %.0f | %.0f |\n", crate, FNR, sum, own }' "$out/$1" "$out/closure"
}

build light "${light[@]}"
build networks "${networks[@]}"
# What the second call built anew, with features of burn, replaces what the first one built.
awk 'NR == FNR { seen[$1 " " $2]; print; next } !(($1 " " $2) in seen)' "$out/networks" "$out/light" > "$out/all"

echo "| crate | crates built | seconds | of which its own |"
echo "|---|---|---|---|"
for crate in "${light[@]}"; do row light "$crate"; done
for crate in "${networks[@]}"; do row all "$crate"; done
