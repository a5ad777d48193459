//! A conversation as plain text, for models without a chat template.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a conversation is written down for a model that knows no roles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TranscriptFormat {
    /// Before what the user says.
    pub user: String,
    /// Before what the model says; white space at its end is left to the model.
    pub assistant: String,
    /// Between the system text, the turns and the replies.
    pub separator: String,
    /// A conversation that goes before, to show the form.
    pub examples: Vec<Example>,
    /// Speak so to models that have a chat template, too.
    pub always: bool,
    /// Where a chat template is used: the system text stands at the head of the first user turn, an empty line between them.
    /// For templates that take no system text.
    pub fold_system: bool,
}

/// One exchange that shows the form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// What the user says.
    pub user: String,
    /// What a good model replies.
    pub assistant: String,
}

impl Default for TranscriptFormat {
    fn default() -> Self {
        Self {
            user: "User: ".into(),
            assistant: "Assistant: ".into(),
            separator: "\n".into(),
            examples: Vec::new(),
            always: false,
            fold_system: false,
        }
    }
}

impl TranscriptFormat {
    /// The text up to where the model replies: system text, examples, earlier turns with their replies, the new turn and
    /// the assistant's prefix. White space at its end is left away, since most tokenizers join it to the word that follows.
    pub fn prompt(&self, system: Option<&str>, earlier: &[(String, String)], user: &str) -> String {
        let mut text = self.open_prompt(system, earlier, user);
        text.truncate(text.trim_end().len());
        text
    }

    fn open_prompt(&self, system: Option<&str>, earlier: &[(String, String)], user: &str) -> String {
        let mut parts: Vec<String> = system.map(str::to_owned).into_iter().collect();
        let examples = self.examples.iter().map(|example| (&example.user, &example.assistant));
        for (said, reply) in examples.chain(earlier.iter().map(|(said, reply)| (said, reply))) {
            parts.push(format!("{}{said}", self.user));
            parts.push(format!("{}{reply}", self.assistant));
        }
        parts.push(format!("{}{user}", self.user));
        parts.push(self.assistant.clone());
        parts.join(&self.separator)
    }

    /// What stands between the prompt's end and the reply: the white space that [`TranscriptFormat::prompt`] left away.
    pub fn before_reply(&self) -> String {
        let end = format!("x{}{}", self.separator, self.assistant);
        end[end.trim_end().len()..].to_owned()
    }

    /// Where a reply has ended, since the model goes on with the user's part; `None` when turns have no mark.
    pub fn stop(&self) -> Option<String> {
        let mark = format!("{}{}", self.separator, self.user.trim_end());
        (!mark.trim().is_empty()).then_some(mark)
    }
}

#[cfg(test)]
mod tests {
    use super::{Example, TranscriptFormat};

    #[test]
    fn a_talk_is_written_down() {
        let examples = vec![Example { user: "Hi.".into(), assistant: "Hello!".into() }];
        let format = TranscriptFormat { examples, ..TranscriptFormat::default() };
        let earlier = [("How are you?".to_owned(), "Well.".to_owned())];
        assert_eq!(
            format.prompt(Some("Be kind."), &earlier, "Why?"),
            "Be kind.\nUser: Hi.\nAssistant: Hello!\nUser: How are you?\nAssistant: Well.\nUser: Why?\nAssistant:"
        );
        assert_eq!((format.before_reply().as_str(), format.stop().as_deref()), (" ", Some("\nUser:")));
        assert_eq!(format.prompt(None, &[], "Why?").lines().next(), Some("User: Hi."));
    }

    #[test]
    fn the_small_world_talks_in_one_line() {
        let format = TranscriptFormat {
            user: "user : ".into(),
            assistant: "bot : ".into(),
            separator: " ".into(),
            ..TranscriptFormat::default()
        };
        let text = format.prompt(Some("speak plainly ."), &[], "how is the sea ?");
        assert_eq!(text, "speak plainly . user : how is the sea ? bot :");
        assert_eq!(format.stop().as_deref(), Some(" user :"));
        let bare = TranscriptFormat { user: String::new(), assistant: String::new(), ..format };
        assert_eq!(bare.prompt(None, &[], "how many ?"), "how many ?");
        assert_eq!((bare.before_reply().as_str(), bare.stop()), (" ", None));
    }
}
