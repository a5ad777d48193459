use super::{ChoiceScore, Choices, Rendering, Stop, Transcript, TurnRecord};
use crate::vibes::{PackSummary, PromptPack};

const PACK: &str = r"
pack: talk
prompts:
  - id: pirate
    repeats: 2
    persona: {type: icontains-any, value: [arr, matey]}
    turns:
      - user: hi
      - user: how are you
        assert: [{type: number, value: 3, weight: 3}, {type: contains, value: never, weight: 0}]
      - user: bye
  - id: unchecked
    turns: [{user: hi, choose: {right: [a], wrong: [b]}}]
";

fn turns(replies: &[&str]) -> Vec<TurnRecord> {
    let turn = |reply: &&str| TurnRecord { reply: (*reply).to_owned(), stop: Stop::EndToken, ..TurnRecord::default() };
    replies.iter().map(turn).collect()
}

fn choice(logprob: f64) -> ChoiceScore {
    ChoiceScore { text: "x".into(), logprob, tokens: 1 }
}

#[test]
fn talks_are_judged_and_counted_by_prompts() {
    let pack = PromptPack::parse("talk.yaml", PACK).unwrap();
    let talks = &pack.conversations;
    let kept = Transcript::judge(&talks[0], Rendering::Plain, turns(&["Arr", "arr, three", "matey"]));
    let dropped = Transcript::judge(&talks[1], Rendering::Plain, turns(&["Arr", "three", "no"]));
    let mut unchecked = turns(&["hi"]);
    unchecked[0].choices = Choices::new(vec![choice(-1.0), choice(-3.0)], vec![choice(-2.5), choice(-2.0)]);
    let unchecked = Transcript::judge(&talks[2], Rendering::ChatTemplate, unchecked);

    assert_eq!((kept.passed, kept.score), (Some(true), Some(1.0)));
    let stick = kept.stickiness.unwrap();
    assert_eq!((stick.turns_kept, stick.dropped), (3, false));
    // Persona 1, 0, 0 at weight 1 each and the number at weight 3: 4 of 6.
    assert_eq!((dropped.passed, dropped.score), (Some(false), Some(4.0 / 6.0)));
    let stick = dropped.stickiness.unwrap();
    assert_eq!((stick.turns_kept, stick.dropped), (1, true));
    assert_eq!((unchecked.passed, unchecked.score, unchecked.margin), (None, None, Some(1.0)));

    let line = serde_json::to_string(&dropped).unwrap();
    assert_eq!(serde_json::from_str::<Transcript>(&line).unwrap(), dropped);

    let summary = PackSummary::of(&[kept, dropped, unchecked]);
    assert_eq!(summary.passes(), [vec![true, false]]);
    let talks: Vec<_> = summary.talks.iter().map(|talk| (talk.turns_kept, talk.dropped, talk.weight)).collect();
    assert_eq!(talks, [(3, false, 0.5), (1, true, 0.5)]);
    let metrics: Vec<_> = summary
        .metrics()
        .into_iter()
        .map(|metric| format!("{} {:.3} {}", metric.name, metric.value, metric.n))
        .collect();
    assert_eq!(metrics, ["passed 0.500 1", "score 0.833 1", "margin 1.000 1"]);
}

#[test]
fn the_spread_over_prompts_is_the_error() {
    let prompts = "  - {id: a, turns: [{user: hi, assert: [{type: contains, value: x}]}]}\n";
    let text = format!(
        "pack: p\nprompts:\n{prompts}{}{}",
        prompts.replace("id: a", "id: b"),
        prompts.replace("id: a", "id: c")
    );
    let pack = PromptPack::parse("p.yaml", &text).unwrap();
    let transcripts: Vec<_> = pack
        .conversations
        .iter()
        .zip(["x", "", "x"])
        .map(|(talk, reply)| Transcript::judge(talk, Rendering::Plain, turns(&[reply])))
        .collect();
    let passed = &PackSummary::of(&transcripts).metrics()[0];
    // Means 1, 0, 1: SE² = (1/9 + 4/9 + 1/9) / (3 · 2) = 1/9.
    assert!((passed.value - 2.0 / 3.0).abs() < 1e-12 && (passed.stderr.unwrap() - 1.0 / 3.0).abs() < 1e-12);
}
