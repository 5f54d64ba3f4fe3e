//! Parses any bytes as a model and, if that succeeds, runs it. The checksum is made right first:
//! otherwise nothing would ever get past it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tinybench_classical::{Engine, MAGIC, Model, arena_needed, crc32};

fuzz_target!(|bytes: &[u8]| {
    let _ = Model::parse(bytes);
    let mut file = [MAGIC.as_slice(), bytes].concat();
    let checksum = crc32(&file);
    file.extend(checksum.to_le_bytes());
    let Ok(model) = Model::parse(&file) else {
        return;
    };
    let mut arena = vec![0; arena_needed(&model) + 1];
    let mut engine = Engine::new(&model, &mut arena).unwrap();
    for (index, byte) in engine.input_mut().iter_mut().enumerate() {
        *byte = (index * 37) as u8;
    }
    engine.invoke();
    assert_eq!(engine.output().len(), model.output_bytes());
});
