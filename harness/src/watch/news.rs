//! What is worth telling: onsets, alarms, failures.

use serde::{Deserialize, Serialize};
use spyglass_dashboards::alarms::AlarmKind;
use spyglass_dashboards::findings::{Findings, SentenceKind};
use spyglass_dashboards::run::Failure;

/// One thing to tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct News {
    /// What it is, without its numbers: of the same name it is the same news.
    pub(super) id: String,
    /// `onset`, `alarm` or `failure`.
    pub(super) kind: String,
    /// What happened, in a sentence.
    pub(super) text: String,
    pub(super) branch: Option<String>,
    pub(super) task: Option<String>,
    pub(super) step: Option<u64>,
}

/// All that could be told of a run as it stands.
pub(super) fn news(findings: &Findings, failures: &[Failure]) -> Vec<News> {
    let mut all = onsets(findings);
    all.extend(findings.alarms.iter().map(|alarm| {
        let kind = serde_json::to_value(alarm.kind).expect("plain data");
        let kind = kind.as_str().unwrap_or_default().to_owned();
        let place = &alarm.place;
        // An event of the loss has its step; that of a comparison with the newest checkpoint moves on with it.
        let event = matches!(alarm.kind, AlarmKind::Collapse | AlarmKind::LossSpike | AlarmKind::SameWeights);
        let step = place.step.filter(|_| event).map(|step| step.to_string()).unwrap_or_default();
        News {
            id: ["alarm", &kind, &place.branch, place.task.as_deref().unwrap_or_default(), &step].join("/"),
            kind: "alarm".into(),
            text: alarm.sentence.clone(),
            branch: Some(place.branch.clone()),
            task: place.task.clone(),
            step: place.step,
        }
    }));
    all.extend(failures.iter().map(failure));
    all
}

fn onsets(findings: &Findings) -> Vec<News> {
    let told = findings.sentences.iter().chain(&findings.others);
    let of = told.filter(|sentence| sentence.kind == SentenceKind::Onset).flat_map(|sentence| {
        sentence.subjects.iter().map(|subject| News {
            id: ["onset", sentence.branch.as_deref().unwrap_or_default(), &subject.title()].join("/"),
            kind: "onset".into(),
            text: sentence.text.clone(),
            branch: sentence.branch.clone(),
            task: Some(subject.title()),
            step: None,
        })
    });
    of.collect()
}

fn failure(failure: &Failure) -> News {
    let everywhere = failure.branch == Failure::EVERYWHERE;
    let variant = failure.variant.as_ref().map(|variant| format!(" ({variant})")).unwrap_or_default();
    let place = if everywhere {
        "every checkpoint".into()
    } else {
        format!("{} step {}{variant}", failure.branch, failure.step)
    };
    let task = failure.task.as_ref().map(|task| format!(", {task}")).unwrap_or_default();
    let reason = failure.reason.lines().next().unwrap_or_default();
    News {
        id: ["failure", &place, failure.task.as_deref().unwrap_or_default()].join("/"),
        kind: "failure".into(),
        text: format!("{place}{task} could not be scored: {reason}"),
        branch: (!everywhere).then(|| failure.branch.clone()),
        task: failure.task.clone(),
        step: (!everywhere).then_some(failure.step),
    }
}
