//! Conversations are held: turn by turn, many together, none disturbed by another.

use std::ops::ControlFlow;

use spyglass_model::{
    ChatTemplate, Generated, Model, Prompt, Sampling, State, Stopped, Tokenizer, batch, generate_batch,
};
use spyglass_tasks::vibes::{ChoiceScore, Choices, Conversation, Reference, Stop, Transcript, Turn, TurnRecord};

use super::prefix_cache::PrefixCache;
use super::prompt_format::{PromptFormat, Said};
use crate::{Error, Result};

/// A checkpoint that is spoken to.
#[derive(Debug)]
pub struct ChatModel<'a> {
    /// The model.
    pub model: &'a Model,
    /// Its tokenizer.
    pub tokenizer: &'a Tokenizer,
    /// Its chat template, where it has one.
    pub template: Option<&'a ChatTemplate>,
    /// Its context limit in tokens.
    pub max_length: usize,
}

/// What happened since the last report.
#[derive(Debug, Clone, Copy)]
pub enum TalkEvent<'a> {
    /// A token was said.
    Token,
    /// A conversation came to its end; so many tokens went through the model for it.
    Finished(&'a Transcript, u64),
}

/// What came of a pack's conversations.
#[derive(Debug, Default)]
pub struct Talks {
    /// Those that were held, in their order.
    pub held: Vec<Transcript>,
    /// Why the others could not be, each once whatever its repeats.
    pub failed: Vec<Error>,
}

impl Talks {
    /// All failures as one, with the number of conversations that it cost of `all`; `None` where all were held.
    pub fn failure(&self, all: usize) -> Option<Error> {
        let first = self.failed.first()?;
        let reasons: Vec<String> = self.failed.iter().take(SHOWN).map(ToString::to_string).collect();
        let more = match self.failed.len().saturating_sub(SHOWN) {
            0 => String::new(),
            more => format!("; and {more} more"),
        };
        let missing = all - self.held.len();
        Some(Error::Usage {
            problem: format!("{missing} of {all} conversations could not be held: {}{more}", reasons.join("; ")),
            help: help_of(first),
        })
    }
}

/// Failures of a pack that are told in full.
const SHOWN: usize = 5;

