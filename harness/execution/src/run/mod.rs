//! A run, from what is asked to the record. Each stage is a type, in the order of the files:
//!
//! [`Request`] (what is asked) → [`Setting`] (board and target) → [`Subjects`] (what there is to
//! measure) → [`images::Built`] → [`measurements::Measured`] → [`result::Outcome`] (verified) →
//! [`Ending`] (a result or a failure, kept in the [`journal`]) → the [record].

mod ending;
pub mod images;
pub mod jobs;
pub mod journal;
pub mod limits;
pub mod measurements;
mod planned;
mod profiled;
mod question;
mod record;
mod request;
pub mod result;
mod setting;
mod subjects;

pub use ending::{Ending, SubjectFailed};
pub use planned::Planned;
pub use profiled::{CantProfile, Profiled};
pub use question::Question;
pub use record::of_run as record;
pub use request::{Request, What};
pub use setting::Setting;
pub use subjects::{NotFetched, NothingToRun, Selection, Subjects};

use jiff::Timestamp;
use std::borrow::Cow;
use std::path::Path;
use tinybench_inputs::board::Power;
use tinybench_inputs::project::Project;
use tinybench_inputs::runtimes::Runtime;
use tinybench_inputs::subject::Subject;
use tinybench_interface::energy::STAGES;
use tinybench_record::commit;
use tinybench_record::{self as records, Latency, Other};
use tinybench_support::exit::Failure;
use tinybench_support::progress::Progress;

use crate::build::Library;
use crate::function::{self, How};
use crate::power::metered::{self, Bench, Metering};
use crate::profile;
use images::{Built, Parts, Purpose};
use journal::Header;
use measurements::{Measured, layouts};
use planned::Source;
use result::Outcome;

