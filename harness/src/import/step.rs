//! The step of a checkpoint, found in a name by a pattern.

/// A text with `{step}` in it: `checkpoint-{step}`, `revision=step{step}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StepPattern {
    before: String,
    after: String,
}

impl StepPattern {
    /// `None` without exactly one `{step}`.
    pub(super) fn new(pattern: &str) -> Option<Self> {
        let (before, after) = pattern.split_once("{step}")?;
        (!after.contains("{step}")).then(|| Self { before: before.to_owned(), after: after.to_owned() })
    }

    /// The step where the pattern occurs in `text` for the last time: of a path the innermost folder tells.
    pub(super) fn find(&self, text: &str) -> Option<u64> {
        let starts: Vec<usize> = if self.before.is_empty() {
            let digit = |at: usize| text.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
            (0..text.len()).filter(|at| digit(*at) && (*at == 0 || !digit(at - 1))).collect()
        } else {
            text.match_indices(&self.before).map(|(at, before)| at + before.len()).collect()
        };
        starts.into_iter().rev().find_map(|start| {
            let rest = &text[start..];
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            if !rest[digits..].starts_with(&self.after) {
                return None;
            }
            rest[..digits].parse().ok()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::StepPattern;

    #[test]
    fn steps_are_found_in_names() {
        let found = |pattern: &str, text| StepPattern::new(pattern).unwrap().find(text);
        assert_eq!(found("checkpoint-{step}", "runs/a/checkpoint-1500/results.json"), Some(1500));
        assert_eq!(found("revision=step{step}", "pretrained=a/b,revision=step0042,dtype=float32"), Some(42));
        assert_eq!(found("step{step}-tokens", "step10-tokens2B"), Some(10));
        assert_eq!(found("step{step}-tokens", "step10"), None);
        assert_eq!(found("{step}", "run-7/ckpt_900"), Some(900));
        assert_eq!(found("step{step}", "steps"), None);
        assert_eq!(StepPattern::new("checkpoint"), None);
    }
}
