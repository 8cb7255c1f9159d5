//! Tables that a user brings: what is read, and what is said where something is wrong.

use super::*;
use vertebra_survival::Outcomes;

fn table(text: &str) -> Table {
    Table::parse("t.csv", text.as_bytes()).unwrap()
}

fn message<T>(result: Result<T, Error>) -> String {
    result.err().unwrap().to_string()
}

fn refused(text: &str) -> String {
    message(Table::parse("t.csv", text.as_bytes()))
}

#[test]
fn text_columns_become_indicators_against_the_first_level() {
    let table = table("a,cell\n1,small\n2,adeno\n3,large\n4,adeno\n");
    assert_eq!(
        table.covariates(&["a".to_owned(), "cell".to_owned()]).unwrap(),
        [
            ("a".to_owned(), vec![1.0, 2.0, 3.0, 4.0]),
            ("cell=large".to_owned(), vec![0.0, 0.0, 1.0, 0.0]),
            ("cell=small".to_owned(), vec![1.0, 0.0, 0.0, 0.0]),
        ]
    );
    assert_eq!(table.labels("cell").unwrap(), [2, 0, 1, 0]);
    let one = table.subset(&[1, 3]).covariates(&["cell".to_owned()]);
    assert_eq!(
        message(one),
        "t.csv, column cell: expected at least two values, got \"adeno\" in every row used"
    );
}

#[test]
fn every_missing_marker_is_one_in_every_kind_of_column() {
    let table = table("a,b\n1,x\nNA,y\n3,\nNaN,null\n., z \nn/a,Na\n4,z\n");
    assert_eq!(table.complete_rows(&["a", "b"]).unwrap(), [0, 6]);
    let a = [Some(1.0), None, Some(3.0), None, None, None, Some(4.0)];
    assert_eq!(table.column("a").unwrap(), Column::Number(a.to_vec()));
    let Column::Text(b) = table.column("b").unwrap() else { panic!("b is text") };
    assert_eq!(b.iter().flatten().count(), 4);
    assert_eq!(
        message(table.numbers("a")),
        "t.csv line 3, column a: expected a number, got a missing value (\"NA\")"
    );
    assert_eq!(message(table.labels("b")), "t.csv line 4, column b: expected a value, got none");
}

#[test]
fn rows_keep_their_lines_in_a_subset() {
    let table = table("a,b\n1,x\n2,y\n3,8o\n").subset(&[0, 2]);
    assert_eq!(table.numbers("a").unwrap(), [1.0, 3.0]);
    assert_eq!(
        message(table.subset(&[1]).numbers("b")),
        "t.csv line 4, column b: expected a number, got \"8o\""
    );
}

#[test]
fn lines_are_counted_as_an_editor_counts_them() {
    let lines = |text: &str| -> Vec<u64> { table(text).rows().map(|row| row.line()).collect() };
    assert_eq!(lines("a,b\n1,2\n3,4\n"), [2, 3]);
    assert_eq!(lines("a,b\r\n1,2\r\n3,4\r\n"), [2, 3]);
    assert_eq!(lines("a,b\r1,2\r3,4\r"), [2, 3]);
    assert_eq!(lines("a,b\r\n\r\n1,2\r\n\r\n\r\n3,4"), [3, 6]);
    assert_eq!(lines("a,b\n\"1\n2\",2\n3,4\n"), [2, 4]);
    assert_eq!(lines("\u{feff}a,b\n1,2\n"), [2]);
    assert_eq!(
        refused("a,b\r\n1,2\r\n3\r\n"),
        "t.csv line 3: expected 2 cells as in the header, got 1"
    );
}

#[test]
fn bad_outcomes_are_named_by_line_and_column() {
    let table = table("time,event,from\n5,1,0\n-2,0,1\n3,2,4\n");
    assert_eq!(
        message(table.outcomes("time", "event", None)),
        "t.csv line 3, column time: expected a time >= 0, got -2"
    );
    let rest = table.subset(&[0, 2]);
    assert_eq!(
        message(rest.outcomes("time", "event", None)),
        "t.csv line 4, column event: expected 0 (censored) or 1 (event), got 2"
    );
    assert_eq!(rest.causes("event").unwrap(), [1, 2]);
    assert_eq!(
        message(rest.competing_outcomes("time", "event", Some("from"))),
        "t.csv line 4, column from: expected an entry time >= 0 and before time, got 4"
    );
    assert_eq!(
        message(table.causes("time")),
        "t.csv line 3, column time: expected 0 (censored) or a cause 1, 2, .., 99, got -2"
    );
    let first = table.subset(&[0]).outcomes("time", "event", None).unwrap();
    assert_eq!(first, Outcomes::new(vec![5.0], vec![true]).unwrap());
    let words = self::table("time,event\n5,TRUE\n2,no\n3,1.0\n4,FALSE\n6,yes\n");
    assert_eq!(words.events("event").unwrap(), [true, false, true, false, true]);
    let unknown = self::table("time,event\n5,dead\n");
    assert_eq!(
        message(unknown.events("event")),
        "t.csv line 2, column event: expected a number, got \"dead\""
    );
    let absent = message(table.numbers("sex"));
    assert_eq!(absent, "t.csv line 1: expected a column sex, got columns time, event, from");
}

