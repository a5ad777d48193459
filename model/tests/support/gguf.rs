//! A folder's checkpoint as llama.cpp's converter would write it in one file, by candle-core's writer.

use std::path::Path;

use candle_core::quantized::gguf_file::{self, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView, serialize_to_file};

/// Parts of tensors' names in a folder, and in the file.
const NAMES: [(&str, &str); 26] = [
    ("model.layers.", "blk."),
    ("backbone.layers.", "blk."),
    ("model.embed_tokens", "token_embd"),
    ("backbone.embeddings", "token_embd"),
    ("backbone.norm_f", "output_norm"),
    ("model.norm", "output_norm"),
    ("lm_head", "output"),
    ("input_layernorm", "attn_norm"),
    ("post_attention_layernorm", "ffn_norm"),
    ("self_attn.q_proj", "attn_q"),
    ("self_attn.k_proj", "attn_k"),
    ("self_attn.v_proj", "attn_v"),
    ("self_attn.o_proj", "attn_output"),
    ("self_attn.q_norm", "attn_q_norm"),
    ("self_attn.k_norm", "attn_k_norm"),
    ("mlp.gate_proj", "ffn_gate"),
    ("mlp.up_proj", "ffn_up"),
    ("mlp.down_proj", "ffn_down"),
    ("mixer.in_proj", "ssm_in"),
    ("mixer.conv1d", "ssm_conv1d"),
    ("mixer.x_proj", "ssm_x"),
    ("mixer.dt_proj", "ssm_dt"),
    ("mixer.A_log", "ssm_a"),
    ("mixer.dt_bias", "ssm_dt.bias"),
    ("mixer.out_proj", "ssm_out"),
    ("mixer.norm", "ssm_norm"),
];

/// What is said of the model, by key.
pub(crate) type Metadata = Vec<(String, Value)>;

/// How a checkpoint is written.
pub(crate) struct Writing {
    pub(crate) kind: GgmlDType,
    /// Rows of a head of queries and keys whose pairs are put side by side.
    pub(crate) head: Option<usize>,
    pub(crate) metadata: Metadata,
}

/// Writes the checkpoint in `folder` to `file`, with its matrices as `writing` says; the folder then holds the same numbers in f32.
pub(crate) fn write(folder: &Path, file: &Path, writing: &Writing) {
    let path = folder.join("model.safetensors");
    let bytes = fs_err::read(&path).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let (mut kept, mut written) = (Vec::new(), Vec::new());
    let mut views = tensors.tensors();
    views.sort_by(|(one, _), (other, _)| one.cmp(other)); // they come in any order, and damages are done at places in the file
    for (name, view) in views {
        let values: Vec<f32> = view.data().as_chunks().0.iter().map(|word| f32::from_le_bytes(*word)).collect();
        let (tensor, values) = stored(&name, view.shape(), values, writing);
        kept.push((name.clone(), view.shape().to_vec(), values));
        written.push((NAMES.iter().fold(own(&name), |name, (from, to)| name.replace(from, to)), tensor));
    }
    let views = kept.iter().map(|(name, shape, values)| {
        (name, TensorView::new(Dtype::F32, shape.clone(), bytemuck::cast_slice(values)).unwrap())
    });
    serialize_to_file(views, None, &path).unwrap();
    let metadata: Vec<(&str, &Value)> = writing.metadata.iter().map(|(key, value)| (key.as_str(), value)).collect();
    let tensors: Vec<(&str, &QTensor)> = written.iter().map(|(name, tensor)| (name.as_str(), tensor)).collect();
    let mut bytes = std::io::Cursor::new(Vec::new());
    gguf_file::write(&mut bytes, &metadata, &tensors).unwrap();
    fs_err::write(file, bytes.into_inner()).unwrap();
}

/// Names that are too short to be replaced wherever they stand: `D` of a mixer, the norm before it.
fn own(name: &str) -> String {
    let norm =
        name.strip_suffix(".norm.weight").filter(|prefix| prefix.starts_with("backbone") && !prefix.ends_with("mixer"));
    match (name.strip_suffix("mixer.D"), norm) {
        (Some(prefix), _) => format!("{prefix}ssm_d"),
        (None, Some(prefix)) => format!("{prefix}.attn_norm.weight"),
        (None, None) => name.to_owned(),
    }
}

/// A tensor as it lies in the file, and the numbers that it stands for in the folder.
fn stored(name: &str, shape: &[usize], values: Vec<f32>, writing: &Writing) -> (QTensor, Vec<f32>) {
    let of = |values: &[f32], shape: &[usize]| Tensor::from_slice(values, shape, &Device::Cpu).unwrap();
    if name.ends_with("A_log") {
        let decay: Vec<f32> = values.iter().map(|log| -log.exp()).collect();
        return (QTensor::quantize(&of(&decay, shape), GgmlDType::F32).unwrap(), values);
    }
    let kind = if shape.len() == 2 { writing.kind } else { GgmlDType::F32 };
    let turned = writing.head.filter(|_| name.contains("q_proj") || name.contains("k_proj"));
    let rows = turned.map(|head| side_by_side(&values, shape, head));
    let own = if let &[channels, 1, taps] = shape { vec![channels, taps] } else { shape.to_vec() };
    let written = QTensor::quantize(&of(rows.as_ref().unwrap_or(&values), &own), kind).unwrap();
    let kept = QTensor::quantize(&of(&values, shape), kind).unwrap().dequantize(&Device::Cpu).unwrap();
    (written, kept.flatten_all().unwrap().to_vec1().unwrap())
}

/// Of each head the rows 0, half, 1, half + 1 …
fn side_by_side(values: &[f32], shape: &[usize], head: usize) -> Vec<f32> {
    let width: usize = shape[1..].iter().product();
    let at = |row: usize| row / head * head + row % head / 2 + row % 2 * (head / 2);
    (0..shape[0]).flat_map(|row| &values[at(row) * width..(at(row) + 1) * width]).copied().collect()
}

/// Entries of a header.
pub(crate) fn metadata(architecture: &str, numbers: &[(&str, u32)], floats: &[(&str, f32)]) -> Metadata {
    let own = |key: &str| format!("{architecture}.{key}");
    let mut all: Metadata = vec![("general.architecture".into(), Value::String(architecture.into()))];
    all.extend(numbers.iter().map(|(key, value)| (own(key), Value::U32(*value))));
    all.extend(floats.iter().map(|(key, value)| (own(key), Value::F32(*value))));
    all
}

/// A list of texts.
pub(crate) fn texts<S: AsRef<str>>(list: &[S]) -> Value {
    Value::Array(list.iter().map(|text| Value::String(text.as_ref().into())).collect())
}