/// Holds conversations with a checkpoint and judges them. One that fails leaves the others alone. `None` when `listen` breaks
/// off.
///
/// What the chat template or the tokenizer refuses, a prompt that is longer than the context, and numbers that are not finite
/// are told of the prompt they belong to (`Talks::failed`).
pub fn run_conversations(
    speaker: &ChatModel<'_>,
    talks: &[Conversation],
    mut listen: impl FnMut(TalkEvent<'_>) -> ControlFlow<()>,
) -> Option<Talks> {
    // A greedy repeat can only say what the first one said.
    let asked: Vec<&Conversation> = talks.iter().filter(|talk| talk.repeat == 0 || !talk.is_greedy()).collect();
    let mut held: Vec<Option<Transcript>> = Vec::with_capacity(asked.len());
    let mut failed = Vec::new();
    for group in asked.chunks(batch::CONVERSATIONS) {
        let mut group: Vec<Held<'_>> = group.iter().map(|talk| Held::new(speaker, talk)).collect();
        let turns = group.iter().map(|held| held.talk.turns.len()).max().unwrap_or(0);
        for turn in 0..turns {
            if take_turn(speaker, &mut group, turn, &mut listen).is_break() {
                return None;
            }
        }
        for talk in group {
            if let Some(error) = talk.failed {
                let is_new = |known: &Error| known.to_string() != error.to_string();
                if failed.iter().all(is_new) {
                    failed.push(error);
                }
                held.push(None);
                continue;
            }
            let computed = talk.memory.computed;
            let transcript = Transcript::judge(talk.talk, talk.voice.rendering(), talk.turns);
            let on = listen(TalkEvent::Finished(&transcript, computed));
            held.push(Some(transcript));
            if on.is_break() {
                return None;
            }
        }
    }
    Some(Talks { held: with_repeats(talks, held), failed })
}

/// The transcripts of all conversations that were held, those of greedy repeats copied.
fn with_repeats(talks: &[Conversation], held: Vec<Option<Transcript>>) -> Vec<Transcript> {
    let mut held = held.into_iter();
    let mut last: Option<Transcript> = None;
    let mut all = Vec::with_capacity(talks.len());
    for talk in talks {
        last = if talk.repeat > 0 && talk.is_greedy() {
            last.map(|first| Transcript { repeat: talk.repeat, ..first })
        } else {
            held.next().expect("every other conversation was asked")
        };
        all.extend(last.clone());
    }
    all
}

/// One turn of every conversation of the group that has so many.
fn take_turn<'a>(
    speaker: &'a ChatModel<'a>,
    group: &mut [Held<'a>],
    turn: usize,
    listen: &mut impl FnMut(TalkEvent<'_>) -> ControlFlow<()>,
) -> ControlFlow<()> {
    for held in group.iter_mut().filter(|held| held.goes_on(turn)) {
        if let Err(error) = held.open(speaker, turn) {
            held.fail(speaker, turn, &error);
        }
    }
    let mut live: Vec<&mut Held<'a>> = group.iter_mut().filter(|held| held.goes_on(turn)).collect();
    let words: Vec<[String; 5]> = live.iter().map(|held| held.talk.words(turn)).collect();
    let words: Vec<[&str; 5]> = words.iter().map(|words| words.each_ref().map(String::as_str)).collect();
    let mut broken_off = false;
    let mut speak = |prompts: Vec<Prompt<'_, State>>| {
        generate_batch(speaker.model, speaker.tokenizer, prompts, |_| {
            let on = listen(TalkEvent::Token);
            broken_off |= on.is_break();
            on
        })
    };
    let together = speak(live.iter().zip(&words).filter_map(|(held, words)| held.prompt(words)).collect());
    let mut together = together.map(Vec::into_iter);
    for (held, words) in live.iter_mut().zip(&words) {
        let reply = match &mut together {
            Ok(replies) => held.open.as_ref().is_some_and(OpenTurn::room).then(|| replies.next()).flatten(),
            // One of them breaks the batch: each by itself, which gives the others the same numbers.
            Err(_) => match speak(held.prompt(words).into_iter().collect()) {
                Ok(mut alone) => alone.pop(),
                Err(error) => {
                    held.fail(speaker, turn, &error.into());
                    continue;
                }
            },
        };
        held.close(reply);
    }
    if broken_off { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}

fn help_of(error: &Error) -> String {
    miette::Diagnostic::help(error).map_or_else(String::new, |help| help.to_string())
}

/// A conversation that is under way.
struct Held<'a> {
    talk: &'a Conversation,
    voice: PromptFormat<'a>,
    memory: PrefixCache<'a>,
    earlier: Vec<(String, String)>,
    turns: Vec<TurnRecord>,
    open: Option<OpenTurn>,
    /// Why it cannot be held.
    failed: Option<Error>,
}

/// A turn whose reply is to come.
struct OpenTurn {
    record: TurnRecord,
    /// The prompt's last token, which the reply begins by reading.
    last: [u32; 1],
    sampling: Sampling,
}

impl OpenTurn {
    /// Whether there is room for a reply before the context limit.
    fn room(&self) -> bool {
        self.sampling.max_tokens > 0
    }
}

impl<'a> Held<'a> {
    fn new(speaker: &'a ChatModel<'a>, talk: &'a Conversation) -> Self {
        let voice = PromptFormat::new(speaker.template, &talk.format);
        let memory = PrefixCache::new(speaker.model);
        Self { talk, voice, memory, earlier: Vec::new(), turns: Vec::new(), open: None, failed: None }
    }

    /// Whether it has a turn of this number, and has not failed.
    fn goes_on(&self, turn: usize) -> bool {
        self.failed.is_none() && turn < self.talk.turns.len()
    }

    /// Notes that it cannot be held, with the prompt's name and a mend for the commonest reason.
    fn fail(&mut self, speaker: &ChatModel<'a>, turn: usize, error: &Error) {
        self.open = None;
        let said = Said { system: None, earlier: &self.earlier, user: &self.talk.turns[turn].user };
        let refused = matches!(error, Error::Model(spyglass_model::Error::ChatTemplate { .. }));
        let help = if refused && self.talk.system.is_some() && self.voice.ask(speaker.tokenizer, said).is_ok() {
            "the chat template takes no system text: set `transcript: {fold_system: true}` in the pack, and it goes into the first user turn".into()
        } else {
            help_of(error)
        };
        let at = format!("prompt `{}/{}`", self.talk.pack, self.talk.prompt);
        let variables = if self.talk.variables.is_empty() {
            String::new()
        } else {
            format!(" with {}", serde_json::Value::Object(self.talk.variables.clone()))
        };
        self.failed = Some(Error::Usage { problem: format!("{at}{variables}, turn {}: {error}", turn + 1), help });
    }

    /// Reads what the user says, and compares continuations where the turn asks for it.
    fn open(&mut self, speaker: &ChatModel<'a>, number: usize) -> Result<()> {
        let turn = &self.talk.turns[number];
        let said = Said { system: self.talk.system.as_deref(), earlier: &self.earlier, user: &turn.user };
        let asked = self.voice.ask(speaker.tokenizer, said)?;
        let [before @ .., last] = asked.ids.as_slice() else { unreachable!("a prompt has at least one token") };
        let last = *last;
        let room = speaker.max_length.saturating_sub(asked.ids.len());
        if room == 0 && number == 0 {
            // A later turn without room ends a talk that was held; a first one was never asked.
            return Err(Error::Usage {
                problem: format!("it has {} tokens, the context limit is {}", asked.ids.len(), speaker.max_length),
                help: "shorten the prompt's texts".into(),
            });
        }
        let mut record = TurnRecord { user: turn.user.clone(), ..TurnRecord::default() };
        if room > 0 {
            record.recomputed = self.memory.attend(before)?;
            let continuations =
                Continuations::of(turn, |text| self.voice.continuation(speaker.tokenizer, said, &asked, text))?;
            continuations.score(&mut self.memory, last, &mut record)?;
        }
        record.prompt_ids = asked.ids;
        let wanted = &self.talk.sampling;
        let mut stop = wanted.stop.clone();
        stop.extend(self.voice.stop());
        let sampling = Sampling {
            temperature: wanted.temperature,
            top_p: wanted.top_p,
            max_tokens: wanted.max_tokens.min(room),
            stop,
            seed: wanted.seed,
            ..Sampling::default()
        };
        self.open = Some(OpenTurn { record, last: [last], sampling });
        Ok(())
    }

    /// What the model is to continue; `None` where the context is full.
    fn prompt<'p>(&'p self, words: &'p [&'p str]) -> Option<Prompt<'p, State>> {
        let open = self.open.as_ref().filter(|open| open.room())?;
        let (seen, state) = self.memory.so_far();
        Some(Prompt { state, seen, tokens: &open.last, sampling: &open.sampling, words })
    }

    /// Notes the reply; without one the context was full.
    fn close(&mut self, reply: Option<Generated<State>>) {
        let Some(OpenTurn { mut record, last: [last], .. }) = self.open.take() else { return };
        if let Some(generated) = reply {
            self.memory.take(last, &generated);
            generated.text.trim().clone_into(&mut record.reply);
            record.stop = match generated.stopped {
                Stopped::Eos => Stop::EndToken,
                Stopped::StopString => Stop::StopString,
                Stopped::MaxTokens | Stopped::Interrupted => Stop::Limit,
            };
            record.reply_ids = generated.ids;
        }
        self.earlier.push((record.user.clone(), record.reply.clone()));
        self.turns.push(record);
    }
}

