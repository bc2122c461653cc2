//! Somebody with all published tables, and nothing else, who works out what is hidden.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::support::{Table, Work};

/// A table that counts every record (or every finding) once: the label that tells its copies apart, the rows that
/// count others once more, and the labels of what it is a share of.
struct Whole {
    name: &'static str,
    apart: &'static str,
    again: &'static str,
    by: &'static [&'static str],
}

impl Whole {
    /// What it counts.
    fn population(&self) -> &'static str {
        match self.name {
            name if name.starts_with("findings") => "findings",
            name if name.starts_with("restaging") => "restaged",
            _ => "records",
        }
    }
}

const fn whole(
    name: &'static str,
    apart: &'static str,
    again: &'static str,
    by: &'static [&'static str],
) -> Whole {
    Whole { name, apart, again, by }
}

const TABLES: [Whole; 16] = [
    whole("stage_by_year", "source", "", &["schema", "year"]),
    whole("stage_by_age", "source", "", &["schema", "sex", "age_band"]),
    whole("agreement", "", "", &["schema", "edition"]),
    whole("agreement_summary", "", "same_stage", &["schema", "edition"]),
    whole("agreement_by_facility", "", "same_stage", &["facility", "year"]),
    whole("metastatic_origin", "", "", &["schema", "year"]),
    whole("oligometastasis", "", "", &["schema", "profile"]),
    whole("estro_state", "", "", &["schema"]),
    whole("restaging", "", "", &["schema"]),
    whole("restaging_interval", "", "", &["schema", "change"]),
    whole("restaging_by_recurrence", "", "", &["schema"]),
    whole("mets_pattern", "", "", &["schema"]),
    whole("completeness", "field", "", &["field", "year"]),
    whole("findings", "", "", &[]),
    whole("findings_by_facility", "", "", &[]),
    whole("findings_by_rule", "", "", &[]),
];

/// Sums that stand in the key figures: table, label, and its values.
const SUMS: [(&str, &str, &str, &[&str]); 6] = [
    (
        "derived_stage_known",
        "stage_by_year derived",
        "derived_stage",
        &["0", "I", "II", "III", "IV", "occult", "pooled"],
    ),
    (
        "recorded_stage_known",
        "stage_by_year recorded",
        "recorded_stage",
        &["0", "I", "II", "III", "IV", "occult"],
    ),
    ("same_group", "agreement ", "agreement", &["exact"]),
    ("same_stage", "agreement ", "agreement", &["exact", "substage"]),
    ("de_novo_metastatic", "metastatic_origin ", "origin", &["de_novo"]),
    ("oligometastatic_at_least", "oligometastasis ", "level", &["confirmed", "probable"]),
];

/// Rows that are sums of others: table, label and its value, the other table, and values that are summed.
const PARTS: &[(&str, &str, &str, &str, &[&str])] = &[
    ("agreement_summary", "agreement", "same_stage", "agreement_summary ", &["exact", "substage"]),
    ("agreement_by_facility", "agreement", "same_stage", "agreement_by_facility ", &["exact", "substage"]),
    ("oligometastasis_bounds", "bound", "lower", "oligometastasis ", &["confirmed", "probable"]),
    (
        "oligometastasis_bounds",
        "bound",
        "upper",
        "oligometastasis ",
        &["confirmed", "probable", "possible", "possible_weak"],
    ),
];

/// Levels of metastatic records.
const GRADED: [&str; 7] = [
    "confirmed",
    "probable",
    "possible",
    "possible_weak",
    "excluded_poly",
    "excluded_diffuse",
    "not_assessable",
];

/// Names of what is hidden.
#[derive(Default)]
pub(crate) struct Published {
    pub(crate) names: Vec<String>,
    places: HashMap<String, usize>,
    /// Hidden numbers with their signs, and what is known of their sum.
    equations: Vec<(BTreeMap<usize, i64>, i64)>,
}

/// One copy of a table: labels, then the number where it is shown.
struct Copy {
    name: String,
    population: &'static str,
    rows: Vec<(BTreeMap<String, String>, Option<u64>)>,
}

