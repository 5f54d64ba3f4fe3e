//! Progress of several things that are done side by side, on stderr: one bar on a terminal, otherwise a
//! line when one begins and one when it is over.

use std::io::{self, IsTerminal};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// How far all are.
#[derive(Debug)]
pub struct Overall(Mutex<State>);

#[derive(Debug)]
struct State {
    bar: Option<ProgressBar>,
    total: usize,
    done: usize,
    failed: usize,
    /// Names of what is being done, and the step that each is at.
    under_way: Vec<(String, String)>,
}

impl Overall {
    /// Of `total` things, of which `done` are done already.
    pub fn begin(total: usize, done: usize) -> Self {
        let bar = io::stderr().is_terminal().then(|| {
            let template = "{pos} of {len} {bar:20} {wide_msg}";
            let style = ProgressStyle::with_template(template)
                .unwrap_or_else(|_| ProgressStyle::default_bar());
            let bar = ProgressBar::new(total as u64).with_style(style);
            bar.set_position(done as u64);
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        Self(Mutex::new(State {
            bar,
            total,
            done,
            failed: 0,
            under_way: Vec::new(),
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `name` is begun.
    pub fn start(&self, name: &str) {
        let mut state = self.state();
        state.under_way.push((name.to_owned(), String::new()));
        state.show();
        if state.bar.is_none() {
            eprintln!("{name}: begun");
        }
    }

    /// `name` has come to `step`.
    pub fn step(&self, name: &str, step: &str) {
        let mut state = self.state();
        if let Some((_, at)) = state.under_way.iter_mut().find(|(it, _)| it == name) {
            step.clone_into(at);
        }
        state.show();
    }

    /// `name` is over. `problem` says why it failed, if it did.
    pub fn finish(&self, name: &str, problem: Option<&str>) {
        let mut state = self.state();
        state.under_way.retain(|(it, _)| it != name);
        state.done += 1;
        state.failed += usize::from(problem.is_some());
        if let Some(bar) = &state.bar {
            bar.set_position(state.done as u64);
        }
        state.show();
        let (done, total) = (state.done, state.total);
        match problem {
            Some(problem) => state.say(&format!("{name}: failed ({done} of {total}): {problem}")),
            None if state.bar.is_none() => eprintln!("{name}: done ({done} of {total})"),
            None => {}
        }
    }

    /// Says something that stays on the screen.
    pub fn note(&self, text: &str) {
        self.state().say(text);
    }
}

impl State {
    fn say(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| eprintln!("{text}")),
            None => eprintln!("{text}"),
        }
    }

    fn show(&self) {
        let Some(bar) = &self.bar else { return };
        let mut parts = Vec::new();
        if self.failed > 0 {
            parts.push(format!("{} failed", self.failed));
        }
        parts.extend(self.under_way.iter().map(|(name, step)| match step.as_str() {
            "" => name.clone(),
            step => format!("{name}: {step}"),
        }));
        bar.set_message(parts.join(", "));
    }
}

impl Drop for Overall {
    fn drop(&mut self) {
        if let Some(bar) = self.state().bar.take() {
            bar.finish_and_clear();
        }
    }
}
