//! Data sets of R's survival package, and how close numbers are.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::panic)]

use serde_json::Value;
use std::collections::HashMap;
use vertebra_baselines::{DesignMatrix, Outcomes};

pub struct Data {
    columns: HashMap<String, Vec<f64>>,
}

impl Data {
    pub fn read(text: &str) -> Self {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let names: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
        let mut columns: HashMap<String, Vec<f64>> = HashMap::new();
        for record in reader.records() {
            for (name, cell) in names.iter().zip(record.unwrap().iter()) {
                columns.entry(name.clone()).or_default().push(cell.parse().unwrap());
            }
        }
        Self { columns }
    }

    pub fn filter(&self, keep: impl Fn(usize) -> bool) -> Self {
        let kept = |column: &Vec<f64>| {
            column.iter().enumerate().filter(|(i, _)| keep(*i)).map(|(_, v)| *v).collect()
        };
        Self { columns: self.columns.iter().map(|(n, c)| (n.clone(), kept(c))).collect() }
    }

    pub fn of(&self, name: &str) -> Vec<f64> {
        self.columns[name].clone()
    }

    pub fn groups(&self, name: &str) -> Vec<usize> {
        self.of(name).into_iter().map(|v| v as usize).collect()
    }

    pub fn outcomes(&self) -> Outcomes {
        let event = self.of("status").iter().map(|&s| s == 1.0).collect();
        if self.columns.contains_key("start") {
            return Outcomes::new(self.of("stop"), event)
                .unwrap()
                .with_entry(self.of("start"))
                .unwrap();
        }
        Outcomes::new(self.of("time"), event).unwrap()
    }

    pub fn design(&self, names: &[String]) -> DesignMatrix {
        let column = |name: &String| (name.clone(), self.of(name));
        DesignMatrix::from_columns(names.iter().map(column).collect()).unwrap()
    }
}

pub fn data(name: &str) -> Data {
    Data::read(match name {
        "lung" => include_str!("../../testdata/lung.csv"),
        "veteran" => include_str!("../../testdata/veteran.csv"),
        "gbsg" => include_str!("../../testdata/gbsg.csv"),
        "ovarian" => include_str!("../../testdata/ovarian.csv"),
        "cgd" => include_str!("../../testdata/cgd.csv"),
        "pbc" => include_str!("../../testdata/pbc.csv"),
        other => panic!("no data {other}"),
    })
}

pub fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

pub fn close(what: &str, got: f64, expected: f64, relative: f64) {
    let miss = (got - expected).abs() / expected.abs().max(1e-300);
    assert!(miss <= relative, "{what}: got {got}, expected {expected}, off by {miss:.2e}");
}
