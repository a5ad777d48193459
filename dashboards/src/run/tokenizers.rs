//! Whether runs count the same tokens.

use std::collections::BTreeSet;

use spyglass_tasks::metric::is_by_token;

use crate::run::Run;

/// The tokenizers of a run; none of an imported one.
pub(super) fn tokenizers(run: &Run) -> BTreeSet<String> {
    let records = run.units.iter().map(|unit| &unit.record).chain(run.packs.iter().map(|pack| &pack.record));
    records.map(|record| record.inputs.tokenizer.clone()).filter(|tokenizer| !tokenizer.is_empty()).collect()
}

/// Warns of the numbers of `run` that count in tokens, where its tokenizers are not those of the first run.
pub(super) fn warn_of_tokens(run: &mut Run, first: &BTreeSet<String>, name: &str) {
    let own = tokenizers(run);
    if own.is_empty() || first.is_empty() || own == *first {
        return;
    }
    let why = format!("count in tokens, and the tokenizer is not that of {name}: they do not compare with its numbers");
    for record in run.units.iter_mut().map(|unit| &mut unit.record) {
        let names: Vec<&str> =
            record.metrics.iter().map(|metric| metric.name.as_str()).filter(|name| is_by_token(name)).collect();
        if !names.is_empty() {
            record.warnings.push(format!("{} {why}", names.join(", ")));
        }
    }
    for pack in &mut run.packs {
        pack.record.warnings.push(format!("margins and perplexities {why}"));
    }
}
