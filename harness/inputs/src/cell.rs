//! Cells and batteries, by name. `docs/power.md` shows this table and its curves, with what they leave out.

use std::fmt;

use tinybench_support::suggest;

/// A cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    /// Name, as `--cell` takes it.
    pub name: &'static str,
    /// What it is, in a few words.
    pub title: &'static str,
    /// Nominal capacity, mAh.
    pub capacity_mah: f64,
    /// Nominal voltage, V.
    pub nominal_v: f64,
    /// What of the capacity a device can use.
    pub usable: Usable,
    /// The share of the nominal capacity that is lost in a year of doing nothing.
    pub self_discharge_per_year: f64,
    /// Where capacity and voltage are from.
    pub source: &'static str,
}

/// What of a cell's capacity a device can use, down to 2.0 V.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Usable {
    /// So much, whatever is drawn: an allowance of ours.
    Allowance(f64),
    /// By [`BY_PULSE`], [`BY_MEAN`] and [`BY_TEMPERATURE`].
    Curves,
}

/// A point of a curve: the abscissa, and the share of the rated capacity of a poor make and of a good one.
type Point = (f64, [f64; 2]);

/// Share of the rated capacity by the current in use, mA. Rated is the capacity at 0.2 mA. At 15 mA and at 30 mA
/// six makes of CR2032 gave from about half to all of it, at least 12 cells of each; 30 mA gave 9 % less than 15 mA
/// on average (M. Jensen, *Coin Cells and Peak Current Draw*, Texas Instruments SWRA349).
pub const BY_PULSE: [Point; 3] = [(0.2, [1.0, 1.0]), (15.0, [0.5, 1.0]), (30.0, [0.455, 0.91])];

/// The same by the mean current, mA. The cells of [`BY_PULSE`] gave 0.4 mA on average. At 3 mA, the most that makers
/// allow for long, an Energizer CR2032 gave 155 of 240 mAh (Energizer's curves, quoted in secondary sources).
pub const BY_MEAN: [Point; 2] = [(0.4, [1.0, 1.0]), (3.0, [0.65, 0.65])];

/// The same by the temperature, °C. For CR cells data sheets show it in pictures alone; these are the low ends of what
/// a maker of rechargeable cells with the same cathode measured (Zufek, 30 cells ML2032).
pub const BY_TEMPERATURE: [Point; 5] = [
    (-40.0, [0.40, 0.40]),
    (-20.0, [0.72, 0.72]),
    (0.0, [0.88, 0.88]),
    (25.0, [1.0, 1.0]),
    (60.0, [0.96, 0.96]),
];

/// The temperature at which capacities are rated, °C.
const RATED_C: f64 = 25.0;
/// For which temperatures a coin cell is made, °C (Energizer, *Lithium Coin Handbook*, form 12006-A).
const COIN_C: [f64; 2] = [-30.0, 60.0];
/// Rayovac's figure for lithium manganese dioxide; data sheets say "about 1 %".
const COIN_SELF_DISCHARGE: f64 = 0.015;
/// What of a lithium polymer cell can be used above 3.3 V, some of it lost to age.
const LIPO_USABLE: f64 = 0.85;
/// 5 % a month: 1 to 2 % of the cell, the rest for the circuit that protects it.
const LIPO_SELF_DISCHARGE: f64 = 0.6;

/// All cells there are.
pub const CELLS: [Cell; 5] = [
    coin("cr2032", "lithium coin cell, 20 mm", 225.0),
    coin("cr2450", "lithium coin cell, 24 mm", 620.0),
    coin("cr2477", "lithium coin cell, 24 mm, thick", 1_000.0),
    lipo("lipo100", "lithium polymer cell, 100 mAh", 100.0),
    lipo("lipo500", "lithium polymer cell, 500 mAh", 500.0),
];

const fn coin(name: &'static str, title: &'static str, capacity_mah: f64) -> Cell {
    Cell {
        name,
        title,
        capacity_mah,
        nominal_v: 3.0,
        usable: Usable::Curves,
        self_discharge_per_year: COIN_SELF_DISCHARGE,
        source: "Panasonic's typical figures for the type, to 2.0 V (quoted in secondary sources)",
    }
}

const fn lipo(name: &'static str, title: &'static str, capacity_mah: f64) -> Cell {
    Cell {
        name,
        title,
        capacity_mah,
        nominal_v: 3.7,
        usable: Usable::Allowance(LIPO_USABLE),
        self_discharge_per_year: LIPO_SELF_DISCHARGE,
        source: "the capacity in its name, at 0.2 C",
    }
}

