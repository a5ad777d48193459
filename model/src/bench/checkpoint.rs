//! Checkpoints of random weights, of any size, for tests and for measuring speed (what they say means nothing).

use std::io::{BufWriter, Write};
use std::path::Path;

use half::bf16;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde_json::{Map, Value, json};

use crate::error::{Error, Result};
use crate::models::ModelConfig;

/// Writes `config` as `config.json` and a `model.safetensors` of random weights for it into `dir`, in bf16 or f32.
///
/// # Errors
/// A config that is none, a folder that cannot be written.
pub fn write_random_checkpoint(dir: &Path, config: &str, bf16: bool, seed: u64) -> Result<()> {
    let file = dir.join("config.json");
    fs_err::write(&file, config).map_err(Error::io(&file))?;
    let tensors = ModelConfig::parse(config, &file)?.tensors()?;
    let width = if bf16 { 2 } else { 4 };
    let mut header = Map::new();
    let mut end = 0;
    for (name, shape) in &tensors {
        let start = end;
        end += shape.iter().product::<usize>() * width;
        let dtype = if bf16 { "BF16" } else { "F32" };
        header.insert(name.clone(), json!({"dtype": dtype, "shape": shape, "data_offsets": [start, end]}));
    }
    let header = Value::Object(header).to_string();
    let path = dir.join("model.safetensors");
    let write = || -> std::io::Result<()> {
        let mut to = BufWriter::new(fs_err::File::create(&path)?);
        to.write_all(&(header.len() as u64).to_le_bytes())?;
        to.write_all(header.as_bytes())?;
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        for (name, shape) in &tensors {
            let (middle, spread) = distribution(name, shape);
            for _ in 0..shape.iter().product::<usize>() {
                let unit = (random.next_u32() >> 8) as f32 / (1 << 23) as f32 - 1.0; // -1 to 1
                let value = middle + spread * unit;
                if bf16 {
                    to.write_all(&bf16::from_f32(value).to_le_bytes())?;
                } else {
                    to.write_all(&value.to_le_bytes())?;
                }
            }
        }
        to.flush()
    };
    write().map_err(Error::io(&path))
}

/// Middle and spread of a tensor's numbers: such that activations stay of the size that training leaves them.
fn distribution(name: &str, shape: &[usize]) -> (f32, f32) {
    let ends = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
    if ends(&["A_log"]) {
        (1.4, 1.4)
    } else if ends(&["dt_bias", "dt_proj.bias", "dt_proj_bias"]) {
        (-3.0, 2.0)
    } else if ends(&[".D"]) {
        (1.0, 0.5)
    } else if ends(&["conv1d.weight"]) {
        (0.0, 0.5)
    } else if ends(&["bias"]) {
        (0.0, 0.1)
    } else if shape.len() == 1 {
        (1.0, 0.2) // a norm's
    } else if ends(&["embed_tokens.weight", "embeddings.weight", "embed_in.weight", "wte.weight", "wpe.weight"]) {
        (0.0, 1.0)
    } else {
        (0.0, 1.7 / (shape[shape.len() - 1] as f32).sqrt())
    }
}
