//! Made-up answers as the units of a run: what a sweep would have left behind.

use std::sync::Arc;

use spyglass_dashboards::run::{
    Branch, Checkpoint, Cost, Fork, PackUnit, PhaseStart, Run, RunTree, TrainingLog, Unit, UnitInputs, UnitRecord,
};
use spyglass_tasks::vibes::Transcript;
use spyglass_tasks::{ChoiceRecord, GenerationRecord, ItemRecord, metric};

use super::draw::Answers;

/// Every checkpoint's step is its tokens over this.
pub(crate) const TOKENS_PER_STEP: u64 = 1_000_000;

/// How the options of a task look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// A to D.
    Letters,
    /// Sentences of their own.
    Texts,
    /// Yes and no, the same for all items.
    YesNo,
    /// No options: the model writes, and its reply is empty.
    Silent,
}

/// What a unit needs besides its items.
pub(crate) struct About<'a> {
    pub(crate) task: &'a str,
    pub(crate) form: Form,
    pub(crate) perturb: Option<&'a str>,
    /// Items per cluster, where they have clusters.
    pub(crate) cluster: Option<usize>,
}

/// Checkpoints `first` to `last` tokens, even in log tokens, rounded to whole steps.
pub(crate) fn log_tokens(count: usize, first: f64, last: f64) -> Vec<u64> {
    let share = |k: usize| k as f64 / (count - 1) as f64;
    let place = |k: usize| first * (last / first).powf(share(k)) / TOKENS_PER_STEP as f64;
    (0..count).map(|k| place(k).round() as u64 * TOKENS_PER_STEP).collect()
}

pub(crate) fn branch(name: &str, fork: Option<(&str, u64)>, tokens: &[u64], phases: Vec<PhaseStart>) -> Branch {
    let checkpoint = |&tokens: &u64| Checkpoint {
        branch: name.to_owned(),
        step: tokens / TOKENS_PER_STEP,
        variant: None,
        tokens,
        learning_rate: None,
        location: String::new(),
    };
    let fork = fork.map(|(parent, tokens)| Fork { branch: parent.to_owned(), step: tokens / TOKENS_PER_STEP, tokens });
    Branch {
        name: name.to_owned(),
        fork,
        checkpoints: tokens.iter().map(checkpoint).collect(),
        log: TrainingLog::default(),
        phases,
    }
}

pub(crate) fn run(branches: Vec<Branch>, units: Vec<Unit>) -> Run {
    Run {
        name: "made-up".into(),
        tree: RunTree { branches, ..RunTree::default() },
        units,
        run_file: "name: made-up\n".into(),
        generated: "2026-11-24T00:00:00Z".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        ..Run::default()
    }
}

/// One task on one checkpoint: the `k`-th of the answers.
pub(crate) fn unit(about: &About<'_>, checkpoint: &Checkpoint, answers: &Answers, k: usize) -> Unit {
    let options = answers.options;
    let item = |(number, (own, gold)): (usize, (&[f64], &usize))| ItemRecord {
        doc_id: number,
        gold: *gold,
        cluster: about.cluster.map(|size| format!("passage {}", number / size)),
        choices: if about.form == Form::Silent { Vec::new() } else { choices(about.form, own) },
        generation: (about.form == Form::Silent)
            .then(|| GenerationRecord { targets: vec!["42".into()], ..GenerationRecord::default() }),
        ..ItemRecord::default()
    };
    let each = answers.utilities[k].chunks(options).zip(&answers.gold).enumerate();
    let items: Vec<ItemRecord> = each.map(item).collect();
    let (metric, chance) =
        if about.form == Form::Silent { ("exact_match", 0.0) } else { ("acc", 1.0 / options as f64) };
    let record = UnitRecord {
        metrics: metric::evaluate(&[metric], &items).expect("every item has what the metric needs"),
        primary_metric: metric.to_owned(),
        chance: Some(chance),
        ..record(about.task, about.perturb, checkpoint, items.len())
    };
    Unit { record, items: Arc::new(items) }
}

/// A pack on one checkpoint.
pub(crate) fn pack(name: &str, checkpoint: &Checkpoint, transcripts: Vec<Transcript>) -> PackUnit {
    let record = record(name, None, checkpoint, transcripts.len());
    PackUnit { record, transcripts: Arc::new(transcripts) }
}

fn choices(form: Form, utilities: &[f64]) -> Vec<ChoiceRecord> {
    let total: f64 = utilities.iter().map(|u| u.exp()).sum::<f64>().ln();
    let choice = |(index, utility): (usize, &f64)| {
        let (logprob, tokens, length) = match form {
            Form::Letters => (utility - total - 0.1, 1, 1),
            Form::Texts | Form::Silent => (utility - 40.0, 9, 40),
            Form::YesNo => (utility - total - 0.1, 1, if index == 0 { 3 } else { 2 }),
        };
        ChoiceRecord { logprob, tokens, chars: length, bytes: length, ..ChoiceRecord::default() }
    };
    utilities.iter().enumerate().map(choice).collect()
}

fn record(task: &str, perturb: Option<&str>, checkpoint: &Checkpoint, items: usize) -> UnitRecord {
    UnitRecord {
        key: format!("{task} {perturb:?} {:?}", checkpoint.at()),
        inputs: UnitInputs {
            weights: format!("{:?}", checkpoint.at()),
            config: String::new(),
            tokenizer: String::new(),
            chat_template: None,
            task: task.to_owned(),
            task_definition: format!("definition of {task}"),
            data: format!("data of {task}"),
            shots: 0,
            perturb: perturb.map(str::to_owned),
            precision: "f32".into(),
            dt_floor: "config".into(),
            bos: None,
            rope_scale: None,
            context: None,
            scoring_version: 1,
        },
        checkpoint: checkpoint.clone(),
        task: task.to_owned(),
        shots: 0,
        chance: None,
        higher_is_better: std::collections::BTreeMap::new(),
        primary_metric: "passed".into(),
        metrics: Vec::new(),
        items,
        items_total: items,
        truncated: 0,
        off_token_edge: 0,
        warnings: Vec::new(),
        chunks: Vec::new(),
        cost: Cost::default(),
        finished: "2026-11-24T00:00:00Z".into(),
        version: env!("CARGO_PKG_VERSION").into(),
    }
}
