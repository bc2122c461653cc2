//! The course of a tumor: what was staged, recurred or progressed, in the order of its dates.
//!
//! A record holds one stage at diagnosis and at most one restaging; a long table of events holds as
//! many as were documented. This room decides which of them belong to the diagnosis, by a named
//! [`OriginalWindow`], and which came later, and completes the record's [`Case`] by them, so that
//! every later room goes on seeing one record. It knows nothing of files.
//!
//! [`Case`]: crate::staging::Case

mod days;
mod event;
mod moment;
mod roles;
#[cfg(test)]
mod tests;
mod told;
mod window;

pub(crate) use days::{Days, months};
pub use event::{Event, Recurred, When};
pub(crate) use moment::Moment;
pub use roles::{Course, Role, RoleReason, Step};
pub(crate) use window::window_end;
pub use window::{OriginalWindow, UnknownWindow};