#[test]
fn numbers_are_finite_and_have_a_decimal_point() {
    let got = |cell: &str| message(table(&format!("a,b\n\"{cell}\",1\n")).numbers("a"));
    assert!(got("inf").ends_with("expected a number, got \"inf\""), "{}", got("inf"));
    assert!(got("7,460").ends_with("expected a number with a decimal point, got \"7,460\""));
    assert!(got("7,4,6").ends_with("expected a number, got \"7,4,6\""));
}

#[test]
fn decimal_commas_are_taken_where_they_can_mean_nothing_else() {
    let b = |text: &str| table(text).numbers("b").map_err(|e| e.to_string());
    assert_eq!(b("a;b\n1,5;2\n3;0,125\n").unwrap(), [2.0, 0.125]);
    assert_eq!(
        table("a;b\n1,5;2\n3;0,125\n").format().to_string(),
        "UTF-8, columns separated by semicolons, decimal commas"
    );
    assert_eq!(b("a\tb\n1,5\t-2,25e1\n").unwrap(), [-22.5]);
    assert_eq!(b("a,b\n\"1,5\",\"1,234\"\n").unwrap(), [1.234]);
    // Thousands, or a mixture of marks, are not guessed.
    assert!(b("a;b\n1;1,234\n").unwrap_err().ends_with("a decimal point, got \"1,234\""));
    assert!(b("a;b\n1.5;2,5\n").unwrap_err().ends_with("a decimal point, got \"2,5\""));
    assert_eq!(table("a;b\n1,5;x\n").labels("a").unwrap(), [0]);
}

#[test]
fn text_is_read_in_the_encodings_of_spreadsheet_programs() {
    let latin = Table::parse("t.csv", b"a,b\n1,2\nm\xe4n,3\n").unwrap();
    assert_eq!(
        (latin.texts("a").unwrap(), latin.format().encoding),
        (vec!["1", "män"], Encoding::Windows1252)
    );
    let units = |text: &str| -> Vec<u16> { text.encode_utf16().collect() };
    let big: Vec<u8> =
        units("\u{feff}a\tb\r\nä\t3\r\n").into_iter().flat_map(u16::to_be_bytes).collect();
    let little: Vec<u8> =
        units("a\tb\r\nä\t3\r\n").into_iter().flat_map(u16::to_le_bytes).collect();
    for bytes in [big, little] {
        let table = Table::parse("t.csv", &bytes).unwrap();
        assert_eq!(
            (table.texts("a").unwrap(), table.format().encoding),
            (vec!["ä"], Encoding::Utf16)
        );
        assert_eq!(table.rows().next().unwrap().line(), 2);
    }
}

#[test]
fn a_column_says_which_rows_train_stop_and_test() {
    let split = table("split,a\ntest,1\ntrain,2\nvalid,3\ntrain,4\n").split_rows("split").unwrap();
    assert_eq!((split.train, split.valid, split.test), (vec![1, 3], vec![2], vec![0]));
    let other = message(table("split,a\ntrain,1\nTest,2\n").split_rows("split"));
    let expected = "t.csv line 3, column split: expected train, valid or test, got \"Test\"";
    assert_eq!(other, expected);
    assert!(message(table("split,a\n,1\n").split_rows("split")).ends_with("got nothing"));
    assert!(message(table("a\n1\n").split_rows("split")).contains("expected a column split"));
}

