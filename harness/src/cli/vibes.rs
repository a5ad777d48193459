//! `spyglass vibes`: prompt packs on one checkpoint.

use std::path::PathBuf;

use clap::Args;
use spyglass_model::LanguageModel;
use spyglass_tasks::vibes::{PackSummary, PromptPack, Transcript};

use super::manner::is_painted;
use super::model_args::ModelArgs;
use super::stream::Stream;
use super::terminal::{Colour, summary, transcript};
use super::{Exit, Threads, complain, print};
use crate::Result;
use crate::progress::Interrupt;
use crate::talk::{ChatModel, TalkEvent, Talks, packs, run_conversations};

/// Run prompt packs on one checkpoint and check its replies
#[derive(Debug, Args)]
pub(super) struct Vibes {
    #[command(flatten)]
    model: ModelArgs,
    /// Prompt packs: names, globs or files
    #[arg(long, alias = "pack", value_name = "A,B", value_delimiter = ',', value_parser = super::listed_name, required = true)]
    packs: Vec<String>,
    /// Folders with prompt packs of your own
    #[arg(long, value_name = "DIR")]
    pack_folder: Vec<PathBuf>,
    /// How often each conversation is held; the pack's own number unless given
    #[arg(long, value_name = "N", value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=1000))]
    repeats: Option<usize>,
    /// End with exit code 1 when a conversation fails
    #[arg(long)]
    fail_on_verdict: bool,
    /// Print the transcripts as JSON, one a line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    threads: Threads,
}

impl Vibes {
    pub(super) fn run(&self) -> Result<Exit> {
        self.threads.set_up();
        let packs = packs(&self.packs, &self.pack_folder)?;
        let interrupt = Interrupt::listen()?;
        let (model, tokenizer) = self.model.fetched(&interrupt)?.open(&interrupt)?;
        let template = tokenizer.chat_template()?;
        let max_length = model.context_limit();
        let speaker = ChatModel { model: &model, tokenizer: &tokenizer, template: template.as_ref(), max_length };
        let (mut exit, mut summaries) = (Exit::Well, String::new());
        for pack in packs {
            let pack = match self.repeats {
                Some(repeats) => (*pack).clone().with_repeats(repeats),
                None => (*pack).clone(),
            };
            match self.talk(&speaker, &pack, &interrupt) {
                Ok(Some(Talks { held, failed })) => {
                    if !held.is_empty() {
                        summaries += &summary(&pack.name, &PackSummary::of(&held), colour());
                    }
                    let judged_bad = self.fail_on_verdict && held.iter().any(|talk| talk.passed == Some(false));
                    if judged_bad || !failed.is_empty() {
                        exit = Exit::SomeFailed;
                    }
                    failed.iter().for_each(complain);
                }
                Ok(None) => return Ok(Exit::Interrupted),
                Err(error @ crate::Error::Io(_)) => return Err(error),
                Err(error) => {
                    complain(&error);
                    exit = Exit::SomeFailed;
                }
            }
        }
        if !self.json {
            print(&summaries)?;
        }
        Ok(exit)
    }

    /// Holds a pack's conversations and prints each as soon as it has ended.
    fn talk(&self, speaker: &ChatModel<'_>, pack: &PromptPack, interrupt: &Interrupt) -> Result<Option<Talks>> {
        let mut stream = Stream::new(interrupt);
        let held = run_conversations(speaker, &pack.conversations, |heard| match heard {
            TalkEvent::Finished(talk, _) if !self.json => stream.piece(&(transcript(talk, colour()) + "\n")),
            _ => interrupt.flow(),
        });
        stream.end()?;
        if let (Some(talks), true) = (&held, self.json) {
            let line = |talk: &Transcript| serde_json::to_string(talk).expect("plain data") + "\n";
            print(&talks.held.iter().map(line).collect::<String>())?;
        }
        Ok(held)
    }
}

/// Colours on stdout, as the user asked for them.
pub(super) fn colour() -> Colour {
    if is_painted(&std::io::stdout()) { Colour::On } else { Colour::Off }
}
