//! The virtual board as a library: load a program, run it to a place, look at it and change it,
//! hook its functions, profile it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tinybench_virtual_board::{
    Ended, Hook, Machine, MemoryError, Profile, SymbolError, SymbolKind, Timing, register,
};

const THERMOSTAT: &[u8] = include_bytes!("../examples/thermostat.elf");
/// Cycles that are more than enough to come to the next place.
const ENOUGH: u64 = 1_000_000;

fn thermostat() -> Machine {
    let mut machine = Machine::new("nrf52840").unwrap();
    machine.load_elf(THERMOSTAT).unwrap();
    machine
}

#[test]
fn a_program_starts_at_its_reset_vector() {
    let machine = thermostat();
    assert_eq!(machine.pc(), machine.address_of("reset").unwrap());
    assert_eq!(machine.register(register::SP), 0x2004_0000);
    assert_eq!(machine.function().unwrap().name, "reset");
}

#[test]
fn running_to_a_function_stops_before_its_first_instruction() {
    let mut machine = thermostat();
    assert_eq!(machine.run_to("smooth", ENOUGH), Ok(Ended::Reached));
    let address = machine.address_of("thermostat::smooth").unwrap();
    assert_eq!(machine.pc(), address);
    assert_eq!(machine.register(register::R0), 0, "the first round");
    assert_eq!(machine.register(register::R1), 100, "25 degrees");
    // From there it runs until it comes there again.
    let before = machine.cycles();
    assert_eq!(machine.run_to(address | 1, ENOUGH), Ok(Ended::Reached));
    assert_eq!(machine.pc(), address);
    assert_eq!(machine.register(register::R0), 1);
    assert!(machine.cycles() > before);
}

#[test]
fn running_to_a_place_ends_with_the_cycles() {
    let mut machine = thermostat();
    assert_eq!(machine.run_to("fault", 10_000), Ok(Ended::Budget));
    assert!((10_000..10_100).contains(&machine.cycles()));
    // Nothing is left behind: the next run doesn't stop.
    assert_eq!(machine.run_to("smooth", 1), Ok(Ended::Budget));
    assert_eq!(machine.run(20_000), Ended::Budget);
}

#[test]
fn a_place_within_a_block_takes_no_cycles() {
    let cycles = |stop: bool| {
        let mut machine = thermostat();
        machine.run_to("mean", ENOUGH).unwrap();
        let start = (machine.cycles(), machine.instructions());
        if stop {
            // Between the loads of the sum.
            let place = machine.pc() + 4;
            assert_eq!(machine.run_to(place, ENOUGH), Ok(Ended::Reached));
            assert_eq!(machine.pc(), place);
            assert_eq!(machine.instructions() - start.1, 2);
        }
        machine.run_to("regulate", ENOUGH).unwrap();
        (machine.instructions() - start.1, machine.cycles() - start.0)
    };
    let (plain, stopped) = (cycles(false), cycles(true));
    assert_eq!(plain.0, stopped.0);
    // The pipeline starts afresh.
    assert!(stopped.1.abs_diff(plain.1) <= 3, "{plain:?} {stopped:?}");
}

#[test]
fn memory_is_read_and_written_by_symbol() {
    let mut machine = thermostat();
    machine.run_to("main", ENOUGH).unwrap();
    assert_eq!(machine.read_word("THRESHOLD"), Ok(21));
    assert_eq!(machine.read_word("HEATER"), Ok(0));
    machine.write_word("THRESHOLD", 26).unwrap();
    machine.run_to("regulate", ENOUGH).unwrap();
    machine.run_to("read_sensor", ENOUGH).unwrap();
    assert_eq!(
        machine.read_word("HEATER"),
        Ok(1),
        "25 degrees are too cold now"
    );

    let mut history = [0; 32];
    machine.read_bytes("HISTORY", &mut history).unwrap();
    assert_eq!(history[..4], 100_u32.to_le_bytes());
    assert_eq!(
        machine.read_bytes(0x2003_FFFC, &mut [0; 8]),
        Err(MemoryError::Range {
            address: 0x2003_FFFC,
            length: 8
        })
    );
}

#[test]
fn changed_code_is_executed() {
    let mut machine = thermostat();
    machine.run_to("regulate", ENOUGH).unwrap();
    // movs r0, #7; bx lr
    machine
        .write_bytes("mean", &[0x07, 0x20, 0x70, 0x47])
        .unwrap();
    machine.run_to("regulate", ENOUGH).unwrap();
    assert_eq!(machine.register(register::R0), 7);
}

#[test]
fn peripherals_are_read_without_time_passing() {
    let mut machine = thermostat();
    machine.run_to("regulate", ENOUGH).unwrap();
    let cycles = machine.cycles();
    assert_eq!(machine.read_peripheral(0x4000_C508), Ok(100), "TEMP");
    assert_eq!(machine.read_peripheral(0xE000_E014), Ok(1999), "SysTick");
    assert!(machine.read_peripheral(0x6000_0000).is_err());
    assert!(machine.read_peripheral(0x4000_C509).is_err());
    assert_eq!(machine.cycles(), cycles);
}