/// The continuations of a turn, tokenised, in the order right, wrong, reference.
struct Continuations<'t> {
    turn: &'t Turn,
    texts: Vec<&'t str>,
    ids: Vec<Vec<u32>>,
}

impl<'t> Continuations<'t> {
    fn of(turn: &'t Turn, tokenise: impl Fn(&str) -> Result<Vec<u32>>) -> Result<Self> {
        let choices = turn.choose.iter().flat_map(|choose| choose.right.iter().chain(&choose.wrong));
        let texts: Vec<&str> = choices.chain(&turn.reference).map(String::as_str).collect();
        let ids: Vec<Vec<u32>> = texts.iter().map(|text| tokenise(text)).collect::<Result<_>>()?;
        match ids.iter().position(Vec::is_empty) {
            Some(index) => Err(Error::Usage {
                problem: format!("the continuation `{}` has no tokens", texts[index]),
                help: "the tokenizer drops all of it; choose other words".into(),
            }),
            None => Ok(Self { turn, texts, ids }),
        }
    }

    fn score(self, memory: &mut PrefixCache<'_>, last: u32, record: &mut TurnRecord) -> Result<()> {
        if self.ids.is_empty() {
            return Ok(());
        }
        let means = memory.score(last, &self.ids)?;
        let score = |index: usize| ChoiceScore {
            text: self.texts[index].to_owned(),
            logprob: means[index],
            tokens: self.ids[index].len(),
        };
        let mut first = 0;
        if let Some(choose) = &self.turn.choose {
            let (right, all) = (choose.right.len(), choose.right.len() + choose.wrong.len());
            record.choices = Choices::new((0..right).map(score).collect(), (right..all).map(score).collect());
            first = all;
        }
        record.reference = self.turn.reference.as_ref().map(|_| {
            let ChoiceScore { text, logprob, tokens } = score(first);
            Reference { text, logprob, tokens }
        });
        Ok(())
    }
}
