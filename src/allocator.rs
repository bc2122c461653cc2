//! The program's allocator. A run hands blocks of all sizes from thread to thread; the system's allocator keeps them in
//! pieces, so that from Parquet its memory grew to 360 MiB over 20,000,000 records where 250 are in use.

use tikv_jemalloc_ctl::{Access, AsName};

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Milliseconds after which pages that nobody uses go back to the system, the first part of the way and the second;
/// for arenas to come, and for the one that is there.
const SETTINGS: [(&str, isize); 4] = [
    ("arenas.dirty_decay_ms\0", 500),
    ("arenas.muzzy_decay_ms\0", 0),
    ("arena.0.dirty_decay_ms\0", 500),
    ("arena.0.muzzy_decay_ms\0", 0),
];

/// To be called before anything else. Where a setting is not taken, the program needs more memory and does the same.
pub(crate) fn set_up() {
    for (name, value) in SETTINGS {
        let _ = name.name().write(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_taken() {
        set_up();
        for (name, value) in SETTINGS {
            let taken: isize = name.name().read().unwrap();
            assert_eq!(taken, value, "{name}");
        }
    }
}