impl Setting<'_> {
    /// Lists everything that is to be measured.
    ///
    /// # Errors
    /// See [`subjects::subjects`].
    pub fn subjects(
        &self,
        selection: &Selection,
        progress: &mut Progress,
    ) -> Result<Subjects, Failure> {
        subjects::subjects(self.request, self.project, selection, &self.board, progress)
    }

    /// Reads, builds, flashes, measures and verifies one subject.
    ///
    /// # Errors
    /// Of any of these.
    pub fn outcome(&self, planned: &Planned, progress: &mut Progress) -> Result<Outcome, Failure> {
        if let Source::Function(path, asked) = &planned.source {
            let how = How {
                calls: self.request.runs,
                timeout: self.request.timeout,
            };
            return function::outcome(path, asked, &self.board, self.open()?, how, progress);
        }
        // What feeds the board has to be there before the probe finds it.
        let supplied = |(it, pin)| Bench::supplied(it, pin, &self.choice, &self.board);
        let mut bench = self.metering.map(supplied).transpose()?;
        let (subject, built, measured) = self.measured(planned, progress)?;
        let duty_cycle = self.request.duty_cycle.as_ref();
        let runtime = &planned.runtime;
        // The first vector is the one that windows of a power instrument are made of.
        let bytes = subject.facts.output_bytes;
        let outputs = &measured.measurement.outputs;
        let first = outputs.vectors.first().copied().unwrap_or(0);
        let output = outputs.bytes.get(..bytes).unwrap_or_default().to_vec();
        let all_outputs = self.request.layouts.map(|_| outputs.clone());
        // What an instrument measures stands in the place of the current that the board's file says.
        let by_file = duty_cycle.filter(|_| self.metering.is_none());
        let mut outcome =
            result::outcome(&self.board, by_file, runtime, &subject, &built, measured)?;
        if let Some((count, outputs)) = self.request.layouts.zip(all_outputs.as_ref()) {
            let first = layouts::First {
                latency: &outcome.result.latency,
                outputs,
            };
            let (parts, library) = (self.parts(runtime, &subject), built.library.as_ref());
            let layouts = layouts::measure(self, parts, library, first, count, progress)?;
            outcome.result.latency.layouts = Some(layouts);
        }
        if let Some(((metering, pin), bench)) = self.metering.zip(bench.as_mut()) {
            let latencies_s = latencies_s(&outcome.result.latency);
            let vector = (first, &output[..]);
            let energy = self.metered(
                (metering, pin, bench),
                planned,
                &subject,
                built.library.as_ref(),
                (vector, latencies_s),
                progress,
            )?;
            // In use the board draws what was measured; at rest what its file says.
            if let Some((duty_cycle, power)) = duty_cycle.zip(self.board.power.clone()) {
                let measured = Power {
                    supply_v: metering.supply_v,
                    active_ma: energy.mean_mw / metering.supply_v,
                    ..power
                };
                let latency_us = outcome.result.latency.median_us;
                let power = duty_cycle.power(&subject.name, latency_us, &measured)?;
                outcome.result.power = Some(power);
            }
            if let Some(profile) = &mut outcome.result.profile {
                profile::share_energy(profile, uj_per_cycle(&energy, &outcome.result.latency));
            }
            outcome.result.energy = Some(energy);
        }
        Ok(outcome)
    }

    /// The energy of a subject that was verified, measured by an instrument.
    fn metered(
        &self,
        (metering, pin, bench): (&Metering, u32, &mut Bench),
        planned: &Planned,
        subject: &Subject,
        library: Option<&Library>,
        ((vector, output), latencies_s): ((usize, &[u8]), [f64; STAGES]),
        progress: &mut Progress,
    ) -> Result<tinybench_record::Energy, Failure> {
        let (board, runtime) = (&self.board, &*planned.runtime);
        let parts = self.parts(runtime, subject);
        let built = parts.image(library, Purpose::Power(pin), progress)?;
        let measured = metered::Measured {
            board,
            subject,
            elf: &built.elf,
            image: &built.image,
            vector,
            output,
            pipeline: measurements::pipeline_plan(subject),
            latencies_s,
            timeout: self.request.timeout,
            name: &format!("{}-{}", subject.name, runtime.name()),
        };
        metered::measure(metering, bench, &measured, progress)
    }

    fn parts<'a>(&'a self, runtime: &'a Runtime, subject: &'a Subject) -> Parts<'a> {
        Parts {
            project: self.project,
            board: &self.board,
            runtime,
            subject,
            opt: self.request.opt,
            from_source: self.request.from_source,
        }
    }

    /// The stages before verification.
    fn measured<'a>(
        &self,
        planned: &'a Planned,
        progress: &mut Progress,
    ) -> Result<(Cow<'a, Subject>, Built, Measured), Failure> {
        let runtime = &*planned.runtime;
        let subject = planned.load(self, progress)?;
        let parts = self.parts(runtime, &subject);
        if self.request.metering.is_some() {
            metered::check_subject(&subject)?;
        }
        // A probe that isn't there is told before a minute's build.
        let probe = self.open()?;
        let library = parts.library(progress)?;
        let built = parts.image(library.as_ref(), Purpose::Inference, progress)?;
        let measured = measurements::of_subject(self.request, parts, probe, &built, progress)?;
        Ok((subject, built, measured))
    }
}

/// How long each stage takes, s; 0 for one that there isn't.
fn latencies_s(latency: &Latency) -> [f64; STAGES] {
    let us = match &latency.stages {
        None => [0.0, latency.median_us, 0.0],
        Some(it) => [&it.preprocess, &it.inference, &it.postprocess].map(|it| it.median_us),
    };
    us.map(|us| us / 1e6)
}

/// What a cycle of the inference takes, µJ: of the stage alone where it was measured apart from the others.
fn uj_per_cycle(energy: &tinybench_record::Energy, latency: &Latency) -> f64 {
    let of_stages = energy.metered.as_ref().and_then(|it| it.stages.as_ref());
    match of_stages.zip(latency.stages.as_ref()) {
        Some((energy, latency)) => energy.inference.uj / latency.inference.median_cycles,
        None => energy.uj_per_inference / latency.median_cycles,
    }
}

/// The first line of the journal of a run that begins now, and of its record.
pub fn header(
    project: &Project,
    started: Timestamp,
    commit: Option<&str>,
    questions: Vec<Question>,
) -> Header {
    Header {
        schema: journal::SCHEMA.to_owned(),
        tinybench: records::Tinybench {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            commit: project.commit(),
            other: Other::new(),
        },
        started_at: records::time_text(started),
        commit: commit::find(commit, Path::new(".")),
        folder: std::env::current_dir().unwrap_or_default(),
        out: None,
        save_baseline: None,
        sweep: None,
        questions,
    }
}