impl Published {
    /// Takes in that a sum of numbers, each with its sign and shown or not, is 0.
    pub(crate) fn sum(&mut self, parts: &[(i64, &str, Option<u64>)]) {
        let mut unknown = BTreeMap::new();
        let mut known = 0;
        for (sign, name, n) in parts {
            if let Some(n) = n {
                known -= sign * i64::try_from(*n).unwrap();
                continue;
            }
            let at = *self.places.entry((*name).to_owned()).or_insert_with(|| {
                self.names.push((*name).to_owned());
                self.names.len() - 1
            });
            *unknown.entry(at).or_default() += sign;
        }
        unknown.retain(|_, sign| *sign != 0);
        if unknown.is_empty() {
            assert_eq!(known, 0, "the tables contradict each other: {parts:?}");
        } else {
            self.equations.push((unknown, known));
        }
    }

    /// Numbers that the equations fix, by elimination modulo a prime.
    fn eliminate(&self) -> BTreeSet<usize> {
        const PRIME: i128 = 2_147_483_647;
        let inverse = |value: i128| {
            let (mut result, mut base, mut power) = (1, value, PRIME - 2);
            while power > 0 {
                if power & 1 == 1 {
                    result = result * base % PRIME;
                }
                base = base * base % PRIME;
                power >>= 1;
            }
            result
        };
        let mut solved: BTreeMap<usize, BTreeMap<usize, i128>> = BTreeMap::new();
        for (unknown, _) in &self.equations {
            let mut row: BTreeMap<usize, i128> =
                unknown.iter().map(|(&at, &sign)| (at, i128::from(sign).rem_euclid(PRIME))).collect();
            // Every pivot that the row holds goes; rows of pivots hold no other pivot.
            let pivots: Vec<usize> = row.keys().copied().filter(|at| solved.contains_key(at)).collect();
            for pivot in pivots {
                subtract(&mut row, &solved[&pivot], pivot, PRIME);
            }
            let Some((&pivot, &value)) = row.iter().next() else { continue };
            let factor = inverse(value);
            for value in row.values_mut() {
                *value = *value * factor % PRIME;
            }
            for other in solved.values_mut() {
                if other.contains_key(&pivot) {
                    subtract(other, &row, pivot, PRIME);
                }
            }
            solved.insert(pivot, row);
        }
        solved.into_iter().filter(|(_, row)| row.len() == 1).map(|(pivot, _)| pivot).collect()
    }

    /// Numbers whose bounds meet, where each is at least 0 and no more than its sums leave for it.
    fn bound(&self) -> BTreeSet<usize> {
        let mut bounds = vec![(0_i64, 1_000_000_i64); self.names.len()];
        for _ in 0..100 {
            let before = bounds.clone();
            for (unknown, known) in &self.equations {
                for (&at, &sign) in unknown {
                    let others = unknown.iter().filter(|(other, _)| **other != at);
                    let (low, high) = others.fold((0, 0), |(low, high), (&other, &sign)| {
                        let (a, b) = (sign * bounds[other].0, sign * bounds[other].1);
                        (low + a.min(b), high + a.max(b))
                    });
                    let (a, b) = ((known - high) * sign, (known - low) * sign);
                    let own = &mut bounds[at];
                    *own = (own.0.max(a.min(b)), own.1.min(a.max(b)));
                    assert!(
                        own.0 <= own.1,
                        "{} has no value: {known} = {:?}",
                        self.names[at],
                        unknown.iter().map(|(&at, sign)| (sign, &self.names[at])).collect::<Vec<_>>()
                    );
                }
            }
            if before == bounds {
                break;
            }
        }
        bounds.iter().enumerate().filter(|(_, (low, high))| low == high).map(|(at, _)| at).collect()
    }

    /// The hidden numbers that can be told exactly.
    pub(crate) fn recovered(&self) -> Vec<&str> {
        let all: BTreeSet<usize> = self.eliminate().union(&self.bound()).copied().collect();
        all.into_iter().map(|at| self.names[at].as_str()).collect()
    }
}

