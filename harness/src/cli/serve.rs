//! `spyglass serve`: the report live in the browser.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use clap::Args;

use super::report::open;
use super::{Exit, print, say};
use crate::progress::Interrupt;
use crate::results::{Rewritten, Store, rewrite_report};
use crate::run_file::RunFile;
use crate::serve::{Address, Live, Server};
use crate::{Error, Result};

/// Letters of a token that nobody guesses.
const TOKEN_LETTERS: usize = 16;

/// Show the report live while a sweep runs, and take readers' notes and votes into the results
///
/// Pages are those on disk; they are refreshed when a sweep writes them anew, and tell how far it has come. Ctrl-C ends it; the report is then
/// written again where notes or votes came in. Only this machine is answered unless --bind and --token say otherwise.
#[derive(Debug, Args)]
pub(super) struct Serve {
    /// A run file, or a results folder
    run: PathBuf,
    /// The port; 0 takes any that is free
    #[arg(long, value_name = "N", default_value_t = 8750)]
    port: u16,
    /// The address to listen at; another than loopback wants a --token
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    bind: IpAddr,
    /// What a reader must know, at least 16 letters: part of the address that is printed
    #[arg(long, value_name = "TOKEN", env = "SPYGLASS_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// Another name that readers call this machine by, such as that of a proxy before it
    #[arg(long = "host", value_name = "NAME")]
    hosts: Vec<String>,
    /// Open it in the browser
    #[arg(long)]
    open: bool,
}

impl Serve {
    pub(super) fn run(&self) -> Result<Exit> {
        self.check_token()?;
        let run = if self.run.is_dir() { None } else { Some(RunFile::read(&self.run)?) };
        let store = Store::open(run.as_ref().map_or(&self.run, |run| &run.results));
        let live = Live::new(store.clone(), run);
        let (bind, port, hosts, token) = (self.bind, self.port, self.hosts.clone(), self.token.clone());
        let server = Server::listen(&Address { bind, port, hosts, token })?;
        let stop = Interrupt::listen()?;
        let secret = self.token.as_ref().map_or_else(String::new, |token| format!("?token={token}"));
        let address = format!("http://{}/{secret}", server.at);
        print(&format!("{address}\n"))?;
        if self.open {
            open(address.as_ref())?;
        }
        std::thread::scope(|scope| {
            scope.spawn(|| live.watch(&stop));
            let ended = server.run(&live, &stop);
            stop.raise(); // where it broke off
            ended
        })?;
        if live.has_changed() && store.snapshot()?.is_some() {
            let Rewritten { index, gathered } = rewrite_report(&store)?;
            gathered.damaged.iter().for_each(|message| say(&format!("left out: {}", message.replace('\n', "\n  "))));
            say(&format!("written again, with the notes and votes that came in: {}", index.display()));
        }
        Ok(Exit::Well)
    }

    fn check_token(&self) -> Result<()> {
        let wrong = |problem: &str, help: &str| Err(Error::Usage { problem: problem.into(), help: help.into() });
        match &self.token {
            None if !self.bind.is_loopback() => wrong(
                &format!("{} can be reached from other machines, and everybody could read and write", self.bind),
                "add --token with 16 letters or more, or leave --bind out and reach it by `ssh -L 8750:localhost:8750`",
            ),
            Some(token) if token.len() < TOKEN_LETTERS => wrong(
                "the token is short enough to guess",
                "take 16 letters or more, such as `openssl rand -hex 16` gives",
            ),
            Some(token) if !token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)) => {
                wrong("the token has letters that an address cannot hold", "letters, digits and `-._~` will do")
            }
            _ => Ok(()),
        }
    }
}
