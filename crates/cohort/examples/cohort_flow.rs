//! Reads a cohort folder, prints the flow of exclusions and Table 1 of a split by event.
//!
//! `cargo run --release -p vertebra-cohort --example cohort_flow -- [FOLDER]`; without a folder, of
//! forty subjects made in memory.
#![allow(clippy::print_stdout)] // an example speaks

use vertebra_cohort::{
    Characteristic, Cohort, Covariate, Date, EligibilityOptions, Error, Position, Quality, Sex,
    Split, Subject, TableOne, View, Visit, eligibility,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let cohort = match std::env::args().nth(1) {
        Some(folder) => Cohort::read(folder),
        None => Cohort::new((0..40).map(subject).collect::<Result<_, Error>>()?),
    };
    // Every bad row of both files, with its line.
    let cohort = cohort.map_err(|problems| problems.to_string())?;

    let flow = eligibility(&cohort, &EligibilityOptions::default());
    println!("{} subjects", flow.start());
    for step in flow.steps() {
        println!("  {:<32} -{}", step.reason, step.excluded);
    }
    let analysed: Vec<&Subject> =
        flow.subjects().into_iter().map(|i| &cohort.subjects()[i]).collect();
    println!("{} analysed", analysed.len());

    let event: Vec<bool> = analysed.iter().map(|s| s.event == Some(true)).collect();
    let split = Split::stratified(&event, 0.25, 1)?;
    let is_test: Vec<bool> = (0..analysed.len()).map(|i| split.test().contains(&i)).collect();
    let rows = [Covariate::AGE, Covariate::SEX, Covariate::BMI]
        .map(|covariate| Characteristic::covariate(&covariate, analysed.iter().copied()));
    for row in TableOne::new(["development", "test"], &is_test, &rows)?.rows {
        let p = row.p.map_or("-".to_owned(), |p| format!("{p:.3}"));
        let [development, test] = row.groups.map(|group| group.to_string());
        println!("{:<12} {development:>12} {test:>12}   P {p}", row.name);
    }
    Ok(())
}

/// Follow-up over two films; every fifth subject is too young.
fn subject(i: u16) -> Result<Subject, Error> {
    let sex = if i.is_multiple_of(3) { Sex::Male } else { Sex::Female };
    let age = if i.is_multiple_of(5) { 44.0 } else { 52.0 + f64::from(i % 20) };
    let mut subject = Subject::new(format!("S{i:02}"), sex, age);
    subject.bmi = (!i.is_multiple_of(7)).then(|| 20.0 + f64::from(i % 11));
    subject.time = Some(1.0 + f64::from(i % 6));
    subject.event = Some(i % 4 == 1);
    let first = Date::new(2012, 1, 5)?;
    let visit = |date, name: String| {
        Visit::new(date, name, View::Lateral)
            .with_position(Position::Neutral)
            .with_quality(Quality::Good)
    };
    let last = first.plus_days(365 + 30 * i64::from(i))?;
    subject.visits = vec![visit(first, format!("{i}a.dcm")), visit(last, format!("{i}b.dcm"))];
    Ok(subject)
}
