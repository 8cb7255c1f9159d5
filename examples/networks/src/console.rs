//! Progress of a study on a terminal (one bar with ETA) or in a log (plain lines).

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::time::{Duration, Instant};
use vertebra_examples::remark;
use vertebra_study::Progress;

/// A log gets a line now and then, so that a long stage is seen to live; the first ones soon, so
/// that also of a short stage it is known how long it will take.
const QUIET: Duration = Duration::from_secs(20);
const SOON: Duration = Duration::from_secs(3);
/// Stages of so few steps say nothing of the time left before they are over.
const FEW: u64 = 3;
/// Steps reported so soon were done by a run before this one.
const AT_ONCE: Duration = Duration::from_millis(200);

/// Shows the messages of a study on standard error.
pub struct Console {
    bar: ProgressBar,
    terminal: bool,
    stage: String,
    total: Option<u64>,
    began: Instant,
    stage_began: Instant,
    last_line: Instant,
    /// Steps that a stopped run had done, which take no time now.
    kept: u64,
}

impl Console {
    /// Bars when standard error is a terminal, else lines.
    #[must_use]
    pub fn new() -> Self {
        let now = Instant::now();
        Self {
            bar: ProgressBar::hidden(),
            terminal: std::io::stderr().is_terminal(),
            stage: String::new(),
            total: None,
            began: now,
            stage_began: now,
            last_line: now,
            kept: 0,
        }
    }

    /// Shows one message.
    pub fn show(&mut self, message: Progress) {
        match message {
            Progress::Stage { name, total } => self.begin(name, total),
            Progress::Step(done) => self.step(done),
            Progress::Note(text) => self.line(&format!("        {text}")),
            _ => {}
        }
    }

    /// Ends the last stage and removes its bar.
    pub fn finish(&mut self) {
        self.bar.finish_and_clear();
        if !self.stage.is_empty() && self.terminal {
            let seconds = self.stage_began.elapsed().as_secs_f64();
            self.line(&format!("{:>6.1}s {}", seconds, self.stage));
        }
        self.stage.clear();
    }

    fn begin(&mut self, name: String, total: Option<u64>) {
        self.finish();
        self.stage = name;
        self.total = total;
        self.stage_began = Instant::now();
        self.last_line = self.stage_began;
        self.kept = 0;
        if self.terminal {
            self.bar = bar(&self.stage, total);
        } else {
            self.line(&format!("{:>6.0}s {}", self.began.elapsed().as_secs_f64(), self.stage));
        }
    }

    fn step(&mut self, done: u64) {
        if self.stage_began.elapsed() < AT_ONCE {
            self.kept = done;
            self.bar.reset_eta();
        }
        self.bar.set_position(done);
        if !self.terminal && self.last_line.elapsed() > self.pause() {
            self.last_line = Instant::now();
            let elapsed = self.stage_began.elapsed().as_secs_f64();
            let text = match (self.total, done - self.kept) {
                (Some(total), new) if new > 0 && total >= done => {
                    let left = elapsed / new as f64 * (total - done) as f64;
                    format!("        {done} of {total}, about {} left", time(left))
                }
                _ => format!("        {done} done"),
            };
            self.line(&text);
        }
    }

    /// How long a log stays quiet.
    fn pause(&self) -> Duration {
        let short = self.stage_began.elapsed() < QUIET && self.total.is_some_and(|n| n > FEW);
        if short { SOON } else { QUIET }
    }

    fn line(&self, text: &str) {
        self.bar.suspend(|| remark!("{text}"));
    }
}

impl Default for Console {
    fn default() -> Self {
        Self::new()
    }
}

/// Seconds as a reader takes them in.
fn time(seconds: f64) -> String {
    match seconds {
        s if s < 120.0 => format!("{s:.0} s"),
        s if s < 7200.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3600.0),
    }
}

fn bar(stage: &str, total: Option<u64>) -> ProgressBar {
    let (bar, template) = match total {
        Some(total) => (
            ProgressBar::new(total),
            "{elapsed:>6} {msg} {wide_bar:.cyan/dim} {pos}/{len}, {eta} left",
        ),
        None => (ProgressBar::new_spinner(), "{elapsed:>6} {msg} {spinner}"),
    };
    bar.set_draw_target(ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.set_message(stage.to_owned());
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

#[cfg(test)]
mod tests {
    use super::time;

    #[test]
    fn times_have_the_unit_that_suits_them() {
        assert_eq!([59.6, 600.0, 9000.0].map(time), ["60 s", "10 min", "2.5 h"]);
    }
}
