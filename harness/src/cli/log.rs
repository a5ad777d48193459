//! The log on stderr, where one is asked for, and the one that each worker keeps in the results.

use clap::ValueEnum;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{fmt, registry};

use super::manner::is_painted;
use crate::progress::OwnLog;

/// How the log on stderr is written: lines for eyes, or one JSON object a line. Its values have no lines of help of their own: they would
/// stretch the help of every command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    Text,
    Json,
}

/// Sets up the logs, once for the program. `level` is that of the log on stderr.
pub(super) fn set_up(format: Option<LogFormat>, level: LevelFilter) {
    let own = |level| Targets::new().with_target("spyglass", level);
    let kept =
        fmt::layer().with_writer(|| OwnLog).with_ansi(false).with_target(false).with_filter(own(LevelFilter::INFO));
    let json = (format == Some(LogFormat::Json)).then(|| {
        let layer = fmt::layer().json().flatten_event(true).with_writer(std::io::stderr);
        layer.with_span_events(FmtSpan::CLOSE).with_filter(own(level))
    });
    let text = (format == Some(LogFormat::Text)).then(|| {
        let layer =
            fmt::layer().with_target(false).with_ansi(is_painted(&std::io::stderr())).with_writer(std::io::stderr);
        layer.with_span_events(FmtSpan::CLOSE).with_filter(own(level))
    });
    drop(registry().with(kept).with(json).with(text).try_init()); // there is one command line
}
