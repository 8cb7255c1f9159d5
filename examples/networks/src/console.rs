//! Progress of a study on a terminal (one bar with ETA) or in a log (plain lines).

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::time::{Duration, Instant};
use vertebra_examples::remark;
use vertebra_study::Progress;

/// Shows the messages of a study on standard error.
pub struct Console {
    bar: ProgressBar,
    terminal: bool,
    stage: String,
    total: Option<u64>,
    began: Instant,
    stage_began: Instant,
    last_line: Instant,
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
        if self.terminal {
            self.bar = bar(&self.stage, total);
        } else {
            self.line(&format!("{:>6.0}s {}", self.began.elapsed().as_secs_f64(), self.stage));
        }
    }

    fn step(&mut self, done: u64) {
        self.bar.set_position(done);
        // A log gets a line now and then, so that a long stage is seen to live.
        const QUIET: Duration = Duration::from_secs(20);
        if !self.terminal && self.last_line.elapsed() > QUIET {
            self.last_line = Instant::now();
            let elapsed = self.stage_began.elapsed().as_secs_f64();
            let text = match self.total {
                Some(total) if done > 0 && total >= done => {
                    let left = elapsed / done as f64 * (total - done) as f64;
                    format!("        {done} of {total}, about {left:.0} s left")
                }
                _ => format!("        {done} done"),
            };
            self.line(&text);
        }
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