#[test]
fn a_hook_sees_the_machine_and_may_return_in_the_functions_place() {
    let mut machine = thermostat();
    let temperature = Arc::new(AtomicU32::new(4 * 30));
    let reading = Arc::clone(&temperature);
    machine
        .hook("read_sensor", move |_| {
            Hook::Return(reading.load(Ordering::Relaxed))
        })
        .unwrap();
    machine.run_to("smooth", ENOUGH).unwrap();
    assert_eq!(machine.register(register::R1), 4 * 30);
    machine.run_to("main", 100_000).unwrap();
    assert_eq!(machine.read_word("HEATER"), Ok(0));
    temperature.store(4 * 10, Ordering::Relaxed);
    machine.run(100_000);
    assert_eq!(machine.read_word("HEATER"), Ok(1));
    machine.unhook("read_sensor").unwrap();
    machine.run(ENOUGH);
    assert_eq!(machine.read_word("HEATER"), Ok(0));
}

#[test]
fn a_hook_counts_and_alters_arguments() {
    let mut machine = thermostat();
    let calls = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&calls);
    machine
        .hook("regulate", move |machine: &mut Machine| {
            assert_eq!(machine.function().unwrap().name, "thermostat::regulate");
            machine.set_register(register::R0, 0);
            if counter.fetch_add(1, Ordering::Relaxed) == 9 {
                Hook::Stop
            } else {
                Hook::Continue
            }
        })
        .unwrap();
    assert_eq!(machine.run(10 * ENOUGH), Ended::Reached);
    assert_eq!(calls.load(Ordering::Relaxed), 10);
    assert_eq!(machine.read_word("HEATER"), Ok(1));
    // It goes on behind the stop.
    machine.run(10 * ENOUGH);
    assert!(calls.load(Ordering::Relaxed) > 20);
}

#[test]
fn a_hook_may_set_the_program_counter_and_remove_itself() {
    let mut machine = thermostat();
    let fault = machine.address_of("fault").unwrap();
    machine
        .hook("mean", move |machine: &mut Machine| {
            machine.unhook("mean").unwrap();
            machine.set_register(register::PC, fault);
            Hook::Continue
        })
        .unwrap();
    assert_eq!(machine.run(ENOUGH), Ended::Budget);
    assert_eq!(machine.function().unwrap().name, "fault");
    machine.reset();
    machine.run_to("regulate", ENOUGH).unwrap();
    assert_eq!(machine.function().unwrap().name, "thermostat::regulate");
}

#[test]
fn hooks_and_places_are_met_in_interrupt_handlers_too() {
    let mut machine = thermostat();
    assert_eq!(machine.run_to("tick", ENOUGH), Ok(Ended::Reached));
    let cycles = machine.cycles();
    assert_eq!(machine.run_to("tick", ENOUGH), Ok(Ended::Reached));
    let period = machine.cycles() - cycles;
    assert!(period.abs_diff(2000) < 100, "{period}");
    machine.hook("tick", |_| Hook::Return(0)).unwrap();
    let ticks = machine.read_word("TICKS").unwrap();
    machine.run(20_000);
    assert_eq!(
        machine.read_word("TICKS"),
        Ok(ticks),
        "the handler is skipped"
    );
    machine.unhook("tick").unwrap();
    machine.run(20_000);
    assert!(machine.read_word("TICKS").unwrap() >= ticks + 9);
}

#[test]
fn hooks_cost_the_program_nothing() {
    let run = |hooked: bool| {
        let mut machine = thermostat();
        if hooked {
            for function in ["read_sensor", "smooth", "mean", "regulate", "tick"] {
                machine.hook(function, |_| Hook::Continue).unwrap();
            }
        }
        machine.run(200_000);
        (machine.cycles(), machine.instructions(), machine.pc())
    };
    assert_eq!(run(true), run(false));
}

#[test]
fn one_instruction_at_a_time() {
    let mut machine = thermostat();
    machine.run_to("main", ENOUGH).unwrap();
    for _ in 0..50 {
        let before = machine.instructions();
        assert_eq!(machine.step_instruction(), Ended::Budget);
        assert!(machine.instructions() - before <= 1);
    }
    assert_eq!(machine.run_to("regulate", ENOUGH), Ok(Ended::Reached));
}

