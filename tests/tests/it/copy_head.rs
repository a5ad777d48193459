//! A transformer written down by hand that copies what followed the same two words before: it finds every needle.
//!
//! Its stream has four places of [`CODE`] numbers: the word itself, the one before it, the one before that, and what comes next. Words are
//! codes of ±1 that hardly resemble each other. The first layer looks one word back with one head and two with the other, by rotated
//! constants alone; the second looks for a place whose two words before are this word and the one before it, and copies the word there.
//! (Elhage et al. 2021 and Olsson et al. 2022 describe such induction heads, over one word.)

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use safetensors::tensor::{Dtype, TensorView, serialize_to_file};
use serde_json::{Value, json};

use crate::program::RunFolder;

/// Numbers of a code: of these also as many of a head are rotated.
const CODE: usize = 128;
const HEAD: usize = 2 * CODE;
const HIDDEN: usize = 4 * CODE;
/// Base of the rotations.
const BASE: f64 = 100.0;
/// Makes attention look at one place: what it multiplies differs by one at least.
const SHARP: f64 = 2000.0;

const TASK: &str = "task: copy_{subject}\nsource: made up\nlicence: none needed\nlong: {kind: needle, lengths: [700], texts: 5}\n\
    output_type: multiple_choice\ntest_split: test\ndoc_to_text: question\ndoc_to_target: gold\ndoc_to_choice: choices\n\
    generation_kwargs: {until: [\"\\n\"], max_gen_toks: 4}\nmetric_list: [{metric: acc}, {metric: recall}, {metric: p_gold}]\n";

/// Words and runs of signs, as the tokenizer splits them.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before = ' ';
    for c in text.chars() {
        match words.last_mut() {
            Some(word) if !before.is_whitespace() && before.is_alphanumeric() == c.is_alphanumeric() => word.push(c),
            _ => words.push(c.to_string()),
        }
        before = c;
    }
    words.iter().map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect()
}

/// ±1, half of each.
fn code(word: usize) -> Vec<f32> {
    let mut signs: Vec<f32> = (0..CODE).map(|at| if at % 2 == 0 { 1.0 } else { -1.0 }).collect();
    let mut state = 0x9E37_79B9_7F4A_7C15_u64.wrapping_mul(word as u64 + 1);
    for at in (1..CODE).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        signs.swap(at, (state >> 33) as usize % (at + 1));
    }
    signs
}

/// The weights, by name.
struct Weights(BTreeMap<String, (Vec<usize>, Vec<f32>)>);

impl Weights {
    /// A matrix of `rows` × `columns` with these numbers in it, and nought.
    fn add(&mut self, name: &str, shape: &[usize], numbers: impl IntoIterator<Item = (usize, f32)>) {
        let mut values = vec![0.0; shape.iter().product()];
        numbers.into_iter().for_each(|(at, number)| values[at] = number);
        self.0.insert(name.to_owned(), (shape.to_vec(), values));
    }

    /// Numbers of the matrix that takes place `from` of the stream, times `factor`, to rows from `row` on.
    fn taken(row: usize, from: usize, factor: f32) -> impl Iterator<Item = (usize, f32)> {
        (0..CODE).map(move |at| ((row + at) * HIDDEN + from * CODE + at, factor))
    }

    /// As [`Weights::taken`], with the numbers in another order.
    fn shuffled(row: usize, from: usize, factor: f32) -> impl Iterator<Item = (usize, f32)> {
        (0..CODE).map(move |at| ((row + at) * HIDDEN + from * CODE + (at * 37 + 11) % CODE, factor))
    }

    /// What both layers have.
    fn layer(&mut self, layer: usize, qkv: Vec<(usize, f32)>, bias: Vec<(usize, f32)>, output: Vec<(usize, f32)>) {
        let name = |part: &str| format!("gpt_neox.layers.{layer}.{part}");
        for norm in ["input_layernorm", "post_attention_layernorm"] {
            self.norm(&name(norm));
        }
        self.add(&name("attention.query_key_value.weight"), &[3 * HIDDEN, HIDDEN], qkv);
        self.add(&name("attention.query_key_value.bias"), &[3 * HIDDEN], bias);
        self.add(&name("attention.dense.weight"), &[HIDDEN, HIDDEN], output);
        self.add(&name("attention.dense.bias"), &[HIDDEN], []);
        for (part, [out, input]) in [("mlp.dense_h_to_4h", [32, HIDDEN]), ("mlp.dense_4h_to_h", [HIDDEN, 32])] {
            self.add(&name(&format!("{part}.weight")), &[out, input], []);
            self.add(&name(&format!("{part}.bias")), &[out], []);
        }
    }

    fn norm(&mut self, name: &str) {
        self.add(&format!("{name}.weight"), &[HIDDEN], (0..HIDDEN).map(|at| (at, 1.0)));
        self.add(&format!("{name}.bias"), &[HIDDEN], []);
    }

    fn write(&self, path: &Path) {
        let bytes: BTreeMap<&String, Vec<u8>> = self
            .0
            .iter()
            .map(|(name, (_, values))| (name, values.iter().flat_map(|v| v.to_le_bytes()).collect()))
            .collect();
        let views = self.0.iter().map(|(name, (shape, _))| {
            (name.as_str(), TensorView::new(Dtype::F32, shape.clone(), &bytes[name]).unwrap())
        });
        serialize_to_file(views, None, path).unwrap();
    }
}

/// Rows of queries, keys and values of a head; the first half of each is rotated.
fn row(head: usize, part: usize) -> usize {
    (head * 3 + part) * HEAD
}

