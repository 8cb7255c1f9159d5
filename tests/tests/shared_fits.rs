//! A study whose networks are fitted by several calls at once is the study of one call.

#![allow(clippy::unwrap_used)] // a test may stop

mod common;

use std::path::Path;
use vertebra_report::results::StudyResults;
use vertebra_study::{Error, FitShare, FitsLeft, Study};

fn share(cohort: &Path, out: &Path, share: &str) -> Result<FitsLeft, Error> {
    let share: FitShare = share.parse().unwrap();
    Study::new(cohort).config(common::small_config()).fit_share(out, share)
}

/// `results.json` as it is but for the seconds.
fn without_times(run: &Path) -> String {
    let text = std::fs::read_to_string(run.join("results.json")).unwrap();
    let mut results: StudyResults = serde_json::from_str(&text).unwrap();
    results.run.seconds.clear();
    serde_json::to_string_pretty(&results).unwrap()
}

#[test]
fn shares_that_run_at_once_give_the_results_of_one_call() {
    let folder = tempfile::tempdir().unwrap();
    let cohort = folder.path().join("cohort");
    common::small_cohort(&cohort);
    // Results name the run folder.
    let [one, shared] = ["one", "shared"].map(|name| folder.path().join(name).join("run"));
    common::run(&cohort, &one).unwrap();

    // The second share does not begin before the first has done what it can.
    let left = share(&cohort, &shared, "1/2").unwrap();
    assert_eq!((left.stage.as_str(), left.pending), ("training 2 keypoint networks", 1));
    let again = share(&cohort, &shared, "1/2").unwrap();
    assert_eq!(again, left, "nothing is left to do for it");
    let mut rounds = 0;
    loop {
        rounds += 1;
        // The first is there twice, as when a job is begun anew while the old one still runs.
        let left: Vec<FitsLeft> = std::thread::scope(|scope| {
            let first = || share(&cohort, &shared, "1/2").unwrap();
            let calls = [scope.spawn(first), scope.spawn(first)];
            let second = share(&cohort, &shared, "2/2").unwrap();
            calls.into_iter().map(|call| call.join().unwrap()).chain([second]).collect()
        });
        assert!(!shared.join("results.json").exists());
        if left.iter().all(|left| left.pending == 0) {
            break;
        }
        assert!(rounds < 6, "{left:?}");
    }
    common::run(&cohort, &shared).unwrap();
    assert!(!shared.join("work").exists());
    assert_eq!(without_times(&shared), without_times(&one));
    for file in ["risk.safetensors", "risk.json"] {
        let bytes = |run: &Path| {
            std::fs::read(run.join("model/model_2_deepsurv_with_images").join(file)).unwrap()
        };
        assert_eq!(bytes(&shared), bytes(&one), "{file}");
    }
}

#[test]
fn a_share_of_another_study_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let cohort = folder.path().join("cohort");
    common::small_cohort(&cohort);
    let run = folder.path().join("run");
    share(&cohort, &run, "1/4").unwrap();
    let mut config = common::small_config();
    config.seed += 1;
    let other = Study::new(&cohort).config(config).fit_share(&run, FitShare::new(2, 4).unwrap());
    assert!(matches!(other, Err(Error::OtherRun { .. })));
}