#[test]
fn symbols_have_demangled_names_and_kinds() {
    let machine = thermostat();
    let symbols = machine.symbols();
    let tick = symbols.find("tick").unwrap();
    assert_eq!((tick.kind, tick.size), (SymbolKind::Function, 20));
    assert_eq!(symbols.function_at(tick.address + 18), Some(tick));
    assert_ne!(symbols.function_at(tick.address - 2), Some(tick));
    let ticks = symbols.find("TICKS").unwrap();
    assert_eq!((ticks.kind, ticks.size), (SymbolKind::Data, 4));
    assert_eq!(symbols.find("__stack_top").unwrap().address, 0x2004_0000);
    let functions: Vec<_> = symbols.functions().map(|s| s.name.as_str()).collect();
    for name in ["reset", "thermostat::main", "thermostat::mean", "tick"] {
        assert!(functions.contains(&name), "{functions:?}");
    }
    assert!(!functions.iter().any(|name| name.starts_with('$')));
}

#[test]
fn a_name_that_leads_nowhere_is_told_with_what_there_is() {
    let mut machine = thermostat();
    let error = machine.run_to("mea", 1).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the program has no symbol `mea`; there are thermostat::mean"
    );
    let error = machine.hook("turbo", |_| Hook::Continue).unwrap_err();
    assert!(matches!(error, SymbolError::Unknown { .. }));
    assert!(error.to_string().contains("stripped"), "{error}");
}

fn profile(timing: Timing, cycles: u64) -> (Machine, Profile) {
    let mut machine = thermostat();
    machine.set_timing(timing);
    machine.run_to("main", ENOUGH).unwrap();
    machine.start_profile();
    machine.run(cycles);
    let profile = machine.stop_profile();
    (machine, profile)
}

fn adds_up(profile: &Profile) {
    let cycles: u64 = profile.functions.iter().map(|f| f.self_cycles).sum();
    assert_eq!(
        cycles + profile.exception_cycles + profile.sleep_cycles,
        profile.cycles
    );
    let instructions: u64 = profile.functions.iter().map(|f| f.self_instructions).sum();
    assert_eq!(instructions, profile.instructions);
}

#[test]
fn a_profile_adds_up_and_changes_nothing() {
    for timing in [Timing::Full, Timing::InstructionsOnly] {
        let (profiled, profile) = profile(timing, 200_000);
        adds_up(&profile);
        assert!(profile.cycles >= 200_000);
        let mut plain = thermostat();
        plain.set_timing(timing);
        plain.run_to("main", ENOUGH).unwrap();
        plain.run(200_000);
        assert_eq!(plain.cycles(), profiled.cycles());
        assert_eq!(plain.instructions(), profiled.instructions());
        assert_eq!(plain.read_word("TICKS"), profiled.read_word("TICKS"));
    }
}

#[test]
fn a_profile_tells_calls_own_and_inclusive_cycles() {
    let (machine, profile) = profile(Timing::Full, 200_000);
    let function = |name| profile.function(name).unwrap();
    let main = function("thermostat::main");
    let smooth = function("thermostat::smooth");
    let mean = function("thermostat::mean");
    let regulate = function("thermostat::regulate");
    let tick = function("tick");
    assert_eq!(main.calls, 1);
    assert!(smooth.calls > 10);
    assert!(mean.calls.abs_diff(smooth.calls) <= 1);
    assert!(regulate.calls.abs_diff(smooth.calls) <= 1);
    assert_eq!(u64::from(machine.read_word("TICKS").unwrap()), tick.calls);
    assert_eq!(
        tick.inclusive_cycles, tick.self_cycles,
        "it calls nothing and isn't interrupted"
    );
    // 12 cycles in, 10 out; the last may not be back yet.
    assert!(profile.exception_cycles.abs_diff(22 * tick.calls) <= 10);
    assert_eq!(mean.inclusive_cycles, mean.self_cycles);
    assert_eq!(
        smooth.inclusive_cycles,
        smooth.self_cycles + mean.self_cycles
    );
    // All but the handler.
    assert_eq!(
        main.inclusive_cycles,
        profile.cycles - profile.exception_cycles - tick.self_cycles
    );
    assert_eq!(mean.size, 38);
}

#[test]
fn a_fault_is_told_by_name() {
    let mut machine = thermostat();
    assert_eq!(machine.last_fault(), None);
    // A store to nowhere: str r0, [r1] with r1 = 0x60000000.
    machine.run_to("regulate", ENOUGH).unwrap();
    let pc = machine.pc();
    machine.write_bytes(pc, &[0x08, 0x60]).unwrap();
    machine.set_register(register::R1, 0x6000_0000);
    machine.run(1000);
    assert_eq!(machine.function().unwrap().name, "fault");
    let fault = machine.last_fault().unwrap();
    assert_eq!((fault.name, fault.exception), ("PRECISERR", "BusFault"));
    assert_eq!((fault.pc, fault.address), (pc, Some(0x6000_0000)));
    assert_eq!(
        fault.to_string(),
        format!(
            "BusFault: a bus error on a data access (PRECISERR) at {pc:#010x} in \
             thermostat::regulate, data address 0x60000000"
        )
    );
}
