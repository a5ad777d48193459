//! A check with what belongs to every check: its weight, its threshold, and whether it is turned round.

use serde::{Deserialize, Serialize};

use super::{Bar, Check, Reply};

/// A check as a pack asks for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Assertion {
    /// The check itself.
    pub check: Check,
    /// The `type` as the pack writes it, `not-` included.
    pub name: String,
    /// `not-`: what would pass fails, and the other way round.
    pub negated: bool,
    /// In place of the check's own threshold.
    pub threshold: Option<f64>,
    /// Share in the conversation's score; at 0 the check is shown and decides nothing.
    pub weight: f64,
}

/// What came of one check.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The check's `type`, `not-` included.
    pub check: String,
    /// Whether the reply passed.
    pub passed: bool,
    /// How well it did, in [0, 1].
    pub score: f64,
    /// The check's weight.
    pub weight: f64,
    /// What was expected, in words.
    pub expected: String,
    /// What was found, in words.
    pub actual: String,
}

impl Assertion {
    /// Reads a check as it stands in a pack; the message says what is wrong with it, in serde's words where a name is unknown.
    pub(crate) fn read(mut fields: serde_json::Map<String, serde_json::Value>) -> Result<Self, String> {
        let name = match fields.remove("type") {
            Some(serde_json::Value::String(name)) => name,
            Some(other) => return Err(format!("`type` names a check, and `{other}` is not a name")),
            None => return Err("a check needs its `type`, as in `{type: contains, value: arr}`".into()),
        };
        let number = |key: &str, value: Option<serde_json::Value>| match value {
            None => Ok(None),
            Some(value) => match value.as_f64().filter(|number| number.is_finite() && *number >= 0.0) {
                Some(number) => Ok(Some(number)),
                None => Err(format!("`{key}` is a number of at least 0, not `{value}`")),
            },
        };
        let weight = number("weight", fields.shift_remove("weight"))?.unwrap_or(1.0);
        let threshold = number("threshold", fields.shift_remove("threshold"))?;
        let plain = name.strip_prefix("not-").unwrap_or(&name);
        fields.insert("type".into(), plain.into());
        let check: Check = serde_json::from_value(fields.into()).map_err(|error| error.to_string())?;
        if let Some(flaw) = check.flaw() {
            return Err(flaw);
        }
        if threshold.is_some_and(|threshold| threshold > 1.0 && !matches!(check.bar(), Bar::CountAtMost(_))) {
            return Err("`threshold` is a share between 0 and 1".into());
        }
        Ok(Self { check, negated: plain.len() < name.len(), name, threshold, weight })
    }

    /// Judges a reply.
    pub fn judge(&self, reply: Reply) -> Verdict {
        let finding = self.check.measure(reply);
        let (met, bar) = match (self.check.bar(), self.threshold) {
            (Bar::AtLeast(own), threshold) => {
                (finding.measure >= threshold.unwrap_or(own), threshold.map(|t| format!("at least {t}")))
            }
            (Bar::AtMost(own) | Bar::CountAtMost(own), threshold) => {
                (finding.measure <= threshold.unwrap_or(own), threshold.map(|t| format!("at most {t}")))
            }
        };
        let expected = bar.map_or_else(|| finding.expected.clone(), |bar| format!("{} ({bar})", finding.expected));
        Verdict {
            check: self.name.clone(),
            passed: met != self.negated,
            score: if self.negated { 1.0 - finding.score } else { finding.score },
            weight: self.weight,
            expected: if self.negated { format!("not: {expected}") } else { expected },
            actual: finding.actual,
        }
    }
}
