//! Conversations are held: turn by turn, many together, none disturbed by another.

use std::ops::ControlFlow;

use spyglass_model::{ChatTemplate, Generated, LanguageModel, Prompt, Sampling, Stopped, Tokenizer, generate_batch};
use spyglass_tasks::vibes::{ChoiceScore, Choices, Conversation, Reference, Stop, Transcript, Turn, TurnRecord};

use super::memory::Memory;
use super::voice::{Said, Voice};
use crate::{Error, Result};

/// Conversations that are held together: each step of a reply reads the weights once for all of them.
const TOGETHER: usize = 32;

/// A checkpoint that is spoken to.
#[derive(Debug)]
pub struct Speaker<'a, M> {
    /// The model.
    pub model: &'a M,
    /// Its tokenizer.
    pub tokenizer: &'a Tokenizer,
    /// Its chat template, where it has one.
    pub template: Option<&'a ChatTemplate>,
    /// Its context limit in tokens.
    pub max_length: usize,
}

/// What happened since the last report.
#[derive(Debug, Clone, Copy)]
pub enum Heard<'a> {
    /// A token was said.
    Token,
    /// A conversation came to its end; so many tokens went through the model for it.
    Finished(&'a Transcript, u64),
}

/// Holds conversations with a checkpoint and judges them; in their order. `None` when `listen` breaks off.
///
/// # Errors
/// The chat template refuses a conversation, the model's numbers are not finite, or the tokenizer refuses a text; the message
/// names the prompt.
pub fn hold<M: LanguageModel>(
    speaker: &Speaker<'_, M>,
    talks: &[Conversation],
    mut listen: impl FnMut(Heard<'_>) -> ControlFlow<()>,
) -> Result<Option<Vec<Transcript>>> {
    // A greedy repeat can only say what the first one said.
    let asked: Vec<&Conversation> = talks.iter().filter(|talk| talk.repeat == 0 || !talk.is_greedy()).collect();
    let mut held: Vec<Transcript> = Vec::with_capacity(asked.len());
    for group in asked.chunks(TOGETHER) {
        let mut group: Vec<Held<'_, M>> = group.iter().map(|talk| Held::new(speaker, talk)).collect();
        let turns = group.iter().map(|held| held.talk.turns.len()).max().unwrap_or(0);
        for turn in 0..turns {
            if take_turn(speaker, &mut group, turn, &mut listen)?.is_break() {
                return Ok(None);
            }
        }
        for talk in group {
            let computed = talk.memory.computed;
            let transcript = Transcript::judge(talk.talk, talk.voice.rendering(), talk.turns);
            let on = listen(Heard::Finished(&transcript, computed));
            held.push(transcript);
            if on.is_break() {
                return Ok(None);
            }
        }
    }
    Ok(Some(with_repeats(talks, &held)))
}

/// The transcripts of all conversations, those of greedy repeats copied.
fn with_repeats(talks: &[Conversation], held: &[Transcript]) -> Vec<Transcript> {
    let mut held = held.iter();
    let mut all: Vec<Transcript> = Vec::with_capacity(talks.len());
    for talk in talks {
        let transcript = match all.last() {
            Some(first) if talk.repeat > 0 && talk.is_greedy() => Transcript { repeat: talk.repeat, ..first.clone() },
            _ => held.next().expect("every other conversation was held").clone(),
        };
        all.push(transcript);
    }
    all
}

/// One turn of every conversation of the group that has so many.
fn take_turn<'a, M: LanguageModel>(
    speaker: &'a Speaker<'a, M>,
    group: &mut [Held<'a, M>],
    turn: usize,
    listen: &mut impl FnMut(Heard<'_>) -> ControlFlow<()>,
) -> Result<ControlFlow<()>> {
    let mut live: Vec<&mut Held<'a, M>> = group.iter_mut().filter(|held| turn < held.talk.turns.len()).collect();
    for held in &mut live {
        held.open(speaker, turn).map_err(|error| named(held.talk, error))?;
    }
    let words: Vec<[String; 5]> = live.iter().map(|held| held.talk.words(turn)).collect();
    let words: Vec<[&str; 5]> = words.iter().map(|words| words.each_ref().map(String::as_str)).collect();
    let prompts = live.iter().zip(&words).filter_map(|(held, words)| held.prompt(words)).collect();
    let mut broken_off = false;
    let generated = generate_batch(speaker.model, speaker.tokenizer, prompts, |_| {
        let on = listen(Heard::Token);
        broken_off |= on.is_break();
        on
    })?;
    if broken_off {
        return Ok(ControlFlow::Break(()));
    }
    let mut generated = generated.into_iter();
    for held in live {
        let reply = held.open.as_ref().is_some_and(|open| open.room()).then(|| generated.next()).flatten();
        held.close(reply);
    }
    Ok(ControlFlow::Continue(()))
}

/// The error with the prompt's name.
fn named(talk: &Conversation, error: Error) -> Error {
    let at = format!("prompt `{}/{}`", talk.pack, talk.prompt);
    match error {
        Error::Usage { what, help } => Error::Usage { what: format!("{at}: {what}"), help },
        other => other,
    }
}

/// A conversation that is under way.
struct Held<'a, M: LanguageModel> {
    talk: &'a Conversation,
    voice: Voice<'a>,
    memory: Memory<'a, M>,
    earlier: Vec<(String, String)>,
    turns: Vec<TurnRecord>,
    open: Option<OpenTurn>,
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

impl<'a, M: LanguageModel> Held<'a, M> {
    fn new(speaker: &'a Speaker<'a, M>, talk: &'a Conversation) -> Self {
        let voice = Voice::new(speaker.template, &talk.format);
        let memory = Memory::new(speaker.model);
        Self { talk, voice, memory, earlier: Vec::new(), turns: Vec::new(), open: None }
    }

    /// Reads what the user says, and compares continuations where the turn asks for it.
    fn open(&mut self, speaker: &Speaker<'a, M>, number: usize) -> Result<()> {
        let turn = &self.talk.turns[number];
        let said = Said { system: self.talk.system.as_deref(), earlier: &self.earlier, user: &turn.user };
        let asked = self.voice.ask(speaker.tokenizer, said)?;
        let [before @ .., last] = asked.ids.as_slice() else { unreachable!("a prompt has at least one token") };
        let last = *last;
        let room = speaker.max_length.saturating_sub(asked.ids.len());
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
    fn prompt<'p>(&'p self, words: &'p [&'p str]) -> Option<Prompt<'p, M::State>> {
        let open = self.open.as_ref().filter(|open| open.room())?;
        let (seen, state) = self.memory.so_far();
        Some(Prompt { state, seen, tokens: &open.last, sampling: &open.sampling, words })
    }

    /// Notes the reply; without one the context was full.
    fn close(&mut self, reply: Option<Generated<M::State>>) {
        let Some(OpenTurn { mut record, last: [last], .. }) = self.open.take() else { return };
        if let Some(generated) = reply {
            self.memory.take(last, &generated);
            record.reply = generated.text.trim().to_owned();
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
                what: format!("the continuation `{}` has no tokens", texts[index]),
                help: "the tokenizer drops all of it; choose other words".into(),
            }),
            None => Ok(Self { turn, texts, ids }),
        }
    }

    fn score<M: LanguageModel>(self, memory: &mut Memory<'_, M>, last: u32, record: &mut TurnRecord) -> Result<()> {
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
