//! A mistake of the program itself: it ends with 5 and says where it happened, and nothing of what it was looking at.

use std::io::{Write, stderr};
use std::panic::{self, AssertUnwindSafe, Location};

use tracing::error;

use super::log;

/// Exit status of an error of the program itself.
const INTERNAL: u8 = 5;

/// Says where the program fails, from now on. The message of a panic may hold the text of a cell.
pub(super) fn watch() {
    panic::set_hook(Box::new(|panic| {
        let told = told(panic.location());
        if log::is_on() {
            error!(hint = HINT, exit = INTERNAL, "{told}");
        } else {
            let _ = writeln!(stderr(), "error: {told}\nhint: {HINT}");
        }
    }));
}

const HINT: &str = "this is a mistake of the program; an earlier result is as it was";

fn told(place: Option<&Location>) -> String {
    place.map_or_else(
        || "internal error".to_owned(),
        |place| format!("internal error at {}:{}", place.file(), place.line()),
    )
}

/// Does the work of the process; its exit status.
pub(super) fn guarded(work: impl FnOnce() -> u8) -> u8 {
    // Nothing of what the work held is looked at afterwards.
    panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or(INTERNAL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_exit_status_and_a_place() {
        assert_eq!(guarded(|| 3), 3);
        assert_eq!(guarded(|| panic!("of a cell")), INTERNAL);
        let told = told(Some(Location::caller()));
        assert!(told.starts_with("internal error at src/cli/guard.rs:"), "{told}");
    }
}
