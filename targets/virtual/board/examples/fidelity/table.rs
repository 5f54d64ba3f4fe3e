//! Tables in Markdown, as docs/fidelity.md has them.

use tinybench_virtual_board::timing::Mix;

/// Columns for each program beside the mean and the largest, if there are no more than this.
const MOST_COLUMNS: usize = 6;

/// A program or image: what was measured and what is modelled.
pub struct Row {
    /// Its name.
    pub name: String,
    /// Banks of the flash, where a list says so.
    pub banks: Option<u32>,
    /// Cycles that were measured.
    pub measured: f64,
    /// Cycles that are modelled.
    pub modelled: f64,
    /// The same of the first call of a function, with cold caches.
    pub first: Option<f64>,
}

impl Row {
    /// How far the model is off, percent.
    pub fn error(&self) -> f64 {
        100.0 * (self.modelled / self.measured - 1.0)
    }
}

/// Prints measured, modelled and error, and below that the mean and the largest.
pub fn print_comparison(what: &str, rows: &[Row]) {
    let column = |there: bool, text: &'static str| if there { text } else { "" };
    let banks = rows.iter().any(|row| row.banks.is_some());
    let first = rows.iter().any(|row| row.first.is_some());
    println!(
        "| {what} |{} measured | modelled | error |{}\n|---|{}---:|---:|---:|{}",
        column(banks, " flash banks |"),
        column(first, " first call |"),
        column(banks, "---:|"),
        column(first, "---:|"),
    );
    for row in rows {
        let banks = row.banks.map(|banks| format!(" {banks} |"));
        let first = row.first.map(|first| format!(" {} |", cycles(first)));
        println!(
            "| {} |{} {} | {} | {:+.2} % |{}",
            row.name,
            banks.unwrap_or_default(),
            cycles(row.measured),
            cycles(row.modelled),
            row.error(),
            first.unwrap_or_default(),
        );
    }
    let errors: Vec<f64> = rows.iter().map(Row::error).collect();
    println!(
        "\nmean absolute error {:.2} %, largest {:.2} %",
        mean(&errors),
        largest(&errors)
    );
}

/// Prints the heading of a table of what rules contribute.
pub fn print_ablation_heading(names: &[String]) {
    let names = columns(names);
    println!(
        "\nerror in percent with a rule switched off or with another value:\n\n| |{} mean | largest |",
        names
            .iter()
            .map(|name| format!(" {name} |"))
            .collect::<String>()
    );
    println!("|---|{}---:|---:|", "---:|".repeat(names.len()));
}

/// Prints a line of it.
pub fn print_ablation(rule: &str, errors: &[f64]) {
    let each: String = columns(errors)
        .iter()
        .map(|error| format!(" {error:+.2} |"))
        .collect();
    println!(
        "| {rule} |{each} {:.2} | {:.2} |",
        mean(errors),
        largest(errors)
    );
}

/// What has a column of its own.
fn columns<T>(all: &[T]) -> &[T] {
    if all.len() > MOST_COLUMNS { &[] } else { all }
}

/// Prints what programs consist of, and the most of each.
pub fn print_mixes(mixes: &[(String, Mix)]) {
    println!(
        "\npercent of the instructions:\n\n| | loads of flash | of the first bank of RAM | of others | \
         stores to the first bank | to others | unaligned | misaligned 32-bit instructions | code in \
         RAM | floating-point unit | of these arithmetic | divides |\n|---|{}",
        "---:|".repeat(11)
    );
    let print = |name: &str, shares: [f64; 11]| {
        let shares: String = shares
            .iter()
            .map(|share| format!(" {share:.1} |"))
            .collect();
        println!("| {name} |{shares}");
    };
    let mut most = [0.0_f64; 11];
    for (name, mix) in mixes {
        let shares = shares(mix);
        for (most, share) in most.iter_mut().zip(shares) {
            *most = most.max(share);
        }
        print(name, shares);
    }
    print("most", most);
}

/// Percent of the instructions.
fn shares(mix: &Mix) -> [f64; 11] {
    [
        mix.loads[0],
        mix.loads[1],
        mix.loads[2],
        mix.stores[1],
        mix.stores[2],
        mix.unaligned,
        mix.misaligned,
        mix.code_in_ram,
        mix.floats,
        mix.float_arithmetic,
        mix.divides,
    ]
    .map(|count| 100.0 * count as f64 / mix.instructions.max(1) as f64)
}

/// Cycles with a comma in front of every three digits.
fn cycles(cycles: f64) -> String {
    let digits = format!("{cycles:.0}");
    let mut grouped = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

fn mean(errors: &[f64]) -> f64 {
    errors.iter().map(|error| error.abs()).sum::<f64>() / errors.len().max(1) as f64
}

fn largest(errors: &[f64]) -> f64 {
    errors.iter().fold(0.0, |most, error| error.abs().max(most))
}