fn subtract(row: &mut BTreeMap<usize, i128>, other: &BTreeMap<usize, i128>, pivot: usize, prime: i128) {
    let Some(factor) = row.get(&pivot).copied() else { return };
    for (&at, &value) in other {
        let own = row.entry(at).or_default();
        *own = (*own - factor * value).rem_euclid(prime);
    }
    row.retain(|_, value| *value != 0);
}

/// Every equation that the published tables allow; `few` says what is hidden besides.
pub(crate) fn publish(work: &Work, out: &str, few: impl Fn(u64) -> bool) -> Published {
    let mut published = Published::default();
    let mut copies = BTreeMap::<String, Copy>::new();
    let number = |text: &str| text.parse::<u64>().ok().filter(|&n| !few(n));
    for whole in &TABLES {
        let table = Table::read(&work.path(out).join("summary").join(format!("{}.csv", whole.name)));
        let labels: Vec<&String> = table.header.iter().take_while(|name| *name != "n").collect();
        let findings = whole.name.starts_with("findings");
        let mut strata = BTreeMap::<(String, Vec<String>), Vec<(String, Option<u64>)>>::new();
        for row in 0..table.rows.len() {
            let cell = |label: &str| table.cell(row, label).to_owned();
            if !whole.again.is_empty() && cell("agreement") == whole.again {
                continue;
            }
            let apart = if whole.apart.is_empty() { String::new() } else { cell(whole.apart) };
            let name = format!("{} {apart}", whole.name);
            let mut own: BTreeMap<String, String> =
                labels.iter().map(|label| ((*label).clone(), cell(label))).collect();
            // Labels that mean the same have the same name, others have not.
            own.remove("source");
            if let Some(stage) = own.remove("stage") {
                own.insert(format!("{apart}_stage"), stage);
            }
            if let Some(field) = own.remove("field") {
                let state = own.remove("state").unwrap();
                own.insert(format!("{field}_state"), state);
            }
            for label in ["recorded", "derived"] {
                if let Some(group) = own.get(label) {
                    own.insert(format!("{label}_stage"), stage_of(group).to_owned());
                }
            }
            let n = number(&cell("n"));
            if !findings {
                let values: Vec<String> = whole.by.iter().map(|label| cell(label)).collect();
                let of = format!("{:?}", whole.by.iter().zip(&values).collect::<Vec<_>>());
                let of_some =
                    ["_summary", "_by_facility", "restaging"].iter().any(|part| whole.name.contains(part));
                let of = if of_some { format!("{} of {of}", whole.name) } else { of };
                let stratum = strata.entry((name.clone(), values)).or_insert_with(|| {
                    let denominator = number(&cell("denominator"));
                    vec![(of, denominator)]
                });
                stratum.push((format!("{name} {own:?}"), n));
            }
            let population = whole.population();
            let copy = copies.entry(name.clone()).or_insert(Copy { name, population, rows: Vec::new() });
            copy.rows.push((own, n));
        }
        for stratum in strata.into_values() {
            let sign = |at| if at == 0 { -1 } else { 1 };
            let parts = stratum.iter().enumerate().map(|(at, (name, n))| (sign(at), name.as_str(), *n));
            published.sum(&parts.collect::<Vec<_>>());
        }
    }
    let figures = Table::read(&work.path(out).join("summary/key_figures.csv"));
    for row in 0..figures.rows.len() {
        let (measure, n) = (figures.cell(row, "measure"), number(figures.cell(row, "n")));
        let Some((_, table, label, values)) = SUMS.iter().find(|sum| sum.0 == measure) else { continue };
        let Some(copy) = copies.get(*table) else { continue };
        let rows = copy.rows.iter().filter(|(labels, _)| values.contains(&labels[*label].as_str()));
        let names: Vec<(String, Option<u64>)> =
            rows.map(|(labels, n)| (format!("{} {labels:?}", copy.name), *n)).collect();
        let figure = format!("key figure {measure}");
        let mut parts = vec![(-1, figure.as_str(), n)];
        parts.extend(names.iter().map(|(name, n)| (1, name.as_str(), *n)));
        published.sum(&parts);
    }
    for (name, label, row, of, values) in PARTS {
        let table = Table::read(&work.path(out).join("summary").join(format!("{name}.csv")));
        let Some(copy) = copies.get(*of) else { continue };
        let by: Vec<&String> = table.header.iter().take_while(|name| *name != label).collect();
        for at in (0..table.rows.len()).filter(|&at| table.cell(at, label) == *row) {
            let same =
                |labels: &BTreeMap<String, String>| by.iter().all(|by| labels[*by] == table.cell(at, by));
            let rows = copy.rows.iter().filter(|(labels, _)| same(labels));
            let of_values = |column: &str, values: &[&str], sum: &mut Published| {
                let rows = rows.clone().filter(|(labels, _)| {
                    values.iter().any(|value| labels.values().any(|label| label == value))
                });
                let names: Vec<(String, Option<u64>)> =
                    rows.map(|(labels, n)| (format!("{} {labels:?}", copy.name), *n)).collect();
                let whole = format!("{name} {row} {column} {:?}", &table.rows[at][..by.len()]);
                let mut parts = vec![(-1, whole.as_str(), number(table.cell(at, column)))];
                parts.extend(names.iter().map(|(name, n)| (1, name.as_str(), *n)));
                sum.sum(&parts);
            };
            of_values("n", values, &mut published);
            if *label == "bound" {
                of_values("denominator", &GRADED, &mut published);
            }
        }
    }
    let copies: Vec<Copy> = copies.into_values().collect();
    for (at, copy) in copies.iter().enumerate() {
        for other in &copies[at + 1..] {
            link(&mut published, copy, other);
        }
    }
    published
}

