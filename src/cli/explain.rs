//! `rstage explain`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{Write, stdout};

use rstage::audit::{AuditRules, Config};
use rstage::category::Edition;
use rstage::explain::{Asked, explain_case, explain_fields};
use rstage::fields::{Field, FieldsError, MapOptions, Mapping, parse_setting, recognise, recognise_columns};
use rstage::input::{Chunk, discover};
use rstage::knowledge::Rules;
use rstage::pipeline::{case_of, cell_of, key_of, seer_case};
use rstage::seer::Origin;

use super::failure::Failure;
use super::seer::{self, ForAlgorithm};
use super::shared::{Assuming, OwnRules, Reading};

/// Options of `rstage explain`.
#[derive(clap::Args)]
#[command(
    after_help = "Any field can be given as --FIELD VALUE for the common ones below, or as --field FIELD=VALUE.\n\
    Examples:\n  rstage explain --site C62.1 --histology 9061 --t T2 --n N1 --m M1a --s S1 --year 2020\n  \
    rstage explain export.csv --key 12345\n  \
    rstage explain --algorithm eod_public-3.3.zip --input site=C509 --input hist=8500 --input year_dx=2022"
)]
pub(crate) struct Args {
    /// The export that holds the record
    #[arg(value_name = "EXPORT", requires = "key")]
    export: Option<String>,
    /// Key of the record in the export
    #[arg(long, value_name = "KEY", requires = "export")]
    key: Option<String>,
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    own: OwnRules,
    #[command(flatten)]
    assuming: Assuming,
    /// Primary site, C62.1
    #[arg(long, value_name = "CODE")]
    site: Option<String>,
    /// Histology, 9061 or 9061/3
    #[arg(long, value_name = "CODE")]
    histology: Option<String>,
    /// Behavior
    #[arg(long, value_name = "CODE")]
    behavior: Option<String>,
    /// Sex
    #[arg(long, value_name = "SEX")]
    sex: Option<String>,
    /// Age at diagnosis
    #[arg(long, value_name = "YEARS")]
    age: Option<String>,
    /// Year of diagnosis
    #[arg(long, value_name = "YEAR")]
    year: Option<String>,
    /// T, N and M, with their prefixes if they have any
    #[arg(long, value_name = "T")]
    t: Option<String>,
    /// N
    #[arg(long, value_name = "N")]
    n: Option<String>,
    /// M
    #[arg(long, value_name = "M")]
    m: Option<String>,
    /// Serum tumor marker category
    #[arg(long, value_name = "S")]
    s: Option<String>,
    /// PSA before treatment, ng/mL
    #[arg(long, value_name = "PSA")]
    psa: Option<String>,
    /// Grade
    #[arg(long, value_name = "GRADE")]
    grade: Option<String>,
    /// Recorded stage group
    #[arg(long, value_name = "GROUP")]
    group: Option<String>,
    /// Also stage the record under this edition; may be given several times, or as 7,8
    #[arg(long, value_name = "EDITION", value_delimiter = ',', value_parser = clap::value_parser!(u8).range(6..=9))]
    also_edition: Vec<u8>,
    /// Any other field, such as `path_t=pT2` or `r_m=rM1`
    #[arg(long = "field", value_name = "FIELD=VALUE")]
    fields: Vec<String>,
    #[command(flatten)]
    for_algorithm: ForAlgorithm,
}

impl Args {
    /// The fields given as options, with their texts.
    fn given(&self) -> Result<BTreeMap<Field, String>, Failure> {
        let named = [
            (Field::Site, &self.site),
            (Field::Histology, &self.histology),
            (Field::Behavior, &self.behavior),
            (Field::Sex, &self.sex),
            (Field::Age, &self.age),
            (Field::DxYear, &self.year),
            (Field::T, &self.t),
            (Field::N, &self.n),
            (Field::M, &self.m),
            (Field::SCategory, &self.s),
            (Field::Psa, &self.psa),
            (Field::Grade, &self.grade),
            (Field::StageGroup, &self.group),
        ];
        let mut given: BTreeMap<Field, String> =
            named.into_iter().filter_map(|(field, text)| Some((field, text.clone()?))).collect();
        for setting in &self.fields {
            let (field, text) =
                parse_setting(setting).map_err(|error| Failure::Usage(format!("--field: {error}")))?;
            given.insert(field, text);
        }
        Ok(given)
    }
}

/// Runs it; the exit status.
pub(crate) fn main(args: &Args) -> Result<u8, Failure> {
    if let Some(file) = &args.for_algorithm.algorithm {
        let Some((export, key)) = args.export.as_ref().zip(args.key.as_ref()) else {
            let given = args.for_algorithm.given()?;
            return seer::explain(file, &args.for_algorithm, |_| Ok((given, Origin::Cases)));
        };
        return seer::explain(file, &args.for_algorithm, |algorithm| {
            let found = find(args, export, key, |headers, map| Ok(recognise_columns(headers, map)?.0))?;
            let case = seer_case(algorithm, &found.header, &found.mapping, &found.chunk, found.row);
            Ok((case, Origin::Table))
        });
    }
    let own = args.own.read()?;
    let rules = match &own {
        Some(rules) => rules,
        None => Rules::builtin()?,
    };
    let config = Config::default();
    let also: Vec<Edition> = args.also_edition.iter().map(|&edition| Edition(edition)).collect();
    let asked = Asked { rules, config: &config, policy: args.assuming.policy(), also: &also };
    let text = if let (Some(export), Some(key)) = (&args.export, &args.key) {
        let Found { chunk, mapping, row, .. } = find(args, export, key, recognise)?;
        let mut audit_rules = AuditRules::configured(&config)?;
        audit_rules.mute_absent(&config, |field| !mapping.sources(field).is_empty());
        let case = case_of(&chunk, &mapping, row);
        let cell = |field| cell_of(&chunk, &mapping, field, row).map(Cow::into_owned);
        explain_case(asked, &audit_rules, &case, &cell)
    } else {
        let given = args.given()?;
        if given.is_empty() {
            let hint =
                "nothing to explain\nhint: give an export and --key, or at least --site and --histology";
            return Err(Failure::Usage(hint.to_owned()));
        }
        explain_fields(asked, &given)?
    };
    write!(stdout().lock(), "{text}")?;
    Ok(0)
}

/// A record of an export.
struct Found {
    header: Vec<String>,
    mapping: Mapping,
    chunk: Chunk,
    row: usize,
}

/// The record of a key, in a file whose columns are told by `recognise`.
fn find(
    args: &Args,
    export: &str,
    key: &str,
    recognise: impl Fn(&[String], &MapOptions) -> Result<Mapping, FieldsError>,
) -> Result<Found, Failure> {
    let options = args.reading.options();
    let map = args.reading.mapping()?;
    for file in discover(&[export.to_owned()], &options)? {
        let place = file.path.display().to_string();
        let mapping = recognise(&file.header, &map).map_err(|source| Failure::Fields { place, source })?;
        for chunk in file.open(&options)? {
            let chunk = chunk?;
            if let Some(row) = (0..chunk.rows()).find(|row| key_of(&chunk, &mapping, *row) == key) {
                return Ok(Found { header: file.header, mapping, chunk, row });
            }
        }
    }
    Err(Failure::Record(format!(
        "{export}: no record has the key {key:?}\nhint: the key is the tumor_key column, or registry, patient and tumor number joined by /"
    )))
}
