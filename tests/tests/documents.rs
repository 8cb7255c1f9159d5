//! The documents say what is there: links lead to files, and docs/ARCHITECTURE.md lists what each
//! crate depends on.

#![allow(clippy::unwrap_used)] // a test may stop

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    paths
}

fn documents() -> Vec<PathBuf> {
    let root = root();
    let crates = entries(&root.join("crates")).into_iter().map(|folder| folder.join("README.md"));
    let others = [root.clone(), root.join("docs")].into_iter().flat_map(|folder| entries(&folder));
    crates.chain(others).filter(|path| path.extension().is_some_and(|e| e == "md")).collect()
}

/// Targets of `[text](target)` that are files, without the part after `#`.
fn links(text: &str) -> Vec<&str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let files = targets.map(|target| target.split('#').next().unwrap_or_default());
    files.filter(|t| !t.is_empty() && !t.contains("://") && !t.contains("::")).collect()
}

#[test]
fn links_lead_to_files() {
    let mut broken = Vec::new();
    for document in documents() {
        let text = std::fs::read_to_string(&document).unwrap();
        let folder = document.parent().unwrap();
        for link in links(&text) {
            if !folder.join(link).exists() {
                broken.push(format!("{}: {link}", document.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

/// Crates of ours among the `[dependencies]` of a manifest, without their prefix.
fn dependencies(manifest: &Path) -> BTreeSet<String> {
    let manifest: toml::Table = std::fs::read_to_string(manifest).unwrap().parse().unwrap();
    let names = manifest.get("dependencies").and_then(|d| d.as_table()).into_iter().flatten();
    names.filter_map(|(name, _)| name.strip_prefix("vertebra-").map(str::to_owned)).collect()
}

#[test]
fn the_architecture_lists_what_each_crate_knows() {
    let text = std::fs::read_to_string(root().join("docs/ARCHITECTURE.md")).unwrap();
    for folder in entries(&root().join("crates")) {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let row = text.lines().find(|line| line.starts_with(&format!("| `{name}` |")));
        let row = row.unwrap_or_else(|| panic!("no row `{name}` in docs/ARCHITECTURE.md"));
        let knows = row.trim_end_matches('|').rsplit('|').next().unwrap();
        let listed = knows.split(',').map(|name| name.trim().to_owned());
        let listed: BTreeSet<String> = listed.filter(|name| !name.is_empty()).collect();
        assert_eq!(listed, dependencies(&folder.join("Cargo.toml")), "crate {name}");
    }
}