/// A cell, and how warm it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fed {
    /// The cell.
    pub cell: &'static Cell,
    /// Its temperature, °C, if one was named.
    pub temperature_c: Option<f64>,
}

/// As `--cell` takes it.
impl fmt::Display for Fed {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.cell.name)?;
        match self.temperature_c {
            Some(degrees) => write!(f, "@{degrees}C"),
            None => Ok(()),
        }
    }
}

/// Why a cell isn't known.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CellError {
    /// None has this name.
    #[error("there is no cell `{name}`; {hint}; docs/power.md describes them")]
    Unknown {
        /// The name.
        name: String,
        /// The nearest name, or all names.
        hint: String,
    },
    /// This is no temperature.
    #[error("`{0}` is no temperature such as 25C or -20C")]
    Syntax(String),
    /// It isn't made for this temperature.
    #[error("{cell} is made for -30 °C to 60 °C, not for {temperature_c} °C")]
    Temperature {
        /// The cell.
        cell: &'static str,
        /// The temperature.
        temperature_c: f64,
    },
    /// It isn't known what it gives at other temperatures.
    #[error("what {0} gives at a temperature isn't known here; it is known of coin cells")]
    NoCurve(&'static str),
}

/// The cell called `text`, such as `cr2032` or, at a temperature, `cr2032@-20C`.
///
/// # Errors
/// If there is none, or nothing is known of it at this temperature.
pub fn find(text: &str) -> Result<Fed, CellError> {
    let (name, temperature) = match text.split_once('@') {
        Some((name, temperature)) => (name, Some(temperature)),
        None => (text, None),
    };
    let cell = CELLS.iter().find(|cell| cell.name == name);
    let cell = cell.ok_or_else(|| {
        let names: Vec<_> = CELLS.iter().map(|it| it.name.to_owned()).collect();
        CellError::Unknown {
            name: name.to_owned(),
            hint: suggest::hint(name, &names),
        }
    })?;
    let Some(temperature) = temperature else {
        let temperature_c = None;
        return Ok(Fed {
            cell,
            temperature_c,
        });
    };
    let degrees = temperature.strip_suffix('C').and_then(|it| it.parse().ok());
    let degrees: f64 = degrees
        .filter(|it: &f64| it.is_finite())
        .ok_or_else(|| CellError::Syntax(temperature.to_owned()))?;
    if cell.usable != Usable::Curves {
        return Err(CellError::NoCurve(cell.name));
    }
    if !(COIN_C[0]..=COIN_C[1]).contains(&degrees) {
        return Err(CellError::Temperature {
            cell: cell.name,
            temperature_c: degrees,
        });
    }
    Ok(Fed {
        cell,
        temperature_c: Some(degrees),
    })
}

/// A current that a cell isn't known to give.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TooMuch {
    /// The current, mA.
    pub ma: f64,
    /// The most of which anything is known, mA.
    pub most_ma: f64,
    /// Whether it is the mean.
    pub on_average: bool,
}

impl Fed {
    /// The share of the capacity that a poor and a good make give where `active_ma` are drawn in use and `mean_ma` on
    /// average.
    ///
    /// # Errors
    /// If nothing is known of such a current.
    pub fn usable(&self, active_ma: f64, mean_ma: f64) -> Result<[f64; 2], TooMuch> {
        if let Usable::Allowance(share) = self.cell.usable {
            return Ok([share; 2]);
        }
        let temperature_c = self.temperature_c.unwrap_or(RATED_C);
        let by = |curve: &[Point], ma: f64, on_average| {
            let most_ma = curve.last().map_or(0.0, |point| point.0);
            let too_much = TooMuch {
                ma,
                most_ma,
                on_average,
            };
            (ma <= most_ma).then(|| on(curve, ma)).ok_or(too_much)
        };
        let shares = [
            by(&BY_PULSE, active_ma, false)?,
            by(&BY_MEAN, mean_ma, true)?,
            on(&BY_TEMPERATURE, temperature_c),
        ];
        Ok([0, 1].map(|make| shares.iter().map(|share| share[make]).product()))
    }
}

