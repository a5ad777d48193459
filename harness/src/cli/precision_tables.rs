//! How `compare-precision` writes down what it found.

use spyglass_dashboards::analysis::Z95;
use spyglass_dashboards::number::positive;

use super::text_table::{Align, Table};
use crate::measure::{Effect, MetricChange};
use crate::results::{LEAST_999, Price};

/// One JSON object a task.
pub(super) fn lines(effects: &[Effect]) -> String {
    effects.iter().map(|effect| serde_json::to_string(effect).expect("plain data") + "\n").collect()
}

/// One line a metric, then one line a task on the next token.
pub(super) fn table(effects: &[Effect], names: &[String; 2], most: usize) -> String {
    let tokens = next_tokens(effects, most);
    let answers = answers(effects)
        + &format!("before: {}; after: {}; ", names[0], names[1])
        + "changes of log-likelihoods are absolute, in nats; lost: right before, wrong after\n";
    tokens.map_or_else(|| answers.clone(), |tokens| format!("{answers}\n{tokens}"))
}

fn answers(effects: &[Effect]) -> String {
    let nats = |change: Option<f64>| change.map_or_else(|| "-".into(), |change| format!("{change:.5}"));
    let row = |effect: &Effect, metric: &MetricChange| {
        let tested = effect.tested.as_ref().filter(|tested| tested.metric == metric.name);
        let told = |text: &dyn Fn(&spyglass_dashboards::findings::ComparedTask) -> String| {
            tested.map_or_else(|| "-".into(), text)
        };
        [
            effect.task.clone(),
            effect.shots.to_string(),
            effect.items.to_string(),
            nats(effect.largest_change),
            nats(effect.mean_change),
            effect.flipped.to_string(),
            metric.name.clone(),
            format!("{:.4}", metric.before),
            format!("{:.4}", metric.after),
            told(&|task| {
                let interval = task.difference.interval;
                format!("{:+.4} [{:+.4}, {:+.4}]", task.difference.value, interval.0, interval.1)
            }),
            told(&|task| task.mcnemar.map_or("-".into(), |_| task.lost.len().to_string())),
            told(&|task| task.mcnemar.map_or("-".into(), |_| task.gained.len().to_string())),
            told(&|task| task.mcnemar.map_or("-".into(), |p| format!("{p:.3}"))),
        ]
    };
    let heads = [
        "task",
        "shots",
        "items",
        "largest change",
        "mean change",
        "flipped answers",
        "metric",
        "before",
        "after",
        "difference",
        "lost",
        "gained",
        "McNemar p",
    ];
    let align = |head: &str| if ["task", "metric"].contains(&head) { Align::Left } else { Align::Right };
    let mut table = Table::new(heads.map(|head| (head, align(head))));
    table.extend(effects.iter().flat_map(|effect| effect.metrics.iter().map(|metric| row(effect, metric))));
    table.markdown()
}

/// `None` where nothing was compared.
fn next_tokens(effects: &[Effect], most: usize) -> Option<String> {
    let heads = [
        "task",
        "tokens",
        "KL mean",
        "KL 99 %",
        "KL 99.9 %",
        "RMS Δp",
        "same top",
        "perplexity before",
        "perplexity after",
        "ratio",
    ];
    let row = |effect: &Effect, price: &Price| {
        let ratio = match price.ratio_interval {
            Some(ends) => {
                let [low, high] = ends.map(|end| positive(end, 4));
                format!("{} [{low}, {high}]", positive(price.ratio, 4))
            }
            None => positive(price.ratio, 4),
        };
        [
            effect.task.clone(),
            price.tokens.to_string(),
            match price.divergence_error {
                Some(error) => format!("{:.5} ± {:.5}", price.divergence, Z95 * error),
                None => format!("{:.5}", price.divergence),
            },
            format!("{:.5}", price.divergence_99),
            price.divergence_999.map_or_else(|| "–".into(), |divergence| format!("{divergence:.5}")),
            format!("{:.2} %", 100.0 * price.probability_change),
            format!("{:.2} %", 100.0 * price.same_best),
            positive(price.perplexities[0], 3),
            positive(price.perplexities[1], 3),
            ratio,
        ]
    };
    let rows: Vec<_> = effects.iter().filter_map(|effect| Some(row(effect, effect.tokens.as_ref()?))).collect();
    let align = |head: &str| if head == "task" { Align::Left } else { Align::Right };
    let mut table = Table::new(heads.map(|head| (head, align(head))));
    (!rows.is_empty()).then(|| {
        table.extend(rows);
        table.markdown()
            + &format!(
                "next tokens: those of the right answers, up to {most} of a task (llama.cpp's columns of these names are of whole texts); \
                 KL: divergence of the distribution after from that before, in nats, ± 1.96 standard errors, texts varying as wholes; \
                 Δp: of the token that stands in the text; –: of fewer than {LEAST_999} tokens\n"
            )
    })
}
