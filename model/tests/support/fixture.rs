//! Golden fixtures of every architecture: JSON without weights, from which a checkpoint's folder is written anywhere (`fixtures/make.py`).

use safetensors::tensor::{Dtype, TensorView, serialize_to_file};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// One architecture with some of its switches: the config, the tensors' recipe and what transformers answers.
pub(crate) struct Fixture(Value);

/// Which dialect `config.json` is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// As transformers 5 writes it (`rope_parameters`).
    Five,
    /// As transformers 4 wrote it (`rope_theta`, `rope_scaling`, `rotary_pct`).
    Four,
}

impl Fixture {
    /// Every fixture, by name.
    pub(crate) fn all() -> Vec<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
        let mut files: Vec<PathBuf> = fs_err::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.retain(|file| file.extension().is_some_and(|suffix| suffix == "json"));
        files.sort();
        files.iter().map(|file| Self(serde_json::from_str(&fs_err::read_to_string(file).unwrap()).unwrap())).collect()
    }

    /// Its name.
    pub(crate) fn name(&self) -> &str {
        self.0["name"].as_str().unwrap()
    }

    /// The config in this dialect; `None` where the older one cannot say it.
    pub(crate) fn config(&self, dialect: Dialect) -> Option<Value> {
        let key = if dialect == Dialect::Five { "config" } else { "legacy_config" };
        Some(self.0[key].clone()).filter(|config| !config.is_null())
    }

    /// The tokens that were asked about.
    pub(crate) fn ids(&self) -> Vec<u32> {
        self.0["ids"].as_array().unwrap().iter().map(|id| id.as_u64().unwrap() as u32).collect()
    }

    /// Log-likelihood of each token but the first, given those before it.
    pub(crate) fn log_likelihoods(&self) -> Vec<f64> {
        numbers(&self.0["next_token_log_likelihoods"])
    }

    /// Logits of some positions, over the whole vocabulary.
    pub(crate) fn logits(&self) -> BTreeMap<usize, Vec<f64>> {
        self.0["logits"].as_object().unwrap().iter().map(|(at, row)| (at.parse().unwrap(), numbers(row))).collect()
    }

    /// The weights, f32, by name: shape and values.
    pub(crate) fn tensors(&self) -> BTreeMap<String, (Vec<usize>, Vec<f32>)> {
        let tensor = |(name, recipe): (&String, &Value)| {
            let shape = recipe["shape"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap() as usize).collect();
            let values = match recipe.get("parts") {
                Some(parts) => {
                    parts.as_array().unwrap().iter().flat_map(|p| made(p["name"].as_str().unwrap(), p)).collect()
                }
                None => made(name, recipe),
            };
            (name.clone(), (shape, values))
        };
        self.0["tensors"].as_object().unwrap().iter().map(tensor).collect()
    }

    /// Writes `config.json` and `model.safetensors` into `folder`.
    pub(crate) fn write(&self, folder: &Path, dialect: Dialect) -> Option<()> {
        fs_err::write(folder.join("config.json"), self.config(dialect)?.to_string()).unwrap();
        let tensors = self.tensors();
        let views = tensors.iter().map(|(name, (shape, values))| {
            (name, TensorView::new(Dtype::F32, shape.clone(), bytemuck::cast_slice(values)).unwrap())
        });
        serialize_to_file(views, None, &folder.join("model.safetensors")).unwrap();
        Some(())
    }
}

fn numbers(list: &Value) -> Vec<f64> {
    list.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

/// offset + scale · u, u in [−1, 1) by splitmix64 from the name's FNV-1a hash: the same values as `values` in `make.py`.
fn made(name: &str, recipe: &Value) -> Vec<f32> {
    let seed = name
        .bytes()
        .fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3));
    let count: u64 = recipe["shape"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).product();
    let (offset, scale) = (recipe["offset"].as_f64().unwrap(), recipe["scale"].as_f64().unwrap());
    let value = |k: u64| {
        let mut x = seed.wrapping_add(k.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        x ^= x >> 31;
        let u = (x >> 40) as f64 / f64::from(1 << 23) - 1.0;
        (offset + scale * u) as f32
    };
    (1..=count).map(value).collect()
}
