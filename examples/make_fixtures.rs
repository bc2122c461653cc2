//! Makes `fixtures/registry.csv` and `fixtures/registry.parquet` anew:
//! `cargo run --example make_fixtures`, to be committed after a change of the generator.

use std::error::Error;
use std::fs::File;
use std::path::Path;

use rstage::synth::{Generator, write_csv, write_parquet};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let generator = Generator::new(3_000, 1)?;
    write_csv(&generator, File::create(folder.join("registry.csv"))?)?;
    write_parquet(&generator, &folder.join("registry.parquet"))?;
    Ok(())
}