/// Rotated constants of head `back` − 1 that meet `back` words back: cos(θ·(distance − back)), summed over the pairs.
fn looks_back(back: usize) -> Vec<(usize, f32)> {
    let half = CODE / 2;
    let (query, key) = (row(back - 1, 0), row(back - 1, 1));
    let pair = |at: usize| {
        let angle = back as f64 * BASE.powf(-2.0 * at as f64 / CODE as f64);
        [(query + at, SHARP as f32), (key + at, angle.cos() as f32), (key + half + at, angle.sin() as f32)]
    };
    (0..half).flat_map(pair).collect()
}

fn weights(vocab: usize) -> Weights {
    let mut weights = Weights(BTreeMap::new());
    let embedded =
        (0..vocab).flat_map(|word| code(word).into_iter().enumerate().map(move |(at, v)| (word * HIDDEN + at, v)));
    weights.add("gpt_neox.embed_in.weight", &[vocab, HIDDEN], embedded);
    // A norm divides by the root of the share of places that hold a code: a half in the first layer.
    let values = (0..2).flat_map(|head| Weights::taken(row(head, 2) + CODE, 0, 0.5)).collect();
    let output = (0..2)
        .flat_map(|head| (0..CODE).map(move |at| (((head + 1) * CODE + at) * HIDDEN + head * HEAD + CODE + at, 1.0)));
    weights.layer(0, values, [looks_back(1), looks_back(2)].concat(), output.collect());
    let sharp = SHARP as f32 / 100.0;
    let content: Vec<(usize, f32)> = Weights::taken(row(0, 0) + CODE, 0, sharp)
        .chain(Weights::shuffled(row(0, 0) + CODE, 1, sharp))
        .chain(Weights::taken(row(0, 1) + CODE, 1, 1.0))
        .chain(Weights::shuffled(row(0, 1) + CODE, 2, 1.0))
        .chain(Weights::taken(row(0, 2) + CODE, 0, 1.0))
        .collect();
    let next = (0..CODE).map(|at| ((3 * CODE + at) * HIDDEN + CODE + at, 8.0));
    weights.layer(1, content, Vec::new(), next.collect());
    weights.norm("gpt_neox.final_layer_norm");
    let read = (0..vocab)
        .flat_map(|word| code(word).into_iter().enumerate().map(move |(at, v)| (word * HIDDEN + 3 * CODE + at, v)));
    weights.add("embed_out.weight", &[vocab, HIDDEN], read);
    weights
}

/// A folder with the task and the checkpoint, whose words are those of the task.
fn folder() -> RunFolder {
    let folder = RunFolder::small();
    folder.write("tasks/copy.yaml", TASK);
    let prompts = folder.run(&["prompts", "--tasks", "tasks/copy.yaml"]);
    assert_eq!(prompts.code, Some(0), "{}", prompts.stderr);
    let mut known = BTreeSet::new();
    for line in prompts.stdout.lines() {
        let item: Value = serde_json::from_str(line).unwrap();
        known.extend(words(item["context"].as_str().unwrap()));
        let choices = item["continuations"].as_array().unwrap();
        choices.iter().for_each(|choice| known.extend(words(choice.as_str().unwrap())));
    }
    let vocab: serde_json::Map<String, Value> = ["<unk>".to_owned(), "<eos>".into()]
        .into_iter()
        .chain(known)
        .zip(0..)
        .map(|(word, id)| (word, id.into()))
        .collect();
    let special = |id: usize, content: &str| json!({"id": id, "content": content, "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true});
    let tokenizer = json!({"version": "1.0", "added_tokens": [special(0, "<unk>"), special(1, "<eos>")],
        "pre_tokenizer": {"type": "Whitespace"}, "model": {"type": "WordLevel", "vocab": vocab, "unk_token": "<unk>"}});
    let config = json!({"model_type": "gpt_neox", "hidden_size": HIDDEN, "intermediate_size": 32, "num_hidden_layers": 2,
        "num_attention_heads": 2, "vocab_size": vocab.len(), "max_position_embeddings": 1024, "rotary_pct": 0.5,
        "rotary_emb_base": BASE, "layer_norm_eps": 1e-5, "use_parallel_residual": false, "tie_word_embeddings": false});
    folder.write("copier/tokenizer.json", &tokenizer.to_string());
    folder.write("copier/tokenizer_config.json", r#"{"eos_token": "<eos>"}"#);
    folder.write("copier/config.json", &config.to_string());
    weights(vocab.len()).write(&folder.path("copier/model.safetensors"));
    folder
}

#[test]
fn a_copy_head_finds_every_needle_at_every_depth() {
    let folder = folder();
    let ran = folder.run(&["score", "--model", "copier", "--tasks", "tasks/copy.yaml", "--out", "out", "--json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let units = folder.unit_folders_in("out");
    let unit: Value = serde_json::from_str(&fs_err::read_to_string(units[0].join("unit.json")).unwrap()).unwrap();
    assert_eq!((units.len(), unit["items"].as_u64(), unit["truncated"].as_u64()), (1, Some(25), Some(0)), "{unit}");
    // Five texts with the needle at each of five depths: a single miss at any of them would show.
    for name in ["acc", "recall", "p_gold"] {
        let metrics = unit["metrics"].as_array().unwrap();
        let value = metrics.iter().find(|metric| metric["name"] == name).unwrap()["value"].as_f64().unwrap();
        assert!(value > 0.999, "{name}: {value}");
    }
}