/// The value of `curve` at `x`: linear between its points, and level beyond them.
fn on(curve: &[Point], x: f64) -> [f64; 2] {
    let behind = curve.partition_point(|point| point.0 < x);
    match (behind.checked_sub(1), curve.get(behind)) {
        (Some(before), Some(&(to, high))) => {
            let (from, low) = curve[before];
            let part = (x - from) / (to - from);
            [0, 1].map(|make| low[make] + part * (high[make] - low[make]))
        }
        (None, Some(&(_, first))) => first,
        (Some(last), None) => curve[last].1,
        (None, None) => [0.0; 2],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_has_every_cell_with_its_figures() {
        let page = include_str!("../../../docs/power.md");
        for cell in &CELLS {
            let usable = match cell.usable {
                Usable::Allowance(share) => format!("{:.0} %", share * 100.0),
                Usable::Curves => "by the curves".to_owned(),
            };
            let row = format!(
                "| `{}` | {} | {} mAh | {:.1} V | {usable} | {:.1} % |",
                cell.name,
                cell.title,
                cell.capacity_mah,
                cell.nominal_v,
                cell.self_discharge_per_year * 100.0
            );
            assert!(page.contains(&row), "docs/power.md lacks: {row}");
        }
        let curves = BY_PULSE.iter().map(|point| ("in use", "mA", point));
        let curves = curves.chain(BY_MEAN.iter().map(|point| ("on average", "mA", point)));
        let degrees = BY_TEMPERATURE.iter().map(|point| ("", "°C", point));
        for (what, unit, (x, [poor, good])) in curves.chain(degrees) {
            let [poor, good] = [poor, good].map(|it| (it * 1_000.0).round() / 10.0);
            let share = match poor == good {
                true => format!("{poor} %"),
                false => format!("{poor} to {good} %"),
            };
            let x = format!("{x} {unit} {what}").replace('-', "−");
            let row = format!("| {} | {share} |", x.trim());
            assert!(page.contains(&row), "docs/power.md lacks: {row}");
        }
    }

    #[test]
    fn a_cell_is_found_by_its_name_and_temperature() {
        assert_eq!(find("lipo100").unwrap().cell.capacity_mah, 100.0);
        let cold = find("cr2032@-20C").unwrap();
        assert_eq!(
            (cold.cell.name, cold.temperature_c),
            ("cr2032", Some(-20.0))
        );
        for text in ["cr2032@-20C", "cr2477", "cr2450@12.5C"] {
            assert_eq!(find(text).unwrap().to_string(), text);
        }
        for (text, told) in [
            ("cr2023", "did you mean `cr2032`?"),
            ("cr2032@cold", "`cold` is no temperature"),
            ("cr2032@NaNC", "is no temperature"),
            ("cr2032@-31C", "made for -30 °C to 60 °C, not for -31 °C"),
            ("lipo100@0C", "isn't known here"),
        ] {
            let error = find(text).unwrap_err().to_string();
            assert!(error.contains(told), "{text}: {error}");
        }
    }

    #[test]
    fn what_can_be_used_follows_the_curves() {
        let cell = find("cr2032").unwrap();
        let near = |found: Result<[f64; 2], TooMuch>, expected: [f64; 2]| {
            let found = found.unwrap();
            let off = [0, 1].map(|make| (found[make] - expected[make]).abs());
            assert!(off.iter().all(|it| *it < 1e-9), "{found:?}, {expected:?}");
        };
        // What is rated, up to what makers rate at.
        near(cell.usable(0.0, 0.0), [1.0, 1.0]);
        near(cell.usable(0.2, 0.2), [1.0, 1.0]);
        // At the points of the source, and half-way between.
        near(cell.usable(15.0, 0.4), [0.5, 1.0]);
        near(cell.usable(30.0, 0.4), [0.455, 0.91]);
        near(cell.usable(7.6, 0.1), [0.75, 1.0]);
        near(cell.usable(0.2, 3.0), [0.65, 0.65]);
        // The cold is one more factor.
        let cold = find("cr2032@-10C").unwrap();
        near(cold.usable(15.0, 0.1), [0.4, 0.8]);
        near(find("lipo100").unwrap().usable(1e3, 1e3), [0.85, 0.85]);
        // Beyond them nothing is known.
        let too_much = cell.usable(30.1, 0.1).unwrap_err();
        assert_eq!((too_much.most_ma, too_much.on_average), (30.0, false));
        let too_much = cell.usable(3.3, 3.1).unwrap_err();
        assert_eq!((too_much.most_ma, too_much.on_average), (3.0, true));
    }
}
