//! A cohort survives writing and reading, and every bad row is listed at once.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use vertebra_cohort::{
    Bone, Cohort, Date, DeclaredCovariate, DeclaredValue, Part, Position, Quality, Sex, Subject,
    View, Visit,
};

fn visit(date: &str, radiograph: &str) -> Visit {
    Visit::new(date.parse::<Date>().unwrap(), radiograph, View::Lateral)
        .with_position(Position::Neutral)
        .with_quality(Quality::Good)
}

fn touch(folder: &Path, name: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, b"film").unwrap();
}

#[test]
fn what_is_written_reads_back_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = Subject::new("S, \"1\"", Sex::Female, 61.299_999_999_999_7);
    first.bmi = Some(24.1);
    first.glucocorticoids = Some(true);
    first.secondary_causes.type_1_diabetes = Some(true);
    first.split = Some(Part::Test);
    first.frax.hip_bmd = Some(3.2);
    first.femoral_neck_tscore = Some(-2.433);
    first.visits = vec![visit("2012-01-05", "films/1b.dcm"), visit("2010-01-05", "films/1a.dcm")];
    let mut second = Subject::new("2", Sex::Male, 70.0);
    (second.time, second.event, second.death) = (Some(3.25), Some(false), Some(true));
    second.centre = Some("Kiel".to_owned());
    let mut undated = Visit::new(None, "films/2.png", View::Lateral);
    (undated.spacing_mm, undated.bone) = (Some(0.25), Some(Bone::Dark));
    second.visits = vec![undated];
    for name in ["films/1a.dcm", "films/1b.dcm", "films/2.png"] {
        touch(folder.path(), name);
    }
    let cohort = Cohort::new(vec![first, second]).unwrap();
    cohort.write(folder.path()).unwrap();
    let back = Cohort::read(folder.path()).unwrap();
    assert_eq!(back.subjects(), cohort.subjects());
    let first = &back.subjects()[0];
    assert_eq!(first.visits[0].radiograph, Path::new("films/1a.dcm"));
    assert_eq!(back.radiograph_path(&first.visits[0]), folder.path().join("films/1a.dcm"));
    assert_eq!(first.secondary_osteoporosis(), Some(true));
    assert!(back.missing().contains(&("bmi", 1)));
}

