//! What a running study tells its caller.

use std::ops::ControlFlow;
use vertebra_training::Event;

/// One message of a running study.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Progress {
    /// A stage begins; `total` steps follow, where their number is known.
    Stage {
        /// What is being done, e.g. `decoding radiographs`.
        name: String,
        /// Number of steps.
        total: Option<u64>,
    },
    /// Steps of the current stage done so far.
    Step(u64),
    /// A line worth keeping: a result, a warning.
    Note(String),
}

/// Where messages go; called from the thread that runs the study.
pub type Observer<'a> = dyn FnMut(Progress) + 'a;

/// The three messages as calls; a trait, because [`Observer`] is a function.
pub(crate) trait Tell {
    /// A stage begins.
    fn stage(&mut self, name: impl Into<String>, total: Option<usize>);
    /// So many steps of the stage are done.
    fn done(&mut self, steps: usize);
    /// A line worth keeping.
    fn note(&mut self, text: impl Into<String>);
}

impl Tell for Observer<'_> {
    fn stage(&mut self, name: impl Into<String>, total: Option<usize>) {
        self(Progress::Stage { name: name.into(), total: total.map(|n| n as u64) });
    }

    fn done(&mut self, steps: usize) {
        self(Progress::Step(steps as u64));
    }

    fn note(&mut self, text: impl Into<String>) {
        self(Progress::Note(text.into()));
    }
}

/// Counts the steps of a stage that ends one step at a time.
pub(crate) fn counting<'a>(observer: &'a mut Observer<'_>) -> impl FnMut() + 'a {
    let mut steps = 0;
    move || {
        steps += 1;
        observer.done(steps);
    }
}

/// Calls `on_step` at each step of a training loop, and for those that its run folder had already.
pub(crate) fn stepping(on_step: &dyn Fn()) -> impl FnMut(&Event) -> ControlFlow<()> {
    move |event| {
        let steps = match event {
            Event::Started { epochs_done, steps_per_epoch, .. } => epochs_done * steps_per_epoch,
            Event::Step { .. } => 1,
            _ => 0,
        };
        (0..steps).for_each(|_| on_step());
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_arrive_in_order_and_steps_are_counted() {
        let mut heard = Vec::new();
        let mut observe = |message| heard.push(message);
        let observer: &mut Observer<'_> = &mut observe;
        observer.stage("fitting", Some(2));
        let mut step = counting(observer);
        step();
        step();
        drop(step);
        observer.note("done");
        let stage = Progress::Stage { name: "fitting".to_owned(), total: Some(2) };
        let note = Progress::Note("done".to_owned());
        assert_eq!(heard, [stage, Progress::Step(1), Progress::Step(2), note]);
    }
}
