//! The command line. It only speaks with people; everything it does can be called from the library.

#![forbid(unsafe_code)]

#[cfg(all(feature = "allocator", target_os = "linux", target_arch = "x86_64"))]
mod allocator;
mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    #[cfg(all(feature = "allocator", target_os = "linux", target_arch = "x86_64"))]
    allocator::set_up();
    ExitCode::from(cli::main())
}
