//! A whole archive is scored once, whatever happens on the way.

mod common;

use common::{FILMS, Folder, OTHERS, Outcome, file_name};
use std::sync::Mutex;
use vertebra_archive::{Archive, BulkOptions, BulkProgress, Error, ModelName, ScoreOptions};
use vertebra_study::{AnswerOptions, Predictor};

#[tokio::test(flavor = "multi_thread")]
async fn every_file_has_the_answer_of_predict_once() -> Outcome {
    let folder = Folder::new()?;
    folder.archive()?.score_all(&folder.options(), |_| {}).await?;
    let rows = folder.rows().await?;
    assert_eq!(rows.len(), FILMS + OTHERS);
    let predictor = Predictor::shipped(&burn::tensor::Device::default())?;
    for [path, verdict, content] in &rows {
        let answer = predictor.answer(path.as_ref(), &[], &AnswerOptions::default())?;
        let readable = answer.verdict.is_readable();
        assert_eq!(readable, file_name(path).ends_with(".dcm"), "{path}");
        let digest = vertebra_run::Digest::of(&std::fs::read(path)?).to_string();
        assert_eq!(*content, digest, "{path}");
        match readable && answer.verdict.is_ok() {
            true => assert_eq!(verdict, "ok"),
            false if readable => assert_eq!(*verdict, answer.verdict.to_string()),
            false => assert!(verdict.contains("expected"), "{verdict}"),
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_run_scores_what_is_missing_and_nothing_twice() -> Outcome {
    let folder = Folder::new()?;
    let archive = folder.archive()?;
    archive.score_all(&folder.options(), |_| {}).await?;
    let first = folder.rows().await?;
    let seen = Mutex::new(Vec::new());
    let again = async || {
        seen.lock().unwrap().clear();
        archive.score_all(&folder.options(), |p| seen.lock().unwrap().push(p)).await?;
        let first = seen.lock().unwrap().first().copied();
        match first {
            Some(BulkProgress::Planned { new, parts, .. }) => Ok::<_, Error>((new, parts)),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(again().await?, (0, 0));

    // A part that was not finished.
    std::fs::remove_file(&folder.parts()[1])?;
    assert_eq!(again().await?, (0, 1));
    assert_eq!(folder.rows().await?, first);

    // The same content, written again: no row. Other content: one more.
    let film = folder.film("film0.dcm");
    let bytes = std::fs::read(&film)?;
    std::fs::remove_file(&film)?;
    std::fs::write(&film, bytes)?;
    assert_eq!(again().await?, (0, 0));
    folder.write_film("film0.dcm", 99)?;
    folder.write_film("film9.dcm", 9)?;
    assert_eq!(again().await?, (2, 1));
    let mut keys: Vec<_> =
        folder.rows().await?.into_iter().map(|[path, _, content]| (path, content)).collect();
    assert_eq!(keys.len(), FILMS + OTHERS + 2);
    keys.dedup();
    assert_eq!(keys.len(), FILMS + OTHERS + 2);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_cut_off_goes_on() -> Outcome {
    let (whole, cut) = (Folder::new()?, Folder::new()?);
    whole.archive()?.score_all(&whole.options(), |_| {}).await?;
    let options = cut.options().with_part_films(1);
    let archive = cut.archive()?;
    // Longer each time, so that the last one is whole on any machine.
    let mut time = std::time::Duration::from_millis(50);
    while tokio::time::timeout(time, archive.score_all(&options, |_| {})).await.is_err() {
        time += time / 4;
    }
    archive.score_all(&options, |_| {}).await?;
    let strip = |rows: Vec<[String; 3]>| -> Vec<(String, String)> {
        rows.into_iter().map(|[path, _, content]| (file_name(&path).into(), content)).collect()
    };
    assert_eq!(strip(cut.rows().await?), strip(whole.rows().await?));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_at_the_same_time_write_no_film_twice() -> Outcome {
    let folder = Folder::new()?;
    let (a, b) = (folder.archive()?, folder.archive()?);
    let options = folder.options();
    let (one, other) = tokio::join!(a.score_all(&options, |_| {}), b.score_all(&options, |_| {}));
    one?;
    other?;
    let mut paths: Vec<String> = folder.rows().await?.into_iter().map(|[p, ..]| p).collect();
    assert_eq!(paths.len(), FILMS + OTHERS);
    paths.dedup();
    assert_eq!(paths.len(), FILMS + OTHERS);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn films_without_a_row_of_covariates_are_counted_and_stop_nothing() -> Outcome {
    let folder = Folder::new()?;
    let table = folder.path("covariates.csv");
    std::fs::write(&table, "file\nfilm0.dcm\nfilm1.dcm\nfilm2.dcm\n")?;
    let options = folder.options().with_covariates(Some(table.clone()));
    let archive = folder.archive()?;
    match archive.plan_all(&options).await? {
        BulkProgress::Planned { new, without_covariates, .. } => {
            assert_eq!((new, without_covariates), (FILMS + OTHERS, FILMS + OTHERS - 3));
        }
        other => panic!("{other:?}"),
    }
    archive.score_all(&options, |_| {}).await?;
    assert_eq!(folder.rows().await?.len(), FILMS + OTHERS);

    // A name of two rows tells neither.
    std::fs::write(&table, "file\na/film0.dcm\nb/film0.dcm\n")?;
    let error = archive.plan_all(&options).await.expect_err("it went well").to_string();
    assert!(error.contains("film0.dcm, got several rows with its name"), "{error}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_one_sentence() -> Outcome {
    let folder = Folder::new()?;
    let said = async |archive: &Archive, options: BulkOptions| -> String {
        let error = archive.score_all(&options, |_| {}).await.expect_err("it went well");
        let text = error.to_string();
        assert!(!text.contains('\n'), "{text}");
        text
    };
    let archive = folder.archive()?;
    let out = folder.name("out");
    let nothing = said(&archive, BulkOptions::new(folder.name("absent"), &out)).await;
    assert!(nothing.contains("absent: expected films, found nothing"), "{nothing}");
    let inside = BulkOptions::new(folder.name("films"), folder.name("films/out"));
    assert!(said(&archive, inside).await.contains("a folder outside of that of the films"));
    let zero = said(&archive, folder.options().with_part_films(0)).await;
    assert_eq!(zero, "part-films: expected at least 1, got 0");
    std::fs::write(folder.path("file"), "")?;
    let full = BulkOptions::new(folder.name("films"), folder.name("file/out"));
    assert!(said(&archive, full).await.contains("Not a directory"));

    let models = ScoreOptions::default().with_models(folder.path("models"));
    let other = Archive::new(ModelName::new(folder.name("films")), models)?;
    assert!(said(&other, folder.options()).await.contains("expected a model: models.json"));
    assert_eq!(folder.parts().len(), 0);
    Ok(())
}
