//! Banks of RAM: what decides when one has to be granted to the core is how its accesses follow
//! each other, and perhaps the clock. Hence the same sequences at both clocks.

use crate::calibrate::benchmarks::Table;
use crate::calibrate::benchmarks::common::in_a_row;
use crate::calibrate::sequence::{Clock, Sequence, Value};
use crate::calibrate::thumb::{
    Code, FILL, adds, fill, join, ldm, ldr, mov_from_sp, mov_sp, pop, push, repeat, stm, str,
};

/// How many registers LDM and STM take, and which: r4 and r8 to r11, which the frame doesn't need, and
/// of those that are set anew for each sequence r0, r2 and r3.
const MULTIPLE: [(u16, u16); 3] = [(2, 0x110), (4, 0x710), (8, 0xF1D)];
/// The same for PUSH and POP.
const STACKED: [(u16, u16); 3] = [(1, 0x10), (2, 0x18), (4, 0x1D)];

pub(super) fn add(table: &mut Table, clock: Clock) {
    let [ram, memories, other_ram] = match clock {
        Clock::Full => ["RAM", "memories", "other RAM"],
        Clock::Slow => [
            "RAM, no wait states",
            "memories, no wait states",
            "other RAM, no wait states",
        ],
    };
    if clock == Clock::Slow {
        // What `load` and `load after store` do at full speed.
        table.rule(ram, "`LOAD`, `CHAINED_LOAD`");
        for count in 1..=8 {
            table.add(
                format!("{count} in a row"),
                Sequence::new(in_a_row(count, 0)).clocked(clock),
            );
        }
        table.rule(ram, "`LOAD_AFTER_STORE`");
        let behind_store = join(&[&str(4, 0, 8), &ldr(4, 1, 0)]);
        table.add(
            "load right behind a store",
            Sequence::new(behind_store).clocked(clock),
        );
    }
    let mut banks = Banks { table, clock };
    banks.table.rule(memories, "`LOST_OVERLAP`");
    banks.add("RAM, other RAM", join(&[&ldr(4, 0, 0), &ldr(4, 1, 0)]));
    banks.add("other RAM, RAM", join(&[&ldr(4, 1, 0), &ldr(4, 0, 0)]));
    banks.table.rule(other_ram, "`BANK_GRANT`");
    banks.reads();
    banks.stores();
    banks.reads_behind();
    banks.in_turn();
}

/// Adds sequences at one clock in which r1 points to the other bank, and r0 to the one at the start.
struct Banks<'a> {
    table: &'a mut Table,
    clock: Clock,
}

impl Banks<'_> {
    fn add(&mut self, name: impl AsRef<str>, body: Code) {
        let sequence = self.sequence(body);
        self.table.add(name, sequence);
    }

    fn sequence(&self, body: Code) -> Sequence {
        Sequence::new(body)
            .with(1, Value::OtherRam(0x40))
            .clocked(self.clock)
    }

    /// What `body` takes with the stack in the other bank.
    fn on_stack(&mut self, name: impl AsRef<str>, body: Code) {
        let around = |body: &[u16]| {
            let there = join(&[&mov_from_sp(8), &mov_sp(1), &[FILL]]);
            join(&[&there, body, &[FILL], &mov_sp(8)])
        };
        let [sequence, control] = [&body[..], &[]].map(|body| self.sequence(around(body)));
        self.table.difference(name, sequence, control);
    }

    fn reads(&mut self) {
        for count in 1..=8 {
            self.add(format!("{count} in a row"), in_a_row(count, 1));
        }
        for count in [2, 4, 8] {
            let apart: Code = (0..count)
                .flat_map(|i| join(&[&ldr(4, 1, 4 * i), &[FILL]]))
                .collect();
            self.add(format!("{count} with an instruction behind each"), apart);
        }
        self.add("then adds", join(&[&ldr(4, 1, 0), &adds(4, 1)]));
        for (count, registers) in MULTIPLE {
            self.add(format!("ldm of {count}"), ldm(1, registers));
        }
        self.add("two ldm of 2", repeat(&ldm(1, MULTIPLE[0].1), 2));
        for (count, registers) in STACKED {
            self.on_stack(format!("pop of {count}"), pop(registers));
        }
    }

    fn stores(&mut self) {
        for count in [1, 2, 4, 8] {
            let stores: Code = (0..count).flat_map(|i| str(4, 1, 4 * i)).collect();
            self.add(format!("{count} stores in a row"), stores);
        }
        for (count, registers) in MULTIPLE {
            self.add(format!("stm of {count}"), stm(1, registers));
        }
        for (count, registers) in STACKED {
            self.on_stack(format!("push of {count}"), push(registers));
        }
    }

    fn reads_behind(&mut self) {
        for distance in 0..=3 {
            for (what, first) in [
                ("a store", str(4, 1, 0)),
                ("a store to RAM", str(4, 0, 8)),
                ("a load", ldr(4, 1, 0)),
            ] {
                self.add(
                    format!("load {distance} instructions behind {what}"),
                    join(&[&first, &fill(distance), &ldr(4, 1, 4)]),
                );
            }
        }
        self.add(
            "4 loads in a row behind a store",
            join(&[&str(4, 1, 0), &in_a_row(4, 1)]),
        );
    }

    fn in_turn(&mut self) {
        for (name, pair) in [
            (
                "RAM and other RAM in turn",
                join(&[&ldr(4, 0, 0), &ldr(4, 1, 0)]),
            ),
            (
                "store to RAM, load of other RAM, in turn",
                join(&[&str(4, 0, 8), &ldr(4, 1, 0)]),
            ),
            (
                "load of RAM, store to other RAM, in turn",
                join(&[&ldr(4, 0, 0), &str(4, 1, 8)]),
            ),
            (
                "stores to RAM and other RAM in turn",
                join(&[&str(4, 0, 8), &str(4, 1, 8)]),
            ),
        ] {
            self.add(name, repeat(&pair, 4));
        }
        let [two, _, _] = MULTIPLE;
        self.add(
            "ldm of 2 of RAM and of other RAM in turn",
            repeat(&join(&[&ldm(0, two.1), &ldm(1, two.1)]), 2),
        );
    }
}
