//! Prints the table of error rates in `docs/statistics.md`:
//! `cargo run --release --example error_rates`.

use tinybench_analysis::metrics::Metric;
use tinybench_analysis::statistics::simulation::{Experiment, Noise};

/// Comparisons for each rate.
const COMPARISONS: u32 = 2_000;

fn main() {
    let floor = Metric::find("latency").map_or(0.0, |metric| metric.noise_floor);
    println!("| noise | deviation | runs | false alarms | 1 % found | 2 % found | 3 % found |");
    println!("|---|--:|--:|--:|--:|--:|--:|");
    for noise in Noise::ALL {
        for deviation in [0.002, 0.01, 0.05] {
            for runs in [10, 30] {
                let rates = [0.0, 0.01, 0.02, 0.03].map(|shift| {
                    let experiment = Experiment {
                        noise,
                        deviation,
                        runs,
                        shift,
                        floor,
                        seed: 1,
                    };
                    format!("{:.1} %", experiment.rate(COMPARISONS) * 100.0)
                });
                println!(
                    "| {} | {} % | {runs} | {} |",
                    noise.name(),
                    deviation * 100.0,
                    rates.join(" | ")
                );
            }
        }
    }
}
