//! `spyglass chat`: a conversation in the terminal.

use std::io::{BufRead, IsTerminal};
use std::ops::ControlFlow;
use std::path::Path;

use clap::Args;
use spyglass_model::LanguageModel;
use spyglass_tasks::vibes::{TranscriptFormat, visible};

use super::generate::Drawing;
use super::model_args::ModelArgs;
use super::stream::Stream;
use super::terminal::prompt_mark;
use super::vibes::colour;
use super::{Exit, Threads, complain, print, say};
use crate::progress::Interrupt;
use crate::talk::{Chat as Talk, ChatModel};
use crate::{Error, Result};

const HELP: &str = "\
/system TEXT        begin anew with this system text (none without TEXT)
/temperature T      0 takes the most probable token always
/seed N             other draws; the same N draws the same again
/retry              another reply to what you said last
/new                begin anew
/save FILE.yaml     keep the talk as a prompt pack
/help               this list
/quit               or Ctrl-D";

/// Talk with a checkpoint
#[derive(Debug, Args)]
pub(super) struct Chat {
    #[command(flatten)]
    model: ModelArgs,
    /// System prompt
    #[arg(long, value_name = "TEXT")]
    system: Option<String>,
    #[command(flatten)]
    drawing: Drawing,
    #[command(flatten)]
    threads: Threads,
}

impl Chat {
    pub(super) fn run(&self) -> Result<Exit> {
        self.threads.set_up();
        let sampling = self.drawing.sampling();
        sampling.check()?;
        let interrupt = Interrupt::listen()?;
        let (model, tokenizer) = self.model.fetched(&interrupt)?.open(&interrupt)?;
        let template = tokenizer.chat_template()?;
        let max_length = model.context_limit();
        let speaker = ChatModel { model: &model, tokenizer: &tokenizer, template: template.as_ref(), max_length };
        let mut talk = Talk::new(&speaker, TranscriptFormat::default(), sampling);
        talk.system.clone_from(&self.system);
        let person = std::io::stdin().is_terminal();
        if person {
            let how =
                if template.is_some() { "its chat template" } else { "a plain transcript: it has no chat template" };
            say(&format!("talking through {how}; /help lists the commands"));
        }
        let mut lines = std::io::stdin().lock().lines();
        loop {
            if person {
                print(&prompt_mark(colour()))?;
            }
            let Some(line) = lines.next() else { return Ok(Exit::Well) };
            let line = line?;
            let ended = match line.trim() {
                "" => false,
                "/quit" | "/exit" => true,
                command if command.starts_with('/') => obey(&mut talk, command, &interrupt)?,
                words => hear(|hear| talk.say(words, hear), &interrupt)?,
            };
            if interrupt.is_set() {
                return Ok(Exit::Interrupted);
            }
            if ended {
                return Ok(Exit::Well);
            }
        }
    }
}

/// Prints a reply as it comes. What goes wrong is said, and the talk goes on.
fn hear(
    reply: impl FnOnce(&mut dyn FnMut(&str) -> ControlFlow<()>) -> Result<()>,
    interrupt: &Interrupt,
) -> Result<bool> {
    let mut stream = Stream::new(interrupt);
    let ended = reply(&mut |text| stream.piece(&visible(text)));
    stream.end()?;
    match ended {
        Err(error) => complain(&error),
        Ok(()) => print("\n")?,
    }
    Ok(false)
}

/// Does what a line that begins with `/` says; whether the talk is over.
fn obey(talk: &mut Talk<'_>, line: &str, interrupt: &Interrupt) -> Result<bool> {
    let (command, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let rest = rest.trim();
    match command {
        "/help" => say(HELP),
        "/new" => talk.forget(),
        "/system" => {
            talk.system = (!rest.is_empty()).then(|| rest.to_owned());
            talk.forget();
        }
        "/temperature" => match rest.parse::<f64>() {
            Ok(temperature) if temperature.is_finite() && temperature >= 0.0 => talk.sampling.temperature = temperature,
            _ => say("/temperature takes a number of at least 0"),
        },
        "/seed" => match rest.parse() {
            Ok(seed) => talk.seed(seed),
            Err(_) => say("/seed takes a whole number"),
        },
        "/retry" => {
            if talk.turns().is_empty() {
                say("nothing was said yet");
            } else {
                return hear(|hear| talk.retry(hear).map(drop), interrupt);
            }
        }
        "/save" => match save(talk, rest) {
            Ok(()) => say(&format!("saved as {rest}")),
            Err(error) => complain(&error),
        },
        other => say(&format!("{} is not a command; /help lists them", visible(other))),
    }
    Ok(false)
}

/// Writes the talk as a prompt pack named after its file.
fn save(talk: &Talk<'_>, file: &str) -> Result<()> {
    let path = Path::new(file);
    let name = path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if name.is_empty() || talk.turns().is_empty() {
        let help = "`/save my-talk.yaml`, once something was said".into();
        return Err(Error::Usage { problem: "/save takes a file, and a talk to put there".into(), help });
    }
    if path.exists() {
        return Err(Error::Usage { problem: format!("{file} is there already"), help: "choose another name".into() });
    }
    Ok(fs_err::write(path, talk.as_pack(&name))?)
}