/// The stage that a group begins with.
fn stage_of(group: &str) -> &str {
    let roman = group.trim_end_matches(|c: char| c != 'I' && c != 'V');
    match roman {
        "I" | "II" | "III" | "IV" => roman,
        _ if group.starts_with('0') => "0",
        _ => group,
    }
}

/// Two tables of the same records have the same sums by the labels that they share.
fn link(published: &mut Published, copy: &Copy, other: &Copy) {
    if copy.population != other.population {
        return;
    }
    let told = |copy: &Copy, label: &String| {
        copy.rows.iter().any(|(labels, _)| !["", "all"].contains(&labels[label].as_str()))
    };
    let shared: Vec<&String> =
        copy.rows[0].0.keys().filter(|label| other.rows[0].0.contains_key(*label)).collect();
    let shared: Vec<&String> =
        shared.into_iter().filter(|label| told(copy, label) && told(other, label)).collect();
    // Some tables count the records whose stages can be compared; the others tell these by the outcome.
    let compared = |copy: &Copy| ["_summary", "_by_facility"].iter().any(|part| copy.name.contains(part));
    if compared(copy) != compared(other)
        && copy.population == "records"
        && !shared.iter().any(|label| *label == "agreement")
    {
        return;
    }
    // A site that one of them has put together with others is put together in the other one as well.
    let values = |copy: &Copy, label: &str| {
        copy.rows.iter().filter_map(|row| row.0.get(label).cloned()).collect::<BTreeSet<_>>()
    };
    let both: BTreeMap<&str, BTreeSet<String>> = ["schema", "facility"]
        .map(|label| (label, values(copy, label).intersection(&values(other, label)).cloned().collect()))
        .into();
    let mut margins = BTreeMap::<Vec<String>, Vec<(i64, String, Option<u64>)>>::new();
    for (sign, table) in [(1, copy), (-1, other)] {
        for (labels, n) in &table.rows {
            let value = |label: &&String| {
                let apart = both.get(label.as_str()).is_some_and(|both| !both.contains(&labels[*label]));
                if apart { "pooled".to_owned() } else { labels[*label].clone() }
            };
            let part = (sign, format!("{} {labels:?}", table.name), *n);
            margins.entry(shared.iter().map(value).collect()).or_default().push(part);
        }
    }
    for parts in margins.into_values() {
        // What only one of the tables tells of (a field that no input has) is no equation.
        if parts.iter().all(|part| part.0 == parts[0].0) {
            continue;
        }
        let parts: Vec<_> = parts.iter().map(|(sign, name, n)| (*sign, name.as_str(), *n)).collect();
        published.sum(&parts);
    }
}
