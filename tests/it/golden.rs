//! Recorded answers of SEER's algorithms: how they are read, how a factor of theirs becomes ours, and the
//! account of what agrees, what differs as listed, and what is not compared.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use rstage::category::{Cell, Recorded, StageGroup, parse};
use rstage::fields::{Coding, Field};
use rstage::staging::{Basis, Case, Outcome};
use serde_json::Value;

use crate::support::{Row, embedded, takes};

const FACTORS: &str = include_str!("golden_factors.csv");

/// One recorded case.
pub(crate) struct Golden(pub(crate) Value);

impl Golden {
    /// The cases of a file.
    pub(crate) fn all(path: &Path) -> impl Iterator<Item = Self> {
        let file = std::fs::File::open(path).unwrap();
        BufReader::new(flate2::read::GzDecoder::new(file))
            .lines()
            .map(|line| Self(serde_json::from_str(&line.unwrap()).unwrap()))
    }

    pub(crate) fn input(&self, key: &str) -> &str {
        self.text("input", key)
    }

    pub(crate) fn output(&self, key: &str) -> &str {
        self.text("output", key)
    }

    pub(crate) fn schema(&self) -> &str {
        self.0["schema_id"].as_str().unwrap_or_default()
    }

    pub(crate) fn is_staged(&self) -> bool {
        self.0["result"] == "STAGED"
    }

    fn text(&self, part: &str, key: &str) -> &str {
        self.0[part].get(key).and_then(Value::as_str).unwrap_or_default().trim()
    }

    /// S of the testis from the three markers after orchiectomy, where their codes are plain ranges.
    pub(crate) fn s_category(&self) -> Option<&'static str> {
        let codes = ["ssf13", "ssf15", "ssf16"].map(|key| match self.input(key) {
            "" => "999",
            code => code,
        });
        if codes == ["999"; 3] {
            return Some("SX");
        }
        let classes = codes.map(|code| ["000", "010", "020", "030"].iter().position(|known| *known == code));
        let highest = classes.into_iter().collect::<Option<Vec<usize>>>()?.into_iter().max()?;
        Some(["S0", "S1", "S2", "S3"][highest])
    }

    /// Why the factors of the case cannot be told here.
    pub(crate) fn untold(&self) -> Option<&'static str> {
        match self.schema() {
            "bone" | "esophagus" | "esophagus_gejunction" | "thyroid"
                if matches!(self.input("grade"), "5" | "6" | "7" | "8") =>
            {
                Some("a cell type of lymphoma or leukemia as the grade")
            }
            "testis" if self.s_category().is_none() => Some("testis: a marker without a plain range"),
            "gist_peritoneum" if self.input("ssf10") == "020" => {
                Some("gist_peritoneum: omentum told by an item that is no field here")
            }
            _ => None,
        }
    }
}

/// What selects the schema, and the factors.
pub(crate) struct Factors(Vec<Row>);

impl Factors {
    pub(crate) fn new() -> Self {
        Self(embedded(FACTORS))
    }

    /// The case without its categories.
    pub(crate) fn case(&self, golden: &Golden, edition: u8, basis: Basis) -> Case {
        let mut case = Case::default();
        let mut put = |field: Field, text: &str| case.put(field, parse(field, Coding::Plain, text));
        put(Field::Edition, &edition.to_string());
        for (input, field) in [
            ("site", Field::Site),
            ("hist", Field::Histology),
            ("sex_at_birth", Field::Sex),
            ("ssf25", Field::Ssf25),
        ] {
            put(field, golden.input(input));
        }
        let listed =
            |row: &Row, column: &str, wanted: &str| row[column].split(' ').any(|known| known == wanted);
        let own = |row: &&Row| {
            let other = match row["field"].as_str() {
                "gleason_clin" => basis != Basis::Clinical,
                "gleason_path" => basis != Basis::Pathologic,
                _ => false,
            };
            let edition = row["edition"] == "any" || listed(row, "edition", &edition.to_string());
            !other && edition && listed(row, "schema", golden.schema())
        };
        // The engine takes a factor that is not given for one recorded as unknown.
        for row in self.0.iter().filter(own) {
            put(Field::from_id(&row["field"]).unwrap(), "unknown");
        }
        for row in self.0.iter().filter(own) {
            let code = golden.input(&row["input"]);
            if !contains(&row["codes"], code) {
                continue;
            }
            let value = match row["value"].as_str() {
                "=" => code.to_owned(),
                "/10" => format!("{}", code.parse::<f64>().unwrap() / 10.0),
                value => value.to_owned(),
            };
            put(Field::from_id(&row["field"]).unwrap(), &value);
        }
        if golden.schema() == "testis" {
            put(Field::SCategory, golden.s_category().unwrap_or_default());
        }
        case
    }
}

fn contains(list: &str, code: &str) -> bool {
    list.split(' ').any(|part| match part.split_once('-') {
        Some((low, high)) => {
            let number = |text: &str| text.parse::<u32>().ok();
            number(code).is_some_and(|code| (number(low)..=number(high)).contains(&Some(code)))
        }
        None => part == code,
    })
}

/// What an algorithm answered.
#[derive(Clone, Copy)]
pub(crate) enum Answer {
    /// The chapter has no groups.
    NotApplicable,
    /// Unknown, or no such combination.
    NoGroup,
    /// A group.
    Group(StageGroup),
}

