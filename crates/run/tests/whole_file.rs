//! Whole files: what is left after success, failure and several writers at once.
#![allow(clippy::unwrap_used)] // a test may

use std::io::{self, Write};
use std::path::Path;
use vertebra_run::{remove_unfinished, write_whole, write_whole_with};

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_failure_leaves_what_was_there_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.txt");
    write_whole(&path, "first").unwrap();
    let failed = write_whole_with(&path, |file| {
        file.write_all(b"half of the sec")?;
        Err(io::Error::other("the disk is full"))
    });
    let message = failed.unwrap_err().to_string();
    assert!(message.ends_with("a.txt: the disk is full"), "{message}");
    assert_eq!(std::fs::read(&path).unwrap(), b"first");
    assert_eq!(names(folder.path()), ["a.txt"]);
}

#[test]
fn an_error_names_the_file_that_was_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let absent = write_whole(&folder.path().join("absent/a.txt"), "text").unwrap_err();
    assert!(absent.to_string().contains("absent/a.txt"), "{absent}");
    let directory = write_whole(folder.path(), "text").unwrap_err();
    assert!(directory.to_string().contains(folder.path().to_str().unwrap()), "{directory}");
    let parent = folder.path().parent().unwrap();
    assert!(!names(parent).iter().any(|name| name.ends_with(".partial")), "{:?}", names(parent));
}

#[test]
fn threads_that_write_the_same_file_do_not_mix() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.txt");
    let texts: Vec<String> = (0..8).map(|i| i.to_string().repeat(10_000)).collect();
    std::thread::scope(|scope| {
        for text in &texts {
            let path = &path;
            scope.spawn(move || write_whole(path, text).unwrap());
        }
    });
    assert!(texts.contains(&std::fs::read_to_string(&path).unwrap()));
    assert_eq!(names(folder.path()), ["a.txt"]);
}

#[cfg(unix)]
#[test]
fn the_mode_is_0644_also_where_a_private_file_was() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.txt");
    let mode = || std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    write_whole(&path, "new").unwrap();
    assert_eq!(mode(), 0o644);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    write_whole(&path, "again").unwrap();
    assert_eq!(mode(), 0o644);
}

#[cfg(unix)]
#[test]
fn a_link_is_followed_and_a_device_stays_a_device() {
    let folder = tempfile::tempdir().unwrap();
    let (file, link) = (folder.path().join("file"), folder.path().join("link"));
    write_whole(&file, "old").unwrap();
    std::os::unix::fs::symlink(&file, &link).unwrap();
    write_whole(&link, "new").unwrap();
    assert_eq!(std::fs::read(&file).unwrap(), b"new");
    assert!(link.symlink_metadata().unwrap().is_symlink());
    // A link to it, so that a mistake replaces the link and not the device.
    let null = folder.path().join("null");
    std::os::unix::fs::symlink("/dev/null", &null).unwrap();
    write_whole(&null, "gone").unwrap();
    assert!(null.symlink_metadata().unwrap().is_symlink());
    assert_eq!(names(folder.path()), ["file", "link", "null"]);
}

#[test]
fn what_a_killed_writer_left_is_removed_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let within = folder.path().join("tables");
    std::fs::create_dir(&within).unwrap();
    for name in [".vertebra-12-0.partial", "a.partial", ".vertebra-notes"] {
        std::fs::write(within.join(name), "half").unwrap();
    }
    remove_unfinished(folder.path()).unwrap();
    assert_eq!(names(&within), [".vertebra-notes", "a.partial"]);
    assert!(remove_unfinished(&folder.path().join("absent")).is_err());
}