#[test]
fn files_that_are_not_tables_are_refused_in_one_sentence() {
    assert_eq!(
        refused("a,a\n1,2\n"),
        "t.csv line 1, column a: expected each column once, got it twice"
    );
    assert_eq!(refused("a,b\n"), "t.csv: expected at least one row below the header, got none");
    assert_eq!(refused(""), "t.csv: expected a header and rows, got an empty file");
    assert!(
        refused("PAR1\u{1}")
            .ends_with("expected a table of text (CSV), got a Parquet file (export it as CSV)")
    );
    assert_eq!(
        refused("a,b\n1,\u{1}\n"),
        "t.csv: expected a table of text (CSV), got a binary file"
    );
    assert!(message(Table::read("absent/t.csv")).contains("absent/t.csv"));
}

#[test]
fn covariates_are_found_by_path_and_by_name() {
    let names = ["age".to_owned(), "sex".to_owned()];
    let films = |text: &str| FilmCovariates::new(table(text), &names);
    let covariates = films("file,sex,age\nfilms/a.dcm,F,61\nb.dcm,,70\nc/d.dcm,M,.\ne/d.dcm,0,5\n");
    let covariates = covariates.unwrap();
    let of = |file: &str| covariates.of(Path::new(file));
    assert_eq!(of("films/a.dcm").unwrap(), [Some(61.0), Some(1.0)]);
    assert_eq!(of("x/b.dcm").unwrap(), [Some(70.0), None]);
    assert_eq!(of("c/d.dcm").unwrap(), [None, Some(0.0)]);
    assert_eq!(message(of("x/c.dcm")), "t.csv: expected a row for x/c.dcm, got none");
    assert!(message(of("x/d.dcm")).contains("several rows"));
    assert_eq!(FilmCovariates::none(2).of(Path::new("c.dcm")).unwrap(), [None, None]);
    assert!(message(films("file,sex,age\na,F,1\na,F,1\n")).contains("line 3, column file"));
    assert!(message(films("file,age\na,1\n")).contains("a column sex"));
    assert!(message(films("file,sex,age\na,x,1\n")).contains("column sex: expected a number"));
}

#[test]
fn signs_between_thousands_are_read_where_they_leave_no_doubt() {
    let comma = table("a;b\n1.234,5;1\n950,25;2\n12 345,5;3\n-1.234.567,0;4\n");
    assert_eq!(comma.format().decimal_mark, ',');
    assert_eq!(comma.numbers("a").unwrap(), [1234.5, 950.25, 12345.5, -1_234_567.0]);
    let point = table("a;b\n1,234.5;1\n12'345.5;2\n1 000;3\n");
    assert_eq!(point.numbers("a").unwrap(), [1234.5, 12345.5, 1000.0]);
    for cell in ["1,234", "1,23.4", "12,34.5", "1.2,3.4", "1 23", "1,,234.5", ",234.5"] {
        let text = format!("a;b\n{cell};1\n1.5;2\n");
        assert!(message(table(&text).numbers("a")).contains(&format!("got \"{cell}\"")), "{cell}");
    }
}

#[test]
fn what_spreadsheet_programs_add_is_no_row() {
    let table = table("sep=;\na;b\n1;x;;\n;;\n\n2;y\n;\n");
    assert_eq!(table.numbers("a").unwrap(), [1.0, 2.0]);
    assert_eq!(table.rows().map(|row| row.line()).collect::<Vec<_>>(), [3, 6]);
    assert_eq!(
        refused("a;b\n1;x\nExport of 3 March\n"),
        "t.csv line 3: expected 2 cells as in the header, got 1 (\"Export of 3 March\"); is it a \
         remark that belongs out?"
    );
    assert_eq!(refused("a,b\n1,2,3\n"), "t.csv line 2: expected 2 cells as in the header, got 3");
}

#[test]
fn flags_are_read_in_the_words_of_exports() {
    for (word, expected) in [
        ("Y", Some(true)),
        ("n", Some(false)),
        ("Ja", Some(true)),
        ("NEIN", Some(false)),
        ("T", Some(true)),
        ("Unchecked", Some(false)),
        ("2", None),
        ("maybe", None),
    ] {
        assert_eq!(flag(word), expected, "{word}");
    }
}

#[test]
fn events_may_be_words() {
    let found = table("t,e\n1,true\n2,FALSE\n3,yes\n").outcomes("t", "e", None).unwrap();
    assert_eq!(found.event(), [true, false, true]);
    let number = table("t,e\n1,1.0\n2,0\n").outcomes("t", "e", None).unwrap();
    assert_eq!(number.event(), [true, false]);
    let error = message(table("t,e\n1,true\n2,perhaps\n").outcomes("t", "e", None));
    assert!(
        error.starts_with("t.csv line 3, column e: expected a number, got \"perhaps\""),
        "{error}"
    );
}