impl Answer {
    /// Whether it and ours say the same: the same group, or both none; a group of the algorithm without its
    /// letter is our open letter.
    fn is(self, ours: Outcome) -> bool {
        match (self, ours) {
            (Self::NotApplicable, ours) => matches!(ours, Outcome::NotApplicable(_)),
            (Self::NoGroup, ours) => {
                matches!(ours, Outcome::Open { stage: None, .. } | Outcome::Unknown(_))
            }
            (Self::Group(theirs), Outcome::Group(ours)) => ours == theirs,
            (Self::Group(theirs), Outcome::Open { low, high, stage: Some(stage), .. }) => {
                let whole = |group: StageGroup| group.label().starts_with(theirs.label());
                stage == theirs.stage() && whole(low) && whole(high)
            }
            (Self::Group(_), _) => false,
        }
    }
}

fn show(outcome: Outcome) -> String {
    match outcome {
        Outcome::Group(group) => group.label().to_owned(),
        Outcome::Open { low, high, .. } => format!("{}..{}", low.label(), high.label()),
        Outcome::NotApplicable(cause) | Outcome::Unknown(cause) => cause.id().to_owned(),
    }
}

/// A recorded group in the coding of an item.
pub(crate) fn group(coding: Coding, code: &str) -> Cell<StageGroup> {
    match parse(Field::ClinGroup, coding, code) {
        rstage::category::Parsed::Group(Recorded { cell, .. }) => cell,
        other => panic!("{code}: {other:?}"),
    }
}

#[derive(Default)]
struct Figures {
    compared: u64,
    agree: u64,
    without_group: u64,
    listed: u64,
}

impl Figures {
    fn line(&self, name: &str) -> String {
        let Self { compared, agree, without_group, listed } = self;
        format!("{name:<32} {compared:>8} {agree:>8} {without_group:>14} {listed:>7}")
    }
}

/// The account of one comparison. Its list of differences names every one that may occur.
pub(crate) struct Account {
    listed: Vec<Row>,
    occurred: BTreeSet<usize>,
    unlisted: BTreeMap<String, u64>,
    not_compared: BTreeMap<&'static str, u64>,
    by_schema: BTreeMap<String, Figures>,
}

impl Account {
    pub(crate) fn new(differences: &str) -> Self {
        Self {
            listed: embedded(differences),
            occurred: BTreeSet::new(),
            unlisted: BTreeMap::new(),
            not_compared: BTreeMap::new(),
            by_schema: BTreeMap::new(),
        }
    }

    pub(crate) fn skip(&mut self, why: &'static str) {
        *self.not_compared.entry(why).or_default() += 1;
    }

    /// Compares an answer with ours. `what` describes the case in the columns of the list, but for schema,
    /// histology and answers; `code` is the answer as the algorithm writes it.
    pub(crate) fn compare(
        &mut self,
        golden: &Golden,
        what: &[(&str, &str)],
        (answer, code): (Answer, &str),
        ours: Outcome,
    ) {
        let figures = self.by_schema.entry(golden.schema().to_owned()).or_default();
        figures.compared += 1;
        if answer.is(ours) {
            figures.agree += 1;
            figures.without_group += u64::from(ours.group().is_none());
            return;
        }
        let ours = show(ours);
        let own =
            [("schema", golden.schema()), ("hist", golden.input("hist")), ("engine", code), ("ours", &ours)];
        let difference: Row = what
            .iter()
            .chain(&own)
            .map(|(column, value)| ((*column).to_owned(), (*value).to_owned()))
            .collect();
        let matching: Vec<usize> =
            (0..self.listed.len()).filter(|&row| takes(&self.listed[row], &difference)).collect();
        if matching.is_empty() {
            let columns: Vec<&str> =
                what.iter().chain(&own).map(|(column, _)| difference[*column].as_str()).collect();
            *self.unlisted.entry(columns.join(",")).or_default() += 1;
        } else {
            figures.listed += 1;
            self.occurred.extend(matching);
        }
    }

    /// Prints the account; fails where a difference is not listed, or a listed one is gone.
    pub(crate) fn close(self, at_least: u64) {
        let mut out = format!(
            "{:<32} {:>8} {:>8} {:>14} {:>7}\n",
            "schema", "compared", "agree", "without group", "listed"
        );
        let mut sum = Figures::default();
        for (schema, figures) in &self.by_schema {
            let _ = writeln!(out, "{}", figures.line(schema));
            sum.compared += figures.compared;
            sum.agree += figures.agree;
            sum.without_group += figures.without_group;
            sum.listed += figures.listed;
        }
        let share = sum.agree as f64 / sum.compared as f64 * 100.0;
        let _ = writeln!(out, "{}\n{share:.2} % agree", sum.line("all"));
        for (why, times) in &self.not_compared {
            let _ = writeln!(out, "{times} not compared: {why}");
        }
        for (what, times) in &self.unlisted {
            let _ = writeln!(out, "{times} differ, not listed: {what}");
        }
        println!("{out}");
        assert!(self.unlisted.is_empty(), "{} kinds of differences are not listed", self.unlisted.len());
        let gone: Vec<&Row> = (0..self.listed.len())
            .filter(|row| !self.occurred.contains(row))
            .map(|row| &self.listed[row])
            .collect();
        assert!(gone.is_empty(), "listed, but gone: {gone:?}");
        assert!(sum.compared >= at_least, "{} answers compared", sum.compared);
    }
}
