#!/usr/bin/env bash
# Makes the package of every crate and builds a project outside of the workspace from them.
set -euo pipefail
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
mkdir "$out/packages" "$out/consumer"

crates=()
for crate in "$root"/crates/*/; do
  crates+=(--package "vertebra-$(basename "$crate")")
done
# Verified below, all at once and in the profile of the tests. `--allow-dirty`: in a working copy too.
(cd "$root" && cargo package --quiet --no-verify --allow-dirty --target-dir "$out/target" "${crates[@]}")

cp -r Cargo.toml src tests "$out/consumer"
# The same versions of everything, so that what the tests have built serves here too.
cp "$root/Cargo.lock" "$out/consumer"
mkdir "$out/consumer/.cargo"
echo '[patch.crates-io]' > "$out/consumer/.cargo/config.toml"
for package in "$out"/target/package/vertebra-*.crate; do
  tar -xzf "$package" -C "$out/packages"
  folder=$(basename "$package" .crate)
  echo "${folder%-*} = { path = \"$out/packages/$folder\" }" >> "$out/consumer/.cargo/config.toml"
done
cd "$out/consumer"
cargo test --release --target-dir "$root/target"