#[test]
fn declared_columns_are_read_written_and_expanded() {
    let folder = tempfile::tempdir().unwrap();
    let table = "subject_id,sex,age,centre,CRP,smoking\n\
        1,F,61,Bonn,\"1,5\",former\n2,M,62,Kiel,,never\n3,F,63,Bonn,\"0,25\",current\n4,F,64,,3,\n";
    let columns = "[cohort]\ncrp = \"CRP\"\n[covariates]\ncrp = \"numeric\"\n\
                   smoking = { reference = \"never\" }\n";
    fs::write(folder.path().join("cohort.csv"), table).unwrap();
    fs::write(folder.path().join("columns.toml"), columns).unwrap();
    let visits = "subject_id,date,radiograph,view\n1,2015-02-01,a.dcm,lateral\n";
    fs::write(folder.path().join("visits.csv"), visits).unwrap();
    touch(folder.path(), "a.dcm");
    let cohort = Cohort::read(folder.path()).unwrap();
    assert!(cohort.unread_columns().is_empty());
    assert_eq!(cohort.subjects()[0].declared["crp"], DeclaredValue::Number(1.5));
    assert_eq!(cohort.subjects()[3].declared.get("smoking"), None);
    assert_eq!(cohort.levels("smoking"), ["never", "current", "former"]);
    assert_eq!(cohort.categories(), ["smoking", "centre"]);
    let names = |name: &str| -> Vec<String> {
        let design = cohort.design(&name.parse().unwrap()).unwrap();
        design.iter().map(ToString::to_string).collect()
    };
    assert_eq!(names("smoking"), ["smoking=current", "smoking=former"]);
    assert_eq!((names("crp"), names("centre")), (vec!["crp".into()], vec!["centre=Kiel".into()]));
    for (name, part) in
        [("crb", "[covariates] of columns.toml"), ("smoking=cigars", "never, current")]
    {
        let error = cohort.design(&name.parse().unwrap()).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
    let copy = tempfile::tempdir().unwrap();
    cohort.write(copy.path()).unwrap();
    touch(copy.path(), "a.dcm");
    let back = Cohort::read(copy.path()).unwrap();
    assert_eq!((back.subjects(), back.declared()), (cohort.subjects(), cohort.declared()));
    fs::write(folder.path().join("cohort.csv"), table.replace("\"1,5\"", "x")).unwrap();
    let wrong = columns.replace("never", "nie");
    fs::write(folder.path().join("columns.toml"), wrong).unwrap();
    let problems = Cohort::read(folder.path()).unwrap_err().to_string();
    for part in [
        "cohort.csv line 2, column crp (\"CRP\" in the file): expected a number, got \"x\"",
        "column smoking: expected the reference \"nie\" among its levels, got current, former, never",
    ] {
        assert!(problems.contains(part), "{problems}");
    }
}

#[test]
fn a_column_of_numbers_and_words_in_memory_is_a_problem() {
    let of = |id: &str, value: DeclaredValue| {
        let mut subject = Subject::new(id, Sex::Female, 60.0);
        subject.declared.insert("x".to_owned(), value);
        subject
    };
    let number = of("1", DeclaredValue::Number(1.0));
    let word = of("2", DeclaredValue::Level("a".to_owned()));
    let error = Cohort::new(vec![number.clone(), word]).unwrap_err().to_string();
    assert!(error.contains("line 2, column x: expected finite numbers alone"), "{error}");
    assert_eq!(Cohort::new(vec![number]).unwrap().declared()["x"], DeclaredCovariate::Numeric);
}

#[test]
fn lists_every_bad_row_of_both_files_at_once() {
    let folder = tempfile::tempdir().unwrap();
    touch(folder.path(), "a.dcm");
    let cohort = "subject_id,sex,age,time,event,glucocorticoids,shoe_size\n\
        1,F,61,-1.5,1,0,38\n\
        2,woman,61,-2,1,,\n\
        1,M,abc,2,,2,\n\
        3,M,61,2,0\n\
        ,F,200,NaN,1,,\n";
    let visits = "subject_id,date,radiograph,view,position\n\
        1,2012-02-30,a.dcm,lateral,neutral\n\
        1,2012-02-03,none.dcm,lateral,neutral\n\
        9,2012-02-03,a.dcm,oblique,neutral\n\
        2,2012-02-03,a.dcm,lateral,sitting\n";
    fs::write(folder.path().join("cohort.csv"), cohort).unwrap();
    fs::write(folder.path().join("visits.csv"), visits).unwrap();
    let text = Cohort::read(folder.path()).unwrap_err().to_string();
    for expected in [
        "cohort.csv line 2, column time: expected a number in 0 to 120 (years), got -1.5",
        "cohort.csv line 3, column sex: expected F or M, female or male, got \"woman\"",
        "cohort.csv line 3, column time: expected a number in 0 to 120 (years), got -2",
        "cohort.csv line 4, column age: expected a number in 0 to 120 (years), got \"abc\"",
        "cohort.csv line 4, column glucocorticoids: expected 0 or 1, no or yes, false or true, got \"2\"",
        "cohort.csv line 5: expected 7 cells as in the header, got 5",
        "cohort.csv line 6, column subject_id: expected an identifier, got nothing",
        "visits.csv line 2, column date: expected a date as YYYY-MM-DD, YYYY/MM/DD, YYYYMMDD or DD.MM.YYYY, or in columns.toml its format, e.g. \"%d/%m/%Y\", got \"2012-02-30\"",
        "visits.csv line 3, column radiograph: expected a file that exists, got \"none.dcm\"",
        "visits.csv line 4, column subject_id: expected an id that is in cohort.csv, got \"9\"",
        "visits.csv line 4, column view: expected lateral or ap, got \"oblique\"",
        "visits.csv line 5, column position: expected neutral or flexion or extension, got \"sitting\"",
    ] {
        assert!(text.contains(expected), "missing: {expected}\nin: {text}");
    }
}

#[test]
fn a_duplicate_id_names_the_first_line() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("cohort.csv"), "subject_id,sex,age\n1,F,60\n1,M,61\n").unwrap();
    fs::write(folder.path().join("visits.csv"), "subject_id,date,radiograph,view\n").unwrap();
    let problems = Cohort::read(folder.path()).unwrap_err();
    assert_eq!(problems.as_slice().len(), 1);
    assert_eq!(
        problems.as_slice()[0].to_string(),
        "cohort.csv line 3, column subject_id: expected an id not yet used on line 2, got \"1\" again"
    );
}

