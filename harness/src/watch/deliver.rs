//! How news go out: to an address, or to a command.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::news::News;

/// An answer that has not come by then does not come.
const PATIENCE: Duration = Duration::from_secs(10);

/// A way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Way {
    /// An HTTP address, as Slack, Mattermost and others offer it.
    Webhook(String),
    /// A command of the shell.
    Command(String),
}

impl Way {
    /// What the record of what was told calls it.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Webhook(_) => "webhook",
            Self::Command(_) => "command",
        }
    }

    /// Tells news, all in one message.
    ///
    /// # Errors
    /// Why they were not taken, in words that hold no address: those of webhooks are secret.
    pub(super) fn tell(&self, run: &str, news: &[News]) -> Result<(), String> {
        let message = message(run, news);
        match self {
            Self::Webhook(address) => post(address, &message),
            Self::Command(command) => start(command, &message),
        }
    }
}

/// What is sent: `text` for people, `events` for programs.
fn message(run: &str, news: &[News]) -> Value {
    let mut lines: Vec<&str> = Vec::new();
    for one in news {
        if !lines.contains(&one.text.as_str()) {
            lines.push(&one.text);
        }
    }
    let text = match lines.as_slice() {
        [only] => format!("{run}: {only}"),
        lines => format!("{run}:\n{}", lines.iter().map(|line| format!("• {line}")).collect::<Vec<_>>().join("\n")),
    };
    json!({"text": text, "run": run, "events": news})
}

fn post(address: &str, message: &Value) -> Result<(), String> {
    let agent: ureq::Agent = ureq::Agent::config_builder().timeout_global(Some(PATIENCE)).build().into();
    match agent.post(address).send_json(message) {
        Ok(_) => Ok(()),
        Err(ureq::Error::StatusCode(code)) => Err(format!("the webhook answers {code}")),
        Err(ureq::Error::Timeout(_)) => Err(format!("the webhook does not answer within {} s", PATIENCE.as_secs())),
        Err(ureq::Error::BadUri(_)) => Err("the webhook's address is none".into()),
        Err(error) => Err(format!("the webhook cannot be reached ({})", error.to_string().replace(address, "…"))),
    }
}

fn start(command: &str, message: &Value) -> Result<(), String> {
    let wrong = |error: std::io::Error| format!("the command cannot be run ({error})");
    let mut child =
        Command::new("sh").args(["-c", command]).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().map_err(wrong)?;
    let mut input = child.stdin.take().expect("it is piped");
    let text = message.to_string() + "\n";
    // A command that reads nothing must not keep us.
    let writer = std::thread::spawn(move || drop(input.write_all(text.as_bytes())));
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().map_err(wrong)? {
            break Some(status);
        }
        if started.elapsed() > PATIENCE {
            drop(child.kill());
            drop(child.wait());
            break None;
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    match status {
        Some(status) => {
            drop(writer.join());
            if status.success() { Ok(()) } else { Err(format!("the command ends with {status}")) }
        }
        None => Err(format!("the command has not ended within {} s", PATIENCE.as_secs())),
    }
}
