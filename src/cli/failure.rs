//! What makes a command fail, and its exit status.

use std::io::{self, ErrorKind};

use rstage::audit::AuditError;
#[cfg(feature = "cohort")]
use rstage::cohort::CohortError;
use rstage::fields::FieldsError;
use rstage::input::InputError;
use rstage::knowledge::{Mistakes, UnknownSchema};
use rstage::output::OutputError;
use rstage::pipeline::RunError;
use rstage::report::ReportError;
use rstage::seer::SeerError;
use rstage::synth::SynthError;

/// A command's failure.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// Options that clap cannot judge.
    #[error("{0}")]
    Usage(String),
    /// A schema that does not exist.
    #[error(transparent)]
    Schema(#[from] UnknownSchema),
    /// An input.
    #[error(transparent)]
    Input(#[from] InputError),
    /// Columns of an input, or a map file.
    #[error("{place}: {source}")]
    Fields {
        /// File.
        place: String,
        /// Why.
        source: FieldsError,
    },
    /// A record that was asked for.
    #[error("{0}")]
    Record(String),
    /// A run.
    #[error(transparent)]
    Run(#[from] RunError),
    /// Rules of the program.
    #[error("the staging rules cannot be loaded: {0}")]
    Knowledge(#[from] &'static Mistakes),
    /// Rules of the user's own folder.
    #[error("the rules of --rules cannot be used\n{0}")]
    Rules(#[from] Mistakes),
    /// A file of one of SEER's algorithms.
    #[error(transparent)]
    Seer(#[from] SeerError),
    /// Rules of the audit.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// A synthetic export.
    #[error(transparent)]
    Synth(#[from] SynthError),
    /// A cohort.
    #[cfg(feature = "cohort")]
    #[error(transparent)]
    Cohort(#[from] CohortError),
    /// A page.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// Writing.
    #[error("cannot write: {0}")]
    Write(#[from] io::Error),
}

impl Failure {
    /// Exit status: 2 usage, 3 input or mapping, 5 output or internal, 128 and more a signal.
    pub(crate) fn exit(&self) -> u8 {
        match self {
            Self::Usage(_)
            | Self::Schema(_)
            | Self::Run(
                RunError::Audit(_)
                | RunError::IdentifyingKey { .. }
                | RunError::IdentifyingWorklist { .. }
                | RunError::NoAnswers { .. }
                | RunError::NotWithAnswers
                | RunError::WorklistBy { .. }
                | RunError::CountsInResult { .. },
            ) => 2,
            Self::Run(RunError::Output(error)) if error.is_about_the_place() => 2,
            #[cfg(feature = "cohort")]
            Self::Cohort(error) => match error {
                CohortError::Input(_) | CohortError::Fields { .. } | CohortError::NotEnriched { .. } => 3,
                CohortError::Output(_) => 5,
                _ => 2,
            },
            Self::Report(error) if error.is_about_the_run() => 3,
            Self::Run(RunError::Report(error)) if error.is_about_the_run() => 3,
            Self::Run(RunError::Diff(error)) if error.is_about_the_input() => 3,
            Self::Run(RunError::Summary(error)) if error.is_about_the_input() => 3,
            Self::Run(RunError::Stopped(signal) | RunError::Paused { signal, .. }) => {
                u8::try_from(128 + signal).unwrap_or(5)
            }
            Self::Input(_)
            | Self::Fields { .. }
            | Self::Record(_)
            | Self::Rules(_)
            | Self::Seer(_)
            | Self::Run(
                RunError::Input(_)
                | RunError::Fields { .. }
                | RunError::Clash { .. }
                | RunError::OtherAnswers { .. }
                | RunError::Output(OutputError::NoManifest { .. }),
            ) => 3,
            Self::Run(_)
            | Self::Knowledge(_)
            | Self::Audit(_)
            | Self::Synth(_)
            | Self::Report(_)
            | Self::Write(_) => 5,
        }
    }

    /// Whether a reader of standard output went away.
    pub(crate) fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Write(error) if error.kind() == ErrorKind::BrokenPipe)
    }
}
