//! Transcripts as a person reads them in a terminal.

use std::fmt::Write;

use spyglass_dashboards::analysis::{CONFIDENCE, pack_interval, pack_survival};
use spyglass_tasks::vibes::{
    Choices, PackSummary, Rendering, Sampling, Stop, Transcript, TurnRecord, Verdict, visible,
};

/// Whether colours are used; they only repeat what signs and words say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Colour {
    /// Escape sequences for a terminal.
    On,
    /// Plain text.
    Off,
}

/// A shade of text.
#[derive(Debug, Clone, Copy)]
enum Shade {
    Bold,
    Faint,
    Good,
    Bad,
    Said,
}

impl Colour {
    fn paint(self, shade: Shade, text: &str) -> String {
        // Blue and orange, as in the report: never red and green alone.
        let code = match shade {
            Shade::Bold => "1",
            Shade::Faint => "2",
            Shade::Good => "38;5;33",
            Shade::Bad => "38;5;208",
            Shade::Said => "36",
        };
        if self == Self::On && !text.is_empty() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

const MARGIN: &str = "          ";

/// The conversation with its verdicts.
pub(crate) fn transcript(talk: &Transcript, colour: Colour) -> String {
    let mut text = String::new();
    let mut line = |words: &str| {
        text.push_str(words);
        text.push('\n');
    };
    line(&headline(talk, colour));
    if let Some(system) = &talk.system {
        line(&spoken("system", system, Shade::Faint, colour));
    }
    for turn in &talk.turns {
        line(&spoken("user", &turn.user, Shade::Faint, colour));
        line(&spoken("model", &reply(turn), Shade::Said, colour));
        for verdict in turn.verdicts.iter().chain(&turn.persona) {
            line(&judged(verdict, colour));
        }
        if let Some(choices) = &turn.choices {
            line(&format!("{MARGIN}{}", colour.paint(Shade::Faint, &margin(choices))));
        }
        if let Some(reference) = &turn.reference {
            let perplexity = (-reference.logprob).exp();
            let words = format!("perplexity {perplexity:.3} a token for `{}`", visible(&reference.text));
            line(&format!("{MARGIN}{}", colour.paint(Shade::Faint, &words)));
        }
    }
    for verdict in &talk.verdicts {
        line(&judged(verdict, colour));
    }
    line(&outcome(talk, colour));
    text
}

fn headline(talk: &Transcript, colour: Colour) -> String {
    let mut details: Vec<String> =
        talk.variables.iter().map(|(name, value)| format!("{name}: {}", plain(value))).collect();
    if talk.sampling.repeats > 1 {
        details.push(format!("repeat {} of {}", talk.repeat + 1, talk.sampling.repeats));
    }
    details.push(sampled(&talk.sampling));
    details.push(match talk.rendering {
        Rendering::ChatTemplate => "chat template".into(),
        Rendering::Plain => "plain transcript".into(),
    });
    let name = colour.paint(Shade::Bold, &visible(&format!("{}/{}", talk.pack, talk.prompt)));
    format!("{name}  {}", colour.paint(Shade::Faint, &visible(&details.join(" · "))))
}

fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn sampled(sampling: &Sampling) -> String {
    if sampling.temperature == 0.0 {
        return "greedy".into();
    }
    let top_p = if sampling.top_p < 1.0 { format!(", top-p {}", sampling.top_p) } else { String::new() };
    format!("temperature {}{top_p}, seed {}", sampling.temperature, sampling.seed)
}

/// A paragraph behind the speaker's name, its lines one below the other.
fn spoken(who: &str, words: &str, shade: Shade, colour: Colour) -> String {
    let mut lines = visible(words).lines().map(|line| colour.paint(shade, line)).collect::<Vec<_>>();
    if lines.is_empty() {
        lines.push(colour.paint(Shade::Faint, "(nothing)"));
    }
    format!("  {who:<6}  {}", lines.join(&format!("\n{MARGIN}")))
}

fn reply(turn: &TurnRecord) -> String {
    let cut = if turn.stop == Stop::Limit { " […]" } else { "" };
    format!("{}{cut}", turn.reply)
}

fn judged(verdict: &Verdict, colour: Colour) -> String {
    let words = format!("{}: {}; {}", verdict.check, visible(&verdict.expected), visible(&verdict.actual));
    format!("{MARGIN}{} {}", sign(verdict.passed, colour), colour.paint(Shade::Faint, &words.replace('\n', "⏎")))
}

fn sign(passed: bool, colour: Colour) -> String {
    if passed { colour.paint(Shade::Good, "✓") } else { colour.paint(Shade::Bad, "✗") }
}

fn margin(choices: &Choices) -> String {
    let best = |side: &[spyglass_tasks::vibes::ChoiceScore]| {
        let best = side.iter().max_by(|a, b| a.logprob.total_cmp(&b.logprob));
        best.map(|choice| format!("`{}` {:.3}", visible(&choice.text), choice.logprob)).unwrap_or_default()
    };
    format!("margin {:+.3}: {} against {}", choices.margin, best(&choices.right), best(&choices.wrong))
}

fn outcome(talk: &Transcript, colour: Colour) -> String {
    let mut parts = Vec::new();
    match talk.passed {
        Some(true) => parts.push(colour.paint(Shade::Good, "✓ passed")),
        Some(false) => parts.push(colour.paint(Shade::Bad, "✗ failed")),
        None => parts.push("not judged".into()),
    }
    if let Some(stick) = talk.stickiness {
        let turns = talk.turns.len();
        parts.push(if stick.dropped {
            format!("kept the persona for {} of {turns} turns", stick.turns_kept)
        } else {
            format!("kept the persona for all {turns} turns")
        });
    }
    if talk.recomputed() > 0 {
        parts.push(format!("{} tokens of earlier turns computed again", talk.recomputed()));
    }
    format!("  {}", parts.join(" · "))
}

/// What came of a pack, in a few lines.
pub(crate) fn summary(pack: &str, summary: &PackSummary, colour: Colour) -> String {
    let mut text = colour.paint(Shade::Bold, &visible(pack)) + "\n";
    let numbers = |passes: &Vec<bool>| passes.iter().map(|pass| f64::from(u8::from(*pass))).collect::<Vec<f64>>();
    let passes: Vec<Vec<f64>> = summary.passes().iter().map(numbers).collect();
    if let Some(share) = pack_interval(&passes) {
        let (low, high) = (100.0 * share.interval.0, 100.0 * share.interval.1);
        writeln!(
            text,
            "  passed     {:.1} % of {} prompts ({CONFIDENCE}: {low:.1} to {high:.1})",
            100.0 * share.share,
            passes.len()
        )
        .expect("a string takes all that is written to it");
    }
    for metric in summary.metrics().iter().filter(|metric| metric.name != "passed") {
        let (name, error) =
            (metric.name.replace('_', " "), metric.stderr.map(|se| format!(" ± {se:.3}")).unwrap_or_default());
        writeln!(text, "  {name:<9}  {:.3}{error} over {} prompts", metric.value, metric.n).expect("as above");
    }
    if let Some(curve) = pack_survival(summary) {
        let median = curve.median.map_or_else(|| "longer than the talks".into(), |turn| format!("turn {turn}"));
        writeln!(text, "  persona    drops the act after {:.1} turns on average, half have by {median}", curve.mean)
            .expect("as above");
    }
    text
}

/// What stands before the line that a person types.
pub(crate) fn prompt_mark(colour: Colour) -> String {
    colour.paint(Shade::Bold, "› ")
}