#[test]
fn missing_files_and_columns_are_problems_too() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("cohort.csv"), "\u{feff}subject_id,age\n1,60\n").unwrap();
    let text = Cohort::read(folder.path()).unwrap_err().to_string();
    assert!(text.contains("cohort.csv line 1: expected a column sex"), "{text}");
    assert!(text.contains("visits.csv: expected a readable file"), "{text}");
}

#[test]
fn a_cohort_in_memory_is_checked_like_one_on_disk() {
    let mut subject = Subject::new("1", Sex::Female, 61.0);
    subject.bmi = Some(f64::NAN);
    subject.time = Some(2.0);
    let problems = Cohort::new(vec![subject.clone(), subject]).unwrap_err();
    let columns: Vec<_> = problems.as_slice().iter().filter_map(|p| p.column.as_deref()).collect();
    assert_eq!(columns, ["bmi", "event", "subject_id", "bmi", "event"]);
}

#[test]
fn blank_tables_say_what_to_fill_in_and_a_check_of_them_too() {
    let folder = tempfile::tempdir().unwrap();
    vertebra_cohort::write_blank_tables(folder.path()).unwrap();
    let text = fs::read_to_string(folder.path().join("cohort.csv")).unwrap();
    assert!(text.contains("# bmi: a number in 8 to 100 (kg/m2); body mass index\n"), "{text}");
    assert!(text.lines().last().unwrap().starts_with("subject_id,sex,age,bmi,"), "{text}");
    let problems = Cohort::read(folder.path()).unwrap_err().to_string();
    assert_eq!(
        problems,
        "2 problems\n  cohort.csv: expected at least one subject, got none\n  visits.csv: expected \
         at least one radiograph, got none"
    );
    let again = vertebra_cohort::write_blank_tables(folder.path()).unwrap_err().to_string();
    assert!(again.contains("cohort.csv") && again.contains("exists"), "{again}");
    // The lines above the header do not disturb the lines below it.
    let row = format!(
        "{text}1,F,old{}\n",
        ",".repeat(text.lines().last().unwrap().matches(',').count() - 2)
    );
    fs::write(folder.path().join("cohort.csv"), &row).unwrap();
    let problems = Cohort::read(folder.path()).unwrap_err().to_string();
    let line = row.lines().count();
    assert!(problems.contains(&format!("cohort.csv line {line}, column age:")), "{problems}");
}

#[test]
fn the_readme_documents_every_column() {
    let readme = include_str!("../README.md");
    let folder = tempfile::tempdir().unwrap();
    Cohort::new(vec![Subject::new("1", Sex::Male, 60.0)]).unwrap().write(folder.path()).unwrap();
    for file in ["cohort.csv", "visits.csv"] {
        let text = fs::read_to_string(folder.path().join(file)).unwrap();
        for column in text.lines().next().unwrap().split(',') {
            assert!(readme.contains(&format!("| `{column}` |")), "{column} of {file}");
        }
    }
}

/// Spreadsheet programs end lines with CRLF and use missing markers of their own.
#[test]
fn lines_are_right_with_crlf_and_every_missing_marker_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let cohort = "subject_id,sex,age,bmi,event,time\r\n\r\n1,F,60,.,NULL,nan\r\n2,F,60,24,7,2\r\n";
    fs::write(folder.path().join("cohort.csv"), cohort).unwrap();
    fs::write(folder.path().join("visits.csv"), "subject_id,date,radiograph,view\r\n").unwrap();
    let problems = Cohort::read(folder.path()).unwrap_err();
    assert_eq!(
        problems.as_slice().iter().map(ToString::to_string).collect::<Vec<_>>(),
        [
            "cohort.csv line 4, column event: expected 0 or 1, no or yes, false or true, got \"7\"",
            "cohort.csv line 4, column event: expected time and event both given, or neither, got \
             time alone"
        ]
    );
}

/// A cohort folder with two films.
fn folder_of(cohort: &[u8], visits: &str, columns: Option<&str>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("cohort.csv"), cohort).unwrap();
    fs::write(folder.path().join("visits.csv"), visits).unwrap();
    if let Some(columns) = columns {
        fs::write(folder.path().join("columns.toml"), columns).unwrap();
    }
    touch(folder.path(), "a.dcm");
    touch(folder.path(), "b.dcm");
    folder
}

