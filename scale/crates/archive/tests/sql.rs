//! An archive asked in SQL.

mod common;

use common::{FILMS, Folder, OTHERS, Outcome, file_name, texts};
use datafusion::arrow::array::AsArray;
use datafusion::arrow::datatypes::Int64Type;
use object_store::memory::InMemory;
use object_store::{ObjectStore, ObjectStoreExt, path::Path};
use std::sync::Arc;
use vertebra_archive::{Archive, Error, ModelName, SHIPPED, ScoreOptions, Stores};

#[tokio::test(flavor = "multi_thread")]
async fn attributes_are_columns_and_only_what_is_asked_for_is_scored() -> Outcome {
    let folder = Folder::new()?;
    let films = folder.name("films");
    let archive = folder.archive()?;
    let sql = format!(
        "select path, view_position, modality from films('{films}', 'ViewPosition', 'Modality') \
         where path like '%film1%' or path like '%notes%'"
    );
    let rows = texts(&archive.query(&sql).await?);
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0][1..], ["", ""]);
    assert_eq!(rows[1][1..], ["LL", "DX"]);

    let sql = format!(
        "select path, score(path)['verdict'], score(path)['source'] from films('{films}') \
         where path like '%film1%'"
    );
    let rows = texts(&archive.query(&sql).await?);
    assert_eq!((rows.len(), rows[0][2].as_str()), (1, "dicom"));

    let sql = format!("select count(*), sum(size) from films('{films}')");
    let counts = archive.query(&sql).await?;
    let first = counts[0].column(0).as_primitive::<Int64Type>().value(0);
    assert_eq!(first as usize, FILMS + OTHERS);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn films_are_dealt_to_partitions_each_to_one() -> Outcome {
    let folder = Folder::new()?;
    let films = folder.name("films");
    let path = |row: &[String; 3]| row[0].clone();
    let sql = format!("select path, etag, path as again from films('{films}')");
    let sorted = |rows: Vec<[String; 3]>| {
        let mut paths: Vec<String> = rows.iter().map(path).collect();
        paths.sort();
        paths
    };
    let expected = sorted(texts(&folder.archive()?.query(&sql).await?));
    assert_eq!(expected.len(), FILMS + OTHERS);
    for partitions in [2, 5, 40] {
        let archive = folder.archive()?.with_partitions(Some(partitions));
        assert_eq!(sorted(texts(&archive.query(&sql).await?)), expected, "{partitions}");
        let some = archive.query(&format!("{sql} limit 3")).await?;
        assert_eq!(texts(&some).len(), 3);
        let joined = format!("select count(*) from ({sql}) a join ({sql}) b on a.path = b.path");
        let count = archive.query(&joined).await?[0].column(0).as_primitive::<Int64Type>().value(0);
        assert_eq!(count as usize, FILMS + OTHERS, "{partitions}");
    }
    for partitions in [0, 10_001] {
        let archive = folder.archive()?.with_partitions(Some(partitions));
        let error = archive.query(&sql).await.expect_err("partitions").to_string();
        assert!(error.contains("partitions: expected from 1 to 10000"), "{error}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn films_of_a_store_are_joined_with_a_table() -> Outcome {
    let folder = Folder::new()?;
    let memory = Arc::new(InMemory::new());
    for film in ["film0.dcm", "film1.dcm"] {
        let bytes = std::fs::read(folder.film(film))?;
        memory.put(&Path::from(format!("archive/{film}")), bytes.into()).await?;
    }
    let stores = Arc::new(Stores::default());
    let store: Arc<dyn ObjectStore> = memory;
    datafusion::execution::object_store::ObjectStoreRegistry::register_store(
        stores.as_ref(),
        &"memory://films".parse()?,
        store,
    );
    let options = ScoreOptions::default().with_models(folder.path("models"));
    let archive = Archive::with_stores(stores, ModelName::new(SHIPPED), options)?;
    std::fs::write(folder.path("wanted.csv"), "name,why\nfilm1.dcm,follow-up\n")?;
    let sql = format!(
        "select f.path, w.why, score(f.path)['verdict'] from films('memory://films/archive') f \
         join '{}' w on f.path like '%/' || w.name",
        folder.name("wanted.csv")
    );
    let rows = texts(&archive.query(&sql).await?);
    assert_eq!(rows.len(), 1);
    assert_eq!((file_name(&rows[0][0]), rows[0][1].as_str()), ("film1.dcm", "follow-up"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn queries_that_are_wrong_say_so() -> Outcome {
    let folder = Folder::new()?;
    let archive = folder.archive()?;
    let films = folder.name("films");
    let queries = [
        (format!("select nothing from films('{films}')"), "nothing"),
        ("select * from films()".to_owned(), "films(): expected a path or URL"),
        (format!("select * from films('{films}', 'Nonsense')"), "Nonsense"),
        ("select * from films('ftp://a/b')".to_owned(), "ftp://a/b"),
        (format!("select score(path, 1) from films('{films}')"), "score(path, model)"),
        ("select score('/a', '/no/model')".to_owned(), "expected a model"),
    ];
    for (sql, expected) in queries {
        let error: Error = archive.query(&sql).await.expect_err(&sql);
        let text = error.to_string();
        assert!(text.contains(expected) && !text.contains('\n'), "{sql}: {text}");
    }
    Ok(())
}
