#!/usr/bin/env bash
# run.sh SECONDS [TARGET..]: fuzzes each target for so many seconds and prints a table of what came of it.
# Needs cargo-fuzz (cargo install cargo-fuzz). What is found lies in artifacts/TARGET.
set -euo pipefail
cd "$(dirname "$0")"
export RUSTC_BOOTSTRAP=1 # the sanitizer is no part of stable Rust
seconds=${1:?seconds for each target}
shift
[ $# -gt 0 ] || mapfile -t targets < <(cargo fuzz list)
[ $# -eq 0 ] || targets=("$@")
cargo fuzz build >&2
echo "target executions edges features corpus peak_MiB seconds found"
for target in "${targets[@]}"; do
  seeds=$target
  case $target in header | deidentify) seeds=film ;; esac
  mkdir -p "corpus/$target" "artifacts/$target"
  log=$(mktemp)
  # What is found is noted and the run goes on in a new process.
  cargo fuzz run "$target" "corpus/$target" "seeds/$seeds" -- -max_total_time="$seconds" \
    -max_len=8192 -timeout=10 -rss_limit_mb=1024 -malloc_limit_mb=64 -print_final_stats=1 >"$log" 2>&1 || true
  statistic() { grep -o "stat::$1: *[0-9]*" "$log" | grep -o '[0-9]*$' || echo 0; }
  last=$(grep -E '^#[0-9]+.*cov: ' "$log" | tail -1)
  field() { grep -oE "$1: [0-9]+" <<<"$last" | grep -oE '[0-9]+$' || echo 0; }
  corpus=$(find "corpus/$target" -type f | wc -l)
  found=$(find "artifacts/$target" -type f | wc -l)
  echo "$target $(statistic number_of_executed_units) $(field cov) $(field ft) $corpus $(statistic peak_rss_mb) $seconds $found"
  rm -f "$log"
done
