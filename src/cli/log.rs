//! The steps, warnings and errors of a run as a log, where one is asked for. It never holds the value of a field of a
//! record: what is logged are paths, counts, columns and causes.

use std::io::stderr;
use std::sync::OnceLock;

use clap::ValueEnum;
use tracing::error;

use super::failure::Failure;

/// The form of a log.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// Time, level and message on a line
    Text,
    /// An object on a line
    Json,
}

static STARTED: OnceLock<()> = OnceLock::new();

/// Sends the log to standard error from now on.
pub(crate) fn start(format: LogFormat) {
    let builder = tracing_subscriber::fmt().with_writer(stderr).with_ansi(false).with_target(false);
    let started = match format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    if started.is_ok() {
        let _ = STARTED.set(());
    }
}

/// Whether there is a log.
pub(crate) fn is_on() -> bool {
    STARTED.get().is_some()
}

/// Logs a failure; whether there is a log.
pub(crate) fn failed(failure: &Failure) -> bool {
    if !is_on() {
        return false;
    }
    let text = failure.to_string();
    let (cause, hint) = text.split_once("\nhint: ").map_or((text.as_str(), None), |(c, h)| (c, Some(h)));
    error!(hint, exit = failure.exit(), "{cause}");
    true
}
