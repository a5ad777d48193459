//! One task jumped between two checkpoints and its siblings did not.

use super::{Alarm, AlarmKind, Place, evidence};
use crate::analysis::Z95;
use crate::plots::{points, tokens};
use serde::Serialize;

/// What the siblings say about a jump.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LoneJump {
    /// It jumped alone.
    LoneJump,
    /// No jump, or a sibling moved too.
    None,
    /// No sibling, or siblings too noisy to tell.
    CannotTell,
}

/// Judges a gain between adjacent checkpoints (with its standard error, wobble included) by its siblings' gains `(gain, se)` from
/// two checkpoints before the interval to two after.
///
/// A jump is a gain of at least .05 and 4 SE. Any sibling with g − 1.96 e > .1 gain: none. All (at least one) with
/// g + 1.96 e < .5 gain: alarm. Siblings are tasks with the same answer format and other data. METHODS.md §7.
pub fn lone_jump(gain: f64, se: f64, siblings: &[(f64, f64)]) -> LoneJump {
    let is_jump = gain >= 0.05 && gain >= 4.0 * se;
    if !is_jump || siblings.iter().any(|(g, e)| g - Z95 * e > 0.1 * gain) {
        LoneJump::None
    } else if !siblings.is_empty() && siblings.iter().all(|(g, e)| g + Z95 * e < 0.5 * gain) {
        LoneJump::LoneJump
    } else {
        LoneJump::CannotTell
    }
}

/// A jump and what it is compared with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Jump<'a> {
    /// Tokens of the checkpoint before it.
    pub from_tokens: u64,
    /// The gain to the checkpoint of the alarm's place.
    pub gain: f64,
    /// Its standard error, wobble included.
    pub se: f64,
    /// Names and gains `(name, gain, se)` of the siblings.
    pub siblings: &'a [(String, f64, f64)],
}

/// The alarm, when the jump stands alone.
pub fn lone_jump_alarm(place: Place, jump: Jump<'_>) -> Option<Alarm> {
    let gains: Vec<(f64, f64)> = jump.siblings.iter().map(|(_, gain, se)| (*gain, *se)).collect();
    if lone_jump(jump.gain, jump.se, &gains) != LoneJump::LoneJump {
        return None;
    }
    let (name, largest, _) = jump.siblings.iter().max_by(|a, b| a.1.total_cmp(&b.1))?;
    let before = tokens(jump.from_tokens as f64);
    let sentence = format!(
        "{} jumped alone {}: {} points since {before}, while {} ({} at most, {name}). Look for its items in the training data; \
         honest learning of one subject's data looks the same.",
        place.task(),
        place.words(),
        points(jump.gain),
        if gains.len() == 1 { "its one sibling stood still" } else { "all its siblings stood still" },
        points(*largest),
    );
    Some(Alarm {
        kind: AlarmKind::LoneJump,
        place,
        evidence: evidence([
            ("gain", jump.gain),
            ("standard error", jump.se),
            ("siblings", gains.len() as f64),
            ("largest sibling gain", *largest),
        ]),
        threshold: "a gain of at least 5 points and 4 standard errors between neighbours, and every sibling surely gained less \
                    than half of it",
        false_alarms: Some(
            "at most 1.0 % when siblings move in step; finds .25 / .84 / 1.00 of jumps of 5-10 / 10-20 / 20-40 points",
        ),
        sentence,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_names_a_reason_to_look_and_no_verdict() {
        let place =
            Place { task: Some("letters".into()), branch: "dirty".into(), step: Some(9), tokens: Some(3_840_000) };
        let siblings = [("facts".to_owned(), 0.004, 0.01)];
        let jump = Jump { from_tokens: 3_072_000, gain: 0.312, se: 0.03, siblings: &siblings };
        let sentence = lone_jump_alarm(place.clone(), jump).unwrap().sentence;
        assert!(
            sentence.starts_with("letters jumped alone on dirty at 3.84 M tokens: +31.2 points since 3.07 M"),
            "{sentence}"
        );
        assert!(!sentence.contains("contaminated"));
        assert_eq!(lone_jump_alarm(place, Jump { siblings: &[], ..jump }), None);
    }
}
