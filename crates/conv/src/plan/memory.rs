//! Places in one workspace for the values of a program, reused as soon as nothing reads them.

use crate::graph::{Program, StepKind, Value};

/// Values start at the start of a cache line.
const LINE: usize = 16;

/// Where a value lies while it is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The caller's input of this index.
    Input(usize),
    /// From this position on in the workspace of one item.
    Workspace(usize),
}

/// The place of every value, and the size of the workspace in values per item.
#[derive(Debug, Clone)]
pub(super) struct Memory {
    places: Vec<Option<Place>>,
    pub(super) size: usize,
}

impl Memory {
    pub(super) fn plan(program: &Program) -> Self {
        let last_read = last_reads(program);
        let mut memory = Self { places: vec![None; program.shapes.len()], size: 0 };
        for (i, (_, value)) in program.inputs.iter().enumerate() {
            memory.places[value.0] = Some(Place::Input(i));
        }
        let mut live: Vec<Region> = Vec::new();
        for (i, step) in program.steps.iter().enumerate() {
            live.retain(|region| last_read[region.value.0] >= i);
            let start = match reusable(&step.kind).and_then(|value| {
                let dies = last_read[value.0] == i;
                live.iter().position(|region| dies && region.value == value)
            }) {
                Some(region) => live.swap_remove(region).start,
                None => gap(&live, size(program, step.output)),
            };
            let region = Region { value: step.output, start, size: size(program, step.output) };
            memory.size = memory.size.max(region.start + region.size);
            memory.places[step.output.0] = Some(Place::Workspace(start));
            live.push(region);
        }
        memory
    }

    /// The place of a value that some step writes or that is an input.
    pub(super) fn place(&self, value: Value) -> Option<Place> {
        self.places[value.0]
    }
}

#[derive(Debug, Clone, Copy)]
struct Region {
    value: Value,
    start: usize,
    size: usize,
}

/// What the step can write over, value by value: the addend of a convolution, unless the
/// convolution reads the same value.
fn reusable(kind: &StepKind) -> Option<Value> {
    match kind {
        StepKind::Convolution { x, addend: Some(addend), .. } if addend != x => Some(*addend),
        _ => None,
    }
}

fn size(program: &Program, value: Value) -> usize {
    program.shape(value).len().next_multiple_of(LINE)
}

/// For each value the last step that reads it; the output is read after the last.
fn last_reads(program: &Program) -> Vec<usize> {
    let mut last = vec![0; program.shapes.len()];
    for (i, step) in program.steps.iter().enumerate() {
        step.kind.reads().iter().for_each(|value| last[value.0] = i);
    }
    last[program.output.1.0] = usize::MAX;
    last
}

/// The smallest gap between live regions that holds `size` values, or the end.
fn gap(live: &[Region], size: usize) -> usize {
    let mut sorted = live.to_vec();
    sorted.sort_by_key(|region| region.start);
    let (mut best, mut end) = (None::<(usize, usize)>, 0);
    for region in sorted {
        let room = region.start.saturating_sub(end);
        if room >= size && best.is_none_or(|(smallest, _)| room < smallest) {
            best = Some((room, end));
        }
        end = end.max(region.start + region.size);
    }
    best.map_or(end, |(_, start)| start)
}
