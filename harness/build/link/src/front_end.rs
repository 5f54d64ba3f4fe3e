//! The front end of an image that computes its model's input from raw audio, as data.

use object::elf::STT_FUNC;
use tinybench_pipeline::tables::Tables;

use super::LinkError;
use super::made::Word::{Address, Number};
use super::objects::Objects;

/// The name by which the firmware finds it: `FrontEnd` in `targets/firmware/src/parts.rs`.
const NAME: &str = "TINYBENCH_FRONT_END";

/// The Fourier transforms in the objects that a front end may refer to, by their symbols.
pub(crate) fn transforms(objects: &Objects) -> impl Iterator<Item = (String, u32)> {
    let of_module = objects.of_module("tinybench_pipeline::fft", STT_FUNC);
    of_module.filter(|(name, _)| name.starts_with("rfft_"))
}

/// Adds the tables, memory to work in, and the structure that refers to them and to the transform.
///
/// # Errors
/// [`LinkError::Damaged`] if the objects don't have that.
pub(crate) fn add_to(objects: &mut Objects, tables: &Tables) -> Result<(), LinkError> {
    let it = tables.front_end();
    let name = format!("rfft_{}", it.fft_samples);
    let transform = transforms(objects).find(|(known, _)| *known == name);
    let (_, transform) = transform.ok_or(LinkError::Damaged("it lacks a Fourier transform"))?;
    let mut table = |name: &str, align: u32, values: Vec<u8>| {
        let length = values.len() as u32 / align;
        let name = format!(".tinybench.pipeline.{name}");
        [
            Address(objects.add_bytes(&name, align, values)),
            Number(length),
        ]
    };
    let tables = [
        table("window", 4, bytes_of(it.window)),
        table("edges", 1, it.edges.to_vec()),
        table("weights", 4, bytes_of(it.weights)),
        table("dct", 4, bytes_of(it.dct)),
    ];
    let work_words = it.work_words() as u32;
    let work = objects.add_memory(".bss.tinybench_pipeline", work_words)?;
    let mut words = vec![
        Number(it.frames as u32),
        Number(it.hop_samples as u32),
        Number(it.fft_samples as u32),
        Address(transform),
        Number(it.mel_bands as u32),
        Number(it.log_floor.to_bits()),
        Number(it.first_bin as u32),
    ];
    words.extend(tables.concat());
    words.extend([Address(work), Number(work_words)]);
    let structure = objects.add_words(".rodata.front_end", &words);
    objects.call(structure, NAME);
    Ok(())
}

fn bytes_of(values: &[f32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}
