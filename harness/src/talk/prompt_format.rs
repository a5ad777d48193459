//! How a conversation is put to a model: through its chat template, or as a plain transcript.

use spyglass_model::{ChatTemplate, Message, Tokenizer};
use spyglass_tasks::vibes::{Rendering, TranscriptFormat};

use crate::{Error, Result};

/// How a conversation is put to a model.
#[derive(Debug, Clone, Copy)]
pub(super) enum PromptFormat<'a> {
    /// Through the checkpoint's chat template; whether the system text goes into the first user turn.
    Chat(&'a ChatTemplate, bool),
    /// In the pack's own form.
    Plain(&'a TranscriptFormat),
}

/// What was said up to where the model replies.
#[derive(Debug, Clone, Copy)]
pub(super) struct Said<'a> {
    /// The system text.
    pub(super) system: Option<&'a str>,
    /// Earlier turns with their replies.
    pub(super) earlier: &'a [(String, String)],
    /// The new turn.
    pub(super) user: &'a str,
}

/// A prompt as text and as tokens; at least one token.
#[derive(Debug, Clone)]
pub(super) struct RenderedPrompt {
    text: String,
    /// The tokens.
    pub(super) ids: Vec<u32>,
}

impl<'a> PromptFormat<'a> {
    /// The chat template where there is one, unless the form is to be used always.
    pub(super) fn new(template: Option<&'a ChatTemplate>, format: &'a TranscriptFormat) -> Self {
        match template {
            Some(template) if !format.always => Self::Chat(template, format.fold_system),
            _ => Self::Plain(format),
        }
    }

    pub(super) fn rendering(self) -> Rendering {
        match self {
            Self::Chat(..) => Rendering::ChatTemplate,
            Self::Plain(_) => Rendering::Plain,
        }
    }

    /// Where a reply ends in this voice, beside the pack's own stop strings.
    pub(super) fn stop(self) -> Option<String> {
        match self {
            Self::Chat(..) => None,
            Self::Plain(format) => format.stop(),
        }
    }

    /// The prompt. A chat template writes special tokens itself: it gets no second BOS.
    ///
    /// # Errors
    /// The template refuses the conversation, or the tokenizer the text.
    pub(super) fn ask(self, tokenizer: &Tokenizer, said: Said<'_>) -> Result<RenderedPrompt> {
        let (text, ids) = match self {
            Self::Chat(template, fold) => {
                let text = template.render_prompt(&messages(said, None, fold))?;
                let ids = tokenizer.encode_rendered(&text)?;
                (text, ids)
            }
            Self::Plain(format) => {
                let text = format.prompt(said.system, said.earlier, said.user);
                let ids = tokenizer.encode(&text)?;
                (text, ids)
            }
        };
        if ids.is_empty() {
            return Err(Error::Usage {
                problem: "a prompt without a single token".into(),
                help: "does the chat template write what the user says?".into(),
            });
        }
        Ok(RenderedPrompt { text, ids })
    }

    /// The tokens of `reply` where the model would say it. Prompt and reply are tokenised as one text, as they stand in
    /// training data.
    ///
    /// # Errors
    /// As [`PromptFormat::ask`].
    pub(super) fn continuation(
        self,
        tokenizer: &Tokenizer,
        said: Said<'_>,
        asked: &RenderedPrompt,
        reply: &str,
    ) -> Result<Vec<u32>> {
        let reply = reply.trim();
        let text = format!("{}{}{reply}", asked.text, self.before_reply(said, &asked.text, reply));
        let whole = match self {
            Self::Chat(..) => tokenizer.encode_rendered(&text)?,
            Self::Plain(_) => tokenizer.encode(&text)?,
        };
        match whole.get(asked.ids.len()..) {
            Some(tail) if !tail.is_empty() => Ok(tail.to_vec()),
            // The prompt's last token swallowed the reply: score the reply's own tokens.
            _ => Ok(tokenizer.encode_plain(reply)?),
        }
    }

    /// What stands between the prompt's end and the reply: what the template puts there when it writes the reply into the
    /// history, or else a space after a word.
    fn before_reply(self, said: Said<'_>, prompt: &str, reply: &str) -> String {
        let (template, fold) = match self {
            Self::Plain(format) => return format.before_reply(),
            Self::Chat(template, fold) => (template, fold),
        };
        let history = template.render_history(&messages(said, Some(reply), fold)).ok();
        let between = history.as_deref().and_then(|history| {
            let rest = history.strip_prefix(prompt)?;
            Some(rest[..rest.find(reply)?].to_owned())
        });
        let after_word = prompt.ends_with(|c: char| c.is_alphanumeric() || c == ':');
        between.unwrap_or_else(|| if after_word { " ".into() } else { String::new() })
    }
}

fn messages(said: Said<'_>, reply: Option<&str>, fold_system: bool) -> Vec<Message> {
    let (folded, system) = if fold_system { (said.system, None) } else { (None, said.system) };
    let mut messages: Vec<Message> = system.map(|system| Message::new("system", system)).into_iter().collect();
    for (user, assistant) in said.earlier {
        messages.push(Message::new("user", user.as_str()));
        messages.push(Message::new("assistant", assistant.as_str()));
    }
    messages.push(Message::new("user", said.user));
    messages.extend(reply.map(|reply| Message::new("assistant", reply)));
    if let (Some(system), Some(first)) = (folded, messages.first_mut()) {
        first.content = format!("{system}\n\n{}", first.content);
    }
    messages
}

#[cfg(test)]
mod tests {
    use super::{Said, messages};

    #[test]
    fn a_system_text_can_go_into_the_first_turn() {
        let earlier = [("hi".to_owned(), "yes ?".to_owned())];
        let said = Said { system: Some("be kind"), earlier: &earlier, user: "why ?" };
        let told = |fold| -> Vec<String> {
            messages(said, None, fold).iter().map(|message| format!("{}: {}", message.role, message.content)).collect()
        };
        assert_eq!(told(false), ["system: be kind", "user: hi", "assistant: yes ?", "user: why ?"]);
        assert_eq!(told(true), ["user: be kind\n\nhi", "assistant: yes ?", "user: why ?"]);
    }
}
