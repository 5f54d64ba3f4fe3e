//! `tinybench meters`

use serde::Serialize;
use tinybench_instruments::{Attached, Kind, attached};
use tinybench_support::exit::Failure;
use tinybench_support::printable::printable;
use tinybench_support::{json, listing};

use crate::args::{Format, ListArgs};
use crate::stdout;

/// The instruments, as a document.
#[derive(Serialize)]
struct Listed {
    schema: &'static str,
    meters: Vec<ListedMeter>,
}

/// An instrument that tinybench knows.
#[derive(Serialize)]
struct ListedMeter {
    /// As `--power-meter` names it.
    meter: &'static str,
    name: &'static str,
    sample_rate_hz: f64,
    /// Whether it supplies the board, or only measures what another supply gives.
    is_supply: bool,
    /// The lowest and highest voltage that it supplies, or takes.
    supply_v: [f64; 2],
    most_ma: f64,
    logic_inputs: u32,
    attached: Vec<ListedPort>,
}

/// One that is attached.
#[derive(Serialize)]
struct ListedPort {
    port: String,
    serial_number: Option<String>,
    /// Whether this user may use it.
    permitted: bool,
}

/// Lists the instruments.
pub fn list(args: &ListArgs) -> Result<(), Failure> {
    let listed = listed(&attached());
    match args.format {
        Format::Table => stdout::print(&table(&listed, stdout::terminal_width())),
        Format::Json => {
            let document = Listed {
                schema: "tinybench.meters/1",
                meters: listed,
            };
            stdout::print(json::text(&document)?.trim_end())
        }
    }
}

fn listed(attached: &[Attached]) -> Vec<ListedMeter> {
    let of_kind = |kind: Kind| {
        let can = kind.capability();
        let there = attached.iter().filter(move |it| it.kind == kind);
        ListedMeter {
            meter: kind.word(),
            name: kind.title(),
            sample_rate_hz: can.sample_rate_hz,
            is_supply: kind.is_supply(),
            supply_v: can.supply_v,
            most_ma: can.most_ma,
            logic_inputs: can.logic_inputs,
            attached: there
                .map(|it| ListedPort {
                    port: it.port.clone(),
                    serial_number: it.serial_number.clone(),
                    permitted: it.permitted,
                })
                .collect(),
        }
    };
    Kind::ALL.into_iter().map(of_kind).collect()
}

fn table(meters: &[ListedMeter], width: usize) -> String {
    let rows = meters.iter().map(|it| {
        let port = |port: &ListedPort| {
            let denied = if port.permitted {
                ""
            } else {
                " (no permission)"
            };
            format!("{}{denied}", printable(&port.port))
        };
        let ports: Vec<_> = it.attached.iter().map(port).collect();
        [
            it.meter.to_owned(),
            it.name.to_owned(),
            format!("{}", it.sample_rate_hz),
            match it.is_supply {
                true => format!("{} to {} V", it.supply_v[0], it.supply_v[1]),
                false => "-".to_owned(),
            },
            format!("{} mA", it.most_ma),
            it.logic_inputs.to_string(),
            if ports.is_empty() {
                "-".to_owned()
            } else {
                ports.join(", ")
            },
        ]
    });
    let headings = [
        "meter",
        "name",
        "samples/s",
        "supply",
        "up to",
        "inputs",
        "attached",
    ];
    let drop = ["inputs", "samples/s", "name", "supply"];
    listing::fitting(headings, rows, &drop, width)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_attached_is_listed_with_its_port() {
        let at = |port: &str, permitted| Attached {
            kind: Kind::Ppk2,
            port: port.to_owned(),
            serial_number: None,
            permitted,
        };
        let table = table(
            &listed(&[at("/dev/ttyACM0", true), at("/dev/ttyACM2", false)]),
            usize::MAX,
        );
        insta::assert_snapshot!(table);
    }
}
