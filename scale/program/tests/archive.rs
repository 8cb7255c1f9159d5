//! The program: what it says and how it ends.

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use vertebra_cohort::Sex;
use vertebra_phantom::{Anatomy, Exposure, render_film};
use vertebra_radiograph::{DicomImage, Spacing, SpacingKind, write_dicom};

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// Ends its process with itself.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn archive(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_archive"));
    command.current_dir(folder).env("TMPDIR", folder);
    command
}

fn run(folder: &Path, arguments: &[&str]) -> std::io::Result<Output> {
    archive(folder).args(arguments).output()
}

fn error_of(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn films(folder: &Path, n: u64) -> Outcome {
    std::fs::create_dir_all(folder.join("films"))?;
    for seed in 0..n {
        let anatomy = Anatomy::sample(Sex::Female, 67.0, 23.5, -1.5, seed);
        let film = render_film(&anatomy, &Exposure::sample([320, 256], seed), "film", seed)?;
        let (rows, columns) = (film.image.height, film.image.width);
        let image = DicomImage::new(rows, columns, &film.image.pixels, 12);
        let [row_mm, col_mm] = film.spacing_mm;
        let spacing = Spacing { row_mm, col_mm, kind: SpacingKind::Detector };
        let image = DicomImage { spacing, ..image };
        write_dicom(folder.join(format!("films/{seed:02}.dcm")), &image)?;
    }
    Ok(())
}

fn rows(folder: &Path, out: &str) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let query =
        format!("select path, content, verdict, l3_x from '{out}/part-*.parquet' order by path");
    let output = run(folder, &["sql", "--json", &query])?;
    assert!(output.status.success(), "{}", error_of(&output));
    Ok(String::from_utf8(output.stdout)?.lines().map(str::to_owned).collect())
}

#[test]
fn a_cluster_gives_the_same_rows_though_an_executor_is_killed() -> Outcome {
    let folder = tempfile::tempdir()?;
    let folder = folder.path();
    films(folder, 24)?;
    let here = run(folder, &["score", "--films", "films", "--out", "here", "--part-films", "5"])?;
    assert!(here.status.success(), "{}", error_of(&here));

    let ports = free_ports(5)?;
    let scheduler = format!("127.0.0.1:{}", ports[0]);
    let listen = ["scheduler", "--listen", &scheduler, "--lost-after", "8"];
    let _scheduler = spawn(folder, &listen)?;
    let mut executors = Vec::new();
    for pair in ports[1..].chunks(2) {
        let (port, task) = (pair[0].to_string(), pair[1].to_string());
        let with = ["executor", "--scheduler", &scheduler, "--jobs", "1"];
        let at = ["--port", &port, "--task-port", &task];
        executors.push(spawn(folder, &[&with[..], &at].concat())?);
    }
    // A query gives each film once, too, though its shares are dealt to the executors.
    let query = "select path, score(path)['content'] as content from films('films') order by path";
    let alone = run(folder, &["sql", "--json", query])?;
    let dealt =
        run(folder, &["sql", "--json", "--scheduler", &scheduler, "--partitions", "7", query])?;
    assert!(dealt.status.success(), "{}", error_of(&dealt));
    assert_eq!(String::from_utf8(dealt.stdout)?, String::from_utf8(alone.stdout)?);

    let score = ["score", "--films", "films", "--out", "there", "--part-films", "2"];
    let mut client = spawn(folder, &[&score[..], &["--scheduler", &scheduler]].concat())?;
    let began = Instant::now();
    while parts(folder, "there") < 2 {
        assert!(began.elapsed() < Duration::from_secs(120), "no part was written");
        std::thread::sleep(Duration::from_millis(20));
    }
    drop(executors.pop());
    assert!(client.0.wait()?.success());
    assert_eq!(rows(folder, "there")?, rows(folder, "here")?);
    Ok(())
}

#[test]
fn what_goes_wrong_is_one_sentence_without_credentials() -> Outcome {
    let folder = tempfile::tempdir()?;
    let folder = folder.path();
    films(folder, 1)?;
    let closed = format!("http://127.0.0.1:{}", free_ports(1)?[0]);
    let output = archive(folder)
        .args(["score", "--films", "s3://films/a", "--out", "out"])
        .env("AWS_ACCESS_KEY_ID", "AKIASECRET")
        .env("AWS_SECRET_ACCESS_KEY", "verysecret")
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ALLOW_HTTP", "true")
        .env("AWS_ENDPOINT_URL", closed)
        .output()?;
    let said = error_of(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(!said.contains("SECRET") && !said.contains("verysecret"), "{said}");
    assert!(said.contains("s3://films/a") && said.lines().count() == 1, "{said}");

    let cases: [(&[&str], &str); 4] = [
        (&["score", "--films", "films", "--out", "o", "--model", "nowhere"], "nowhere: expected"),
        (&["score", "--films", "nothing", "--out", "o"], "nothing: expected films"),
        (&["sql", "select score("], "SQL error"),
        (&["score", "--films", "films", "--out", "o", "--scheduler", "127.0.0.1:1"], "127.0.0.1:1"),
    ];
    for (arguments, expected) in cases {
        let output = run(folder, arguments)?;
        let said = error_of(&output);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(expected), "{arguments:?}: {said}");
        assert_eq!(said.lines().filter(|line| line.starts_with("error: ")).count(), 1, "{said}");
    }
    Ok(())
}

fn spawn(folder: &Path, arguments: &[&str]) -> std::io::Result<Process> {
    let mut command = archive(folder);
    let command = command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
    Ok(Process(command.spawn()?))
}

fn parts(folder: &Path, out: &str) -> usize {
    let files = std::fs::read_dir(folder.join(out)).into_iter().flatten().flatten();
    files.filter(|file| file.file_name().to_string_lossy().ends_with(".parquet")).count()
}

/// Ports that were free a moment ago.
fn free_ports(n: usize) -> std::io::Result<Vec<u16>> {
    let bind = |_| std::net::TcpListener::bind("127.0.0.1:0");
    let listeners = (0..n).map(bind).collect::<Result<Vec<_>, _>>()?;
    listeners.iter().map(|listener| Ok(listener.local_addr()?.port())).collect()
}
