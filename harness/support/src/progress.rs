//! Progress on stderr: bars on a terminal, otherwise one line a step.

use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::overall::Overall;

/// Shows what is being done and how far it is.
#[derive(Debug)]
pub struct Progress {
    output: Output,
    subject: String,
    bar: Option<ProgressBar>,
}

#[derive(Clone, Debug)]
enum Output {
    Bars,
    Lines,
    Overall(Arc<Overall>),
    Nothing,
}

impl Progress {
    /// Progress on stderr.
    pub fn stderr() -> Self {
        let terminal = io::stderr().is_terminal();
        Self {
            output: if terminal {
                Output::Bars
            } else {
                Output::Lines
            },
            subject: String::new(),
            bar: None,
        }
    }

    /// Progress that nobody sees.
    pub fn hidden() -> Self {
        Self {
            output: Output::Nothing,
            subject: String::new(),
            bar: None,
        }
    }

    /// The part that one of several has in `overall`.
    pub fn of(overall: &Arc<Overall>) -> Self {
        Self {
            output: Output::Overall(Arc::clone(overall)),
            subject: String::new(),
            bar: None,
        }
    }

    /// Says something that stays on the screen.
    pub fn note(&self, text: &str) {
        match (&self.bar, &self.output) {
            (_, Output::Nothing) => {}
            (_, Output::Overall(overall)) => overall.note(text),
            (Some(bar), _) => bar.suspend(|| eprintln!("{text}")),
            (None, _) => eprintln!("{text}"),
        }
    }

    /// Names what the following steps are about.
    pub fn set_subject(&mut self, subject: &str) {
        self.subject = subject.to_owned();
    }

    /// Begins a step of `total` parts, or of unknown length.
    pub fn begin(&mut self, step: &str, total: Option<u64>) {
        self.end();
        if let Output::Overall(overall) = &self.output {
            overall.step(&self.subject, step);
        }
        let step = format!("{}: {step}", self.subject);
        match self.output {
            Output::Nothing | Output::Overall(_) => {}
            Output::Lines => eprintln!("{step}"),
            Output::Bars => {
                let bar = match total {
                    Some(total) => ProgressBar::new(total)
                        .with_style(style("{msg:48!} {bar:30} {percent:>3} %")),
                    None => ProgressBar::new_spinner().with_style(style("{msg:48!} {spinner}")),
                };
                bar.set_message(step);
                bar.enable_steady_tick(Duration::from_millis(100));
                self.bar = Some(bar);
            }
        }
    }

    /// `parts` more are done.
    pub fn advance(&mut self, parts: u64) {
        if let Some(bar) = &self.bar {
            bar.inc(parts);
        }
    }

    /// `done` of `total` parts are done.
    pub fn set(&mut self, done: u64, total: u64) {
        if let Some(bar) = &self.bar {
            bar.set_length(total);
            bar.set_position(done);
        }
    }

    /// The step is over; its bar goes away.
    pub fn end(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.end();
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
