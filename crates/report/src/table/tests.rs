use super::*;

fn table() -> Table {
    let columns = [
        Column::group("Model", "model", "Name of the model"),
        Column::interval("C", "harrell_c", "Harrell’s C"),
        Column::bounds("BCa", "harrell_c_bca", "Harrell’s C, BCa"),
        Column::number("P", "p", "P value"),
    ];
    let mut table = Table::new("models", "Concordance", columns).with_note("A note.");
    let interval = vertebra_evaluation::Interval::new(0.5, 0.75, 0.95);
    let estimate = Estimate::new(0.612, 0.06, interval);
    table.rows = vec![
        vec![
            Cell::named("a|b", "a_b"),
            Cell::Estimate(estimate, 3),
            Cell::Bounds(0.5, 0.7, 3),
            Cell::P(0.0001),
        ],
        vec![Cell::named("a|b", "a_b"), Cell::Nothing, Cell::Nothing, Cell::Nothing],
    ];
    table
}

#[test]
fn csv_keeps_full_precision_and_leaves_the_undefined_empty() {
    let header = "model,harrell_c,harrell_c_lower,harrell_c_upper,harrell_c_bca_lower,\
                  harrell_c_bca_upper,p\n";
    let rows = "a_b,0.612,0.5,0.75,0.5,0.7,0.0001\na_b,,,,,,\n";
    assert_eq!(table().to_csv(), format!("{header}{rows}"));
}

#[test]
fn every_column_of_the_csv_has_a_meaning() {
    let file = table().file();
    assert_eq!(file.path, "tables/models.csv");
    let names: Vec<&str> = file.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(table().to_csv().lines().next().unwrap(), names.join(","));
    assert_eq!(file.columns[2].meaning, "Harrell’s C: lower bound of the 95 % interval");
}

#[test]
fn markdown_escapes_its_own_sign() {
    let text = table().to_markdown();
    assert!(text.contains("| a\\|b | 0.612 (0.500 to 0.750) | (0.500 to 0.700) |"), "{text}");
    assert!(text.ends_with("\nA note.\n"));
}

#[test]
fn html_prints_a_group_once_and_escapes() {
    let text = table().to_html().into_string();
    assert_eq!(text.matches("a|b").count(), 1);
    assert!(text.contains("&lt;0.001"), "{text}");
    assert!(text.contains("colspan=\"2\""));
}
