//! Prompt packs talked through with real checkpoints: against transformers, and against themselves.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::ops::ControlFlow;
use std::path::Path;

use serde_json::Value;
use spyglass::talk::{ChatModel, run_conversations};
use spyglass_model::{LanguageModel, LoadOptions, Model, Tokenizer};
use spyglass_tasks::vibes::{PromptPack, Rendering, Transcript};

struct Checkpoint {
    model: Model,
    tokenizer: Tokenizer,
}

impl Checkpoint {
    fn open(folder: &Path) -> Self {
        let model = Model::open(folder, &LoadOptions::default()).unwrap();
        Self { model, tokenizer: Tokenizer::open(folder).unwrap() }
    }

    fn run_conversations(&self, pack: &PromptPack) -> Vec<Transcript> {
        let template = self.tokenizer.chat_template().unwrap();
        let speaker = ChatModel {
            model: &self.model,
            tokenizer: &self.tokenizer,
            template: template.as_ref(),
            max_length: self.model.context_limit(),
        };
        let talks = run_conversations(&speaker, &pack.conversations, |_| ControlFlow::Continue(())).unwrap();
        assert!(talks.failed.is_empty(), "{:?}", talks.failed);
        talks.held
    }
}

fn ids(value: &Value) -> Vec<u32> {
    value.as_array().unwrap().iter().map(|id| id.as_u64().unwrap() as u32).collect()
}

/// A pack of one conversation, as `talks.py` holds it.
fn reference_pack(talk: &Value, transcript: &str) -> PromptPack {
    let turns: Vec<String> =
        talk["turns"].as_array().unwrap().iter().map(|turn| format!("{{user: {}}}", turn["user"])).collect();
    let text = format!(
        "pack: reference\ndefaults: {{max_tokens: {}, stop: [{}]}}\n{transcript}\nprompts: [{{id: talk, system: {}, turns: [{}]}}]\n",
        talk["max_tokens"],
        talk["stop"],
        talk["system"],
        turns.join(", ")
    );
    PromptPack::parse("reference.yaml", &text).unwrap()
}

const FORM: &str = r#"{user: "user : ", assistant: "bot : ", separator: " ""#;

#[test]
fn the_reference_talks_come_out_the_same() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests");
    let talks = fs_err::read_to_string(tests.join("reference/pilot_talks.jsonl")).unwrap();
    let mut compared = 0;
    for line in talks.lines() {
        let talk: Value = serde_json::from_str(line).unwrap();
        let checkpoint = Checkpoint::open(&tests.join("pilot").join(talk["checkpoint"].as_str().unwrap()));
        // The checkpoints' chat template and this form write the same text, until the template ends an answer with a token of its own.
        for (form, rendering, turns) in [("", Rendering::ChatTemplate, 4), (", always: true", Rendering::Plain, 1)] {
            let pack = reference_pack(&talk, &format!("transcript: {FORM}{form}}}"));
            let held = checkpoint.run_conversations(&pack).remove(0);
            assert_eq!(held.rendering, rendering);
            for (turn, expected) in held.turns.iter().zip(talk["turns"].as_array().unwrap()).take(turns) {
                let place = format!("{} {} {}", talk["checkpoint"], talk["system"], turn.user);
                assert_eq!(turn.prompt_ids, ids(&expected["prompt_ids"]), "{place}");
                if expected["smallest_margin"].as_f64().unwrap() <= 1e-3 {
                    break; // from here on the talk may go another way
                }
                assert_eq!(turn.reply_ids, ids(&expected["answer_ids"]), "{place}");
                assert_eq!(turn.reply, expected["answer"], "{place}");
                // At step 0 it says tokens that have no text, which cannot come back from the text of its reply.
                if talk["checkpoint"] != "trunk/checkpoint-0" {
                    assert_eq!(turn.recomputed, 0, "{place}");
                }
                compared += 1;
            }
        }
    }
    assert_eq!(compared, 46 + 12, "two of 48 answers were too close to call");
}