const VISITS: &str =
    "subject_id,date,radiograph,view\n1,2015-02-01,a.dcm,lateral\n2,2015-02-01,b.dcm,LATERAL\n";

/// Spreadsheet programs write commas, semicolons or tabs, decimal commas, UTF-16 and Latin-1.
#[test]
fn a_table_is_read_as_spreadsheet_programs_write_it() {
    let rows = "subject_id;sex;age;bmi;glucocorticoids;time;event\r\n\
                1;female;74,6;26,3;no;3,70;1\r\n2;m;64;29;TRUE;3,40;FALSE\r\n";
    let tabs = rows.replace(';', "\t");
    let quoted = rows.replace("74,6", "\"74,6\"").replace("26,3", "\"26,3\"");
    let quoted = quoted.replace("3,70", "\"3,70\"").replace("3,40", "\"3,40\"").replace(';', ",");
    let utf_16 = |text: &str| -> Vec<u8> {
        let units = "\u{feff}".encode_utf16().chain(text.encode_utf16()).collect::<Vec<_>>();
        units.into_iter().flat_map(u16::to_le_bytes).collect()
    };
    let mut expected = Subject::new("1", Sex::Female, 74.6);
    (expected.bmi, expected.glucocorticoids) = (Some(26.3), Some(false));
    (expected.time, expected.event) = (Some(3.7), Some(true));
    let files = [rows.as_bytes().to_vec(), tabs.into_bytes(), quoted.into_bytes(), utf_16(rows)];
    for cohort in files {
        let folder = folder_of(&cohort, VISITS, None);
        let cohort = Cohort::read(folder.path()).unwrap();
        let mut first = cohort.subjects()[0].clone();
        first.visits.clear();
        assert_eq!(first, expected);
        let second = &cohort.subjects()[1];
        assert_eq!((second.sex, second.glucocorticoids), (Sex::Male, Some(true)));
        assert_eq!((second.time, second.event), (Some(3.4), Some(false)));
    }
}

/// Columns of other names, codes, units and dates, as `columns.toml` says.
#[test]
fn a_table_of_other_names_is_read_by_its_map() {
    let cohort = b"Pat-ID;Geschlecht;Alter;BMI;Kortison;Aufnahme;Ende;Fraktur\n\
        1;weiblich;895,2;263;nein;01.02.2015;01.02.2018;1\n\
        2;m\xe4nnlich;800;290;ja;01.02.2015;;0\n";
    let columns = r#"
        [cohort]
        subject_id = "Pat-ID"
        sex = { column = "Geschlecht", values = { weiblich = "F", "männlich" = "M" } }
        age = { column = "Alter", factor = 0.08333333333333333 }
        bmi = { column = "BMI", factor = 0.1 }
        glucocorticoids = { column = "Kortison", values = { ja = "1", nein = "0" } }
        time = { from = "Aufnahme", to = "Ende" }
        event = "Fraktur"
        [visits]
        subject_id = "Fall"
        date = { column = "Datum", format = "%d/%m/%Y" }
    "#;
    let visits = "Fall;Datum;radiograph;view\n1;01/02/2015;a.dcm;lateral\n";
    let folder = folder_of(cohort, visits, Some(columns));
    let text = Cohort::read(folder.path()).unwrap_err().to_string();
    assert_eq!(
        text,
        "cohort.csv line 3, column time: expected time and event both given, or neither, got event \
         alone"
    );
    let old =
        String::from_utf8_lossy(cohort).replace(";800;", ";8000;").replace(";;0", ";01.02.2016;0");
    let folder = folder_of(old.as_bytes(), visits, Some(columns));
    let text = Cohort::read(folder.path()).unwrap_err().to_string();
    assert!(
        text.contains("line 3, column age (\"Alter\" in the file): expected a number in 0 to 120"),
        "{text}"
    );
    let whole = String::from_utf8_lossy(cohort).replace(";;0", ";01.02.2016;0");
    let whole: Vec<u8> = whole.replace('\u{fffd}', "ä").into_bytes();
    let folder = folder_of(&whole, visits, Some(columns));
    let cohort = Cohort::read(folder.path()).unwrap();
    let first = &cohort.subjects()[0];
    assert_eq!((first.sex, first.glucocorticoids), (Sex::Female, Some(false)));
    assert!((first.age - 74.6).abs() < 1e-9 && (first.bmi.unwrap() - 26.3).abs() < 1e-9);
    assert_eq!((first.time, first.event), (Some(1096.0 / 365.25), Some(true)));
    assert_eq!(first.visits[0].date.unwrap().to_string(), "2015-02-01");
    assert_eq!(cohort.subjects()[1].sex, Sex::Male);
    let unread: Vec<String> = cohort.unread_columns().iter().map(ToString::to_string).collect();
    assert_eq!(unread, ["Aufnahme", "Ende"]);
}

