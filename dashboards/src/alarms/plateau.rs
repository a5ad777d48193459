//! An alarm: the training loss stands still.

use super::alarm::{Alarm, AlarmKind, Place, evidence};
use crate::analysis::lr_phases::{FLOOR_SHARE, TOLERANCE};
use crate::analysis::{Plateau, T8};
use crate::number::percent;

/// The learning rate where a loss stands still, as far as it explains it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum RateAtEnd {
    /// Not logged, or on its way between high and low.
    Unknown,
    /// It stands, above a tenth of its peak.
    High,
    /// It is this share of its peak, a tenth at most.
    Low(f64),
}

impl RateAtEnd {
    /// What the rates of the window and of the whole path say.
    pub(super) fn of(recent: &[f64], all: &[f64]) -> Self {
        let most = |rates: &[f64]| rates.iter().copied().fold(0.0, f64::max);
        let (peak, top) = (most(all), most(recent));
        let Some(last) = recent.last().filter(|_| peak > 0.0) else { return Self::Unknown };
        let share = last / peak;
        if share <= FLOOR_SHARE {
            Self::Low(share)
        } else if recent.iter().all(|rate| top - rate <= TOLERANCE * peak) {
            Self::High
        } else {
            Self::Unknown
        }
    }

    fn words(self) -> String {
        match self {
            Self::Unknown => ".".to_owned(),
            Self::High => ": usual at a high constant learning rate, before it falls.".to_owned(),
            Self::Low(share) => {
                format!(". The learning rate is at {} % of its peak: too low, or the model is full.", percent(share))
            }
        }
    }
}

/// The alarm, when the loss has stopped falling at the end of a phase (the place).
pub(super) fn plateau_alarm(place: Place, found: &Plateau, rate: RateAtEnd) -> Option<Alarm> {
    if !found.plateau {
        return None;
    }
    // A phase that began late has no doubling of its own: then the number is a rate and not what was seen.
    let over = if found.doublings > 0.9 {
        "over the last doubling of tokens"
    } else {
        "per doubling of tokens in the last half of its phase"
    };
    let sentence = format!(
        "The loss {} has changed by {:+.3} ± {:.3} {over}{}",
        place.words(),
        found.slope,
        T8 * found.se,
        rate.words()
    );
    Some(Alarm {
        kind: AlarmKind::Plateau,
        place,
        evidence: evidence([
            ("change per doubling", found.slope),
            ("standard error", found.se),
            ("mean loss", found.mean),
        ]),
        threshold: "over the last half of the phase the loss surely falls by less than .5 % per doubling of tokens",
        false_alarms: Some(
            "0 on simulated losses that still fall, up to 15 T tokens; finds .33 of standing ones with 200 entries, .82 with 1,000",
        ),
        sentence: sentence.replace('-', "−"),
    })
}
