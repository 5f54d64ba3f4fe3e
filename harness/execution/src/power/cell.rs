//! Cells and batteries, by name. `docs/power.md` shows this table, with what it leaves out.

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
    /// The share of the capacity that a device can use. An allowance of ours, for none of the
    /// sources states it: what is left when pulses of some mA pull the voltage below what a
    /// device needs.
    pub usable_share: f64,
    /// The share of the nominal capacity that is lost in a year of doing nothing.
    pub self_discharge_per_year: f64,
    /// Where capacity and voltage are from.
    pub source: &'static str,
}

/// What of a coin cell can be used.
const COIN_USABLE: f64 = 0.85;
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
        usable_share: COIN_USABLE,
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
        usable_share: LIPO_USABLE,
        self_discharge_per_year: LIPO_SELF_DISCHARGE,
        source: "the capacity in its name, at 0.2 C",
    }
}

/// The cell called `name`.
pub fn find(name: &str) -> Option<&'static Cell> {
    CELLS.iter().find(|cell| cell.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_has_every_cell_with_its_figures() {
        let page = include_str!("../../../../docs/power.md");
        for cell in &CELLS {
            let row = format!(
                "| `{}` | {} | {} mAh | {:.1} V | {:.0} % | {:.1} % |",
                cell.name,
                cell.title,
                cell.capacity_mah,
                cell.nominal_v,
                cell.usable_share * 100.0,
                cell.self_discharge_per_year * 100.0
            );
            assert!(page.contains(&row), "docs/power.md lacks: {row}");
        }
    }

    #[test]
    fn a_cell_is_found_by_its_name() {
        assert_eq!(find("lipo100").map(|cell| cell.capacity_mah), Some(100.0));
        assert_eq!(find("lipo"), None);
    }
}
