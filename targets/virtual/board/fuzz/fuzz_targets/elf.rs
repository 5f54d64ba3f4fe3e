//! Feeds the ELF loader with anything. Whatever comes is refused or runs: nothing panics, and a
//! board that refused a file still runs the program it had.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tinybench_virtual_board::{Image, Machine};

const PROGRAM: &[u8] = include_bytes!("../../examples/thermostat.elf");

fuzz_target!(|data: &[u8]| {
    let mut machine = Machine::new("nrf52840").expect("there is such a chip");
    let Ok(image) = Image::parse(data) else {
        return;
    };
    for symbol in image.symbols().iter() {
        let _ = image.symbols().find(&symbol.name);
        let _ = image.symbols().function_at(symbol.address);
    }
    machine.load_elf(PROGRAM).expect("this is a program");
    if machine.load(&image).is_err() {
        assert!(machine.address_of("thermostat::main").is_ok());
        machine.run(1000);
        assert!(machine.function().is_some());
        return;
    }
    machine.run(2000);
    machine.start_profile();
    machine.run(2000);
    let profile = machine.stop_profile();
    let spent: u64 = profile.functions.iter().map(|f| f.self_cycles).sum();
    assert_eq!(
        spent + profile.exception_cycles + profile.sleep_cycles,
        profile.cycles
    );
});