#[test]
fn a_column_that_is_absent_is_looked_for_under_other_names() {
    let folder = folder_of(b"Pat-ID,Geschlecht,age\n1,F,60\n", VISITS, None);
    let text = Cohort::read(folder.path()).unwrap_err().to_string();
    let expected = "cohort.csv line 1: expected a column sex, or in columns.toml its name here, \
                    sex = \"Geschlecht\"?, got columns Pat-ID, Geschlecht, age";
    assert!(text.contains(expected), "{text}");
    let folder =
        folder_of(b"subject_id,sex,age\n1,F,60\n", VISITS, Some("[cohort]\nbmi = \"B\"\n"));
    let text = Cohort::read(folder.path()).unwrap_err().to_string();
    assert!(text.contains("cohort.csv line 1: expected a column B"), "{text}");
    let folder = folder_of(b"PK\x03\x04xlsx", VISITS, None);
    let text = Cohort::read(folder.path()).unwrap_err().to_string();
    assert!(text.contains("cohort.csv: expected a table of text (CSV), got a workbook"), "{text}");
    assert!(!text.contains("an id that is in cohort.csv"), "{text}");
}

#[cfg(unix)]
#[test]
fn what_is_written_can_be_read_by_everybody() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    Cohort::new(vec![Subject::new("1", Sex::Male, 60.0)]).unwrap().write(folder.path()).unwrap();
    let mode = fs::metadata(folder.path().join("cohort.csv")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o644);
}

#[test]
fn tables_as_a_hospital_exports_them_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let cohort = "sep=;\r\nSubject ID;SEX;Age;Weight;Current smoker;Time;Event\r\n\
        1;w;61,5;1.061,5;ja;1,5;0\r\n2;m;62;71,5;nein;2,25;1\r\n;;;;;;\r\n";
    let visits = "subject_id;Date;radiograph;View\n1;40544;a.dcm;LATERAL\n2;1-Feb-2011;b.dcm;ap\n";
    fs::write(folder.path().join("cohort.csv"), cohort).unwrap();
    fs::write(folder.path().join("visits.csv"), visits).unwrap();
    touch(folder.path(), "a.dcm");
    touch(folder.path(), "b.dcm");
    let heavy = Cohort::read(folder.path()).unwrap_err().to_string();
    let expected = "cohort.csv line 3, column weight (\"Weight\" in the file): expected a number in \
                    20 to 350 (kg), got 1061.5";
    assert!(heavy.contains(expected), "{heavy}");
    fs::write(folder.path().join("cohort.csv"), cohort.replace("1.061,5", "61,5")).unwrap();
    let cohort = Cohort::read(folder.path()).unwrap();
    let first = &cohort.subjects()[0];
    assert_eq!((first.sex, first.age, first.weight), (Sex::Female, 61.5, Some(61.5)));
    assert_eq!((first.current_smoker, first.time), (Some(true), Some(1.5)));
    assert_eq!(first.visits[0].date, Some("2011-01-01".parse().unwrap()));
    assert_eq!(cohort.subjects()[1].visits[0].date, Some("2011-02-01".parse().unwrap()));
    assert!(cohort.unread_columns().is_empty());
}

#[test]
fn a_workbook_in_the_place_of_a_table_is_named_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    touch(folder.path(), "cohort.xlsx");
    fs::write(folder.path().join("visits.csv"), b"PK\x03\x04 the rest of a workbook").unwrap();
    let text = Cohort::read(folder.path()).unwrap_err().to_string();
    assert!(text.contains("got cohort.xlsx; save its sheet as CSV"), "{text}");
    assert!(text.contains("visits.csv: expected a table of text (CSV), got a workbook"), "{text}");
}
