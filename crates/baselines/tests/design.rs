//! Designs made from a table, against R's on the same data: `testdata/design.R`.
#![allow(clippy::unwrap_used)]

mod common;

use common::{close, data, numbers};
use serde_json::Value;
use vertebra_baselines::{
    CoxModel, CoxRegression, DesignRecipe, Error, Outcomes, RawColumn, RawTable,
};

fn veteran() -> (Outcomes, RawTable) {
    let data = data("veteran");
    let numbers = |name: &str| (name.to_owned(), RawColumn::Numbers(data.of(name)));
    let mut columns = ["trt2", "karno", "age", "prior"].map(numbers).to_vec();
    columns.push(("cell".to_owned(), RawColumn::Labels(cells())));
    (data.outcomes(), RawTable::new(columns).unwrap())
}

fn cells() -> Vec<String> {
    let names = ["squamous", "smallcell", "adeno", "large"];
    data("veteran").groups("cell").into_iter().map(|code| names[code - 1].to_owned()).collect()
}

fn golden() -> Value {
    serde_json::from_str(include_str!("../testdata/design.json")).unwrap()
}

fn check(name: &str, recipe: &DesignRecipe) -> CoxModel {
    let (outcomes, table) = veteran();
    let model = CoxModel::fit(&CoxRegression::default(), &outcomes, recipe, &table).unwrap();
    let golden = &golden()[name];
    close(name, model.fit.log_likelihood, golden["loglik"].as_f64().unwrap(), 1e-12);
    let (coef, se) = (numbers(&golden["coef"]), numbers(&golden["se"]));
    assert_eq!(coef.len(), model.fit.coefficients.len());
    for (j, c) in model.fit.coefficients.iter().enumerate() {
        let miss = (c.log_hazard_ratio.value - coef[j]) / se[j];
        assert!(
            miss.abs() < 1e-8,
            "{name} {}: {} and {}",
            c.name,
            c.log_hazard_ratio.value,
            coef[j]
        );
        close(&format!("{name} {}", c.name), c.model_std_error, se[j], 1e-7);
    }
    model
}

#[test]
fn every_kind_of_term_agrees() {
    let all = DesignRecipe::default;
    check("factor", &all().with_factor("cell", Some("large")).with_column("karno"));
    check("spline", &all().with_spline("age", 4).with_column("trt2"));
    check("b_spline", &all().with_b_spline("karno", 5).with_column("trt2"));
    check("log", &all().with_log("karno").with_standardised("age"));
    let recipe = all().with_spline("age", 4).with_column("trt2").with_interaction("age", "trt2");
    let recipe = recipe.with_factor("cell", Some("large")).with_interaction("cell", "trt2");
    let (outcomes, table) = veteran();
    let model = CoxModel::fit(&CoxRegression::default(), &outcomes, &recipe, &table).unwrap();
    let loglik = golden()["interaction"]["loglik"].as_f64().unwrap();
    close("interaction", model.fit.log_likelihood, loglik, 1e-11);
    let terms: Vec<&str> = model.fit.terms.iter().map(|term| term.name.as_str()).collect();
    assert_eq!(terms, ["age", "trt2", "age:trt2", "cell", "cell:trt2"]);
    assert_eq!(model.fit.terms[2].wald.unwrap().df, Some(3.0));
}

#[test]
fn a_stored_model_predicts_a_raw_table_to_the_last_digit() {
    let (outcomes, table) = veteran();
    let recipe = DesignRecipe::default().with_spline("age", 4).with_column("cell");
    let recipe = recipe.with_log("karno").with_interaction("cell", "karno");
    let prepared = recipe.prepare(&table).unwrap();
    let strata: Vec<usize> = data("veteran").groups("trt2");
    let design = prepared.design(&table).unwrap().with_strata(strata.clone()).unwrap();
    let regression = CoxRegression::default();
    let fit = regression.fit(&outcomes, &design).unwrap();
    let expected = fit.survival_prob(&design, 100.0).unwrap();
    let model = CoxModel::of(&regression, &outcomes, (prepared, &design), fit).unwrap();
    let mut labels: Vec<String> = strata.iter().map(ToString::to_string).collect();
    labels.sort();
    labels.dedup();
    let model = model.with_strata("trt2".into(), labels).unwrap();
    let back = CoxModel::from_json("m.json", &model.to_json().unwrap()).unwrap();
    assert_eq!(back, model);
    assert_eq!(back.columns(), ["age", "cell", "karno", "trt2"]);
    let got = back.survival(&table, 100.0).unwrap();
    for (got, expected) in got.iter().zip(&expected) {
        assert!((got.value - expected).abs() < 1e-12);
        assert!(got.interval.contains(got.value));
    }
    let mean = got.iter().map(|s| s.value).sum::<f64>() / got.len() as f64;
    assert!((back.marginal(&table, 100.0).unwrap().value - mean).abs() < 1e-13);
    let older = model.to_json().unwrap().replacen("\"schema\":2", "\"schema\":9", 1);
    let error = CoxModel::from_json("m.json", &older).unwrap_err().to_string();
    assert_eq!(error, "m.json: expected a model of version 2, got version 9");
    assert!(matches!(CoxModel::from_json("m.json", "{}"), Err(Error::Malformed { .. })));
}

#[test]
fn what_a_table_lacks_is_named() {
    let (_, table) = veteran();
    let message = |recipe: DesignRecipe| recipe.prepare(&table).unwrap_err().to_string();
    let all = DesignRecipe::default;
    assert_eq!(
        message(all().with_factor("cell", Some("giant"))),
        "column cell: expected one of adeno, large, smallcell, squamous, got \"giant\""
    );
    assert!(message(all().with_column("weight")).contains("column weight"));
    assert_eq!(message(all().with_log("cell")), "column cell: expected numbers, got labels");
    assert!(message(all().with_log("prior")).starts_with("prior, row 0: expected above 0"));
    assert!(message(all().with_spline("age", 2)).contains("3 to 7"));
    assert!(message(all().with_spline("trt2", 4)).contains("distinct values"));
    assert!(message(all().with_b_spline("age", 2)).contains("3 to 50"));
    assert!(message(all().with_interaction("age", "age")).contains("two different columns"));
    assert!(message(all()).contains("terms"));
    let prepared = all().with_column("cell").prepare(&table).unwrap();
    let other = RawColumn::Labels(vec!["large".into(), "giant".into()]);
    let other = RawTable::new(vec![("cell".into(), other)]).unwrap();
    let error = prepared.design(&other).unwrap_err().to_string();
    assert!(error.starts_with("column cell, row 1: expected one of adeno, large"), "{error}");
    let twice = all().with_column("age").with_spline("age", 3).prepare(&table).unwrap();
    assert!(matches!(twice.design(&table), Err(Error::DuplicateColumn { .. })));
}

#[test]
fn levels_that_are_numbers_are_ordered_as_numbers() {
    let doses = RawColumn::Numbers(vec![10.0, 2.0, 2.0, 10.0, 30.0]);
    let table = RawTable::new(vec![("dose".into(), doses)]).unwrap();
    let prepared = DesignRecipe::default().with_factor("dose", None).prepare(&table).unwrap();
    assert_eq!(prepared.design(&table).unwrap().names(), ["dose=10", "dose=30"]);
}
