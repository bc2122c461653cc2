//! Small cells: which numbers of the tables are hidden so that none below a limit can be read or worked out.
//!
//! Small numbers are hidden, then as many more as it takes. All published numbers are sums over the finest
//! counts, and a reader can add and subtract them across all tables; counts of the same records by the same
//! labels have the same sums in every table, which a reader knows as well. A hidden number can be worked out
//! exactly where every change of the finest counts that leaves all shown numbers as they are leaves it as it
//! is, too. One random such change tells that of every number at once.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Partial;
use super::spec::{Form, Only};
use super::tables::Row;

/// What is too small to be shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct SmallCells {
    /// Numbers of records from 1 up to below this are hidden, and what they could be worked out from.
    pub count: u64,
    /// Percents and rates of fewer records than this are not shown.
    pub rate: u64,
}

/// Rounds of hiding more before everything is hidden.
const MOST_ROUNDS: usize = 200;
/// Attempts to show again what was hidden without need.
const MOST_TRIES: usize = 100;
/// Steps of conjugate gradients; what they have not told apart by then counts as fixed by rounding only.
const MOST_STEPS: usize = 5_000;
/// A number moves with a random change at least as much as this unless it is fixed.
const FIXED: f64 = 1e-5;

/// A number that some table shows: a sum over counts of one cube.
struct Number {
    value: u64,
    atoms: Vec<usize>,
    /// Numbers of the same records, which are hidden together.
    same: usize,
}

/// Numbers that add up to another: the rows of a stratum and what they are a share of.
#[derive(Default)]
struct Stratum {
    whole: usize,
    rows: BTreeSet<usize>,
}

struct Release {
    numbers: Vec<Number>,
    strata: Vec<Stratum>,
    /// Sums that are the same in two cubes: counts on either side.
    links: Vec<(Vec<usize>, Vec<usize>)>,
    atoms: usize,
    /// By `Number::same`.
    hidden: Vec<bool>,
    /// Hidden numbers that must not be worked out, by `Number::same`; the others are hidden for their sake.
    secret: Vec<bool>,
    /// The number of all records, which is never hidden.
    all: Option<usize>,
}

/// Hides what is to be hidden in the rows of all tables.
pub(super) fn hide(tables: &mut [(&Form, Vec<Row>)], partial: &Partial, small: SmallCells) {
    for (form, rows) in tables.iter_mut() {
        if form.detail {
            rows.clear();
        }
    }
    let mut builder = Builder::new(partial);
    let ids: Vec<Vec<(usize, usize)>> =
        tables.iter().map(|(form, rows)| rows.iter().map(|row| builder.row(form, row)).collect()).collect();
    let mut release = builder.finish();
    release.protect(small.count);
    for ((_, rows), ids) in tables.iter_mut().zip(ids) {
        for (row, (n, whole)) in rows.iter_mut().zip(ids) {
            let (hide_n, hide_whole) = (release.is_hidden(n), release.is_hidden(whole));
            row.few = row.n.is_some_and(|n| n > 0 && n < small.rate);
            row.hidden = hide_n || hide_whole;
            if hide_n {
                row.n = None;
            }
            if hide_whole {
                row.denominator = None;
            }
        }
    }
}

impl Release {
    fn is_hidden(&self, number: usize) -> bool {
        self.numbers.get(number).is_some_and(|number| self.hidden[number.same])
    }

    fn hide(&mut self, number: usize) {
        let same = self.numbers[number].same;
        if self.all.is_none_or(|all| self.numbers[all].same != same) {
            self.hidden[same] = true;
        }
    }

    fn protect(&mut self, least: u64) {
        for at in 0..self.numbers.len() {
            if (1..least).contains(&self.numbers[at].value) {
                self.hide_secret(at);
            }
        }
        for _ in 0..MOST_ROUNDS {
            self.hide_remainders(least);
            let fixed = self.fixed_secrets();
            if fixed.is_empty() {
                self.show_again(least);
                return;
            }
            for number in fixed {
                self.hide_more(number);
            }
        }
        for at in 0..self.numbers.len() {
            self.hide(at);
        }
    }

    fn fixed_secrets(&self) -> Vec<usize> {
        let secret = |at: &usize| self.secret[self.numbers[*at].same];
        self.fixed().into_iter().filter(secret).collect()
    }

    /// Shows again what was hidden without need, the largest first, as many at a time as keep all secrets.
    fn show_again(&mut self, least: u64) {
        let mut seen = BTreeSet::new();
        let mut hidden: Vec<usize> = (0..self.numbers.len())
            .filter(|&at| {
                let same = self.numbers[at].same;
                self.hidden[same] && !self.secret[same] && seen.insert(same)
            })
            .collect();
        hidden.sort_by_key(|&at| (std::cmp::Reverse(self.numbers[at].value), at));
        let mut waiting: Vec<Vec<usize>> = vec![hidden];
        for _ in 0..MOST_TRIES {
            let Some(some) = waiting.pop() else { return };
            self.set_hidden(&some, false);
            if self.small_remainders(least).is_empty() && self.fixed_secrets().is_empty() {
                continue;
            }
            self.set_hidden(&some, true);
            if some.len() > 1 {
                let (larger, smaller) = some.split_at(some.len() / 2);
                waiting.extend([smaller.to_vec(), larger.to_vec()]);
            }
        }
    }

    fn set_hidden(&mut self, numbers: &[usize], hidden: bool) {
        for &at in numbers {
            self.hidden[self.numbers[at].same] = hidden;
        }
    }

    fn hide_secret(&mut self, number: usize) {
        self.hide(number);
        let same = self.numbers[number].same;
        self.secret[same] = self.hidden[same];
    }

    /// Hides what it takes that no remainder is small.
    fn hide_remainders(&mut self, least: u64) {
        loop {
            let more = self.small_remainders(least);
            let before = self.hidden.iter().filter(|hidden| **hidden).count();
            for number in more {
                self.hide_secret(number);
            }
            if self.hidden.iter().filter(|hidden| **hidden).count() == before {
                return;
            }
        }
    }

    /// What the shown rows of a stratum leave of a shown whole is a number, too: where it is small, the row to
    /// hide besides.
    fn small_remainders(&self, least: u64) -> Vec<usize> {
        let of = |stratum: &Stratum| {
            if self.is_hidden(stratum.whole) {
                return None;
            }
            let shown = || stratum.rows.iter().filter(|&&row| !self.is_hidden(row));
            let sum: u64 = shown().map(|&row| self.numbers[row].value).sum();
            let rest = self.numbers[stratum.whole].value.saturating_sub(sum);
            (1..least).contains(&rest).then(|| self.smallest(shown()).unwrap_or(stratum.whole))
        };
        self.strata.iter().filter_map(of).collect()
    }

    /// The smallest shown number that is not 0.
    fn smallest<'a>(&self, numbers: impl Iterator<Item = &'a usize>) -> Option<usize> {
        let candidates = numbers.filter(|&&at| {
            !self.is_hidden(at)
                && self.numbers[at].value > 0
                && self.all.is_none_or(|all| self.numbers[all].same != self.numbers[at].same)
        });
        candidates.min_by_key(|&&at| (self.numbers[at].value, at)).copied()
    }

    /// Hides one more number beside a hidden one that is fixed by those shown.
    fn hide_more(&mut self, fixed: usize) {
        let same = self.numbers[fixed].same;
        let is_it = |at: &usize| self.numbers[*at].same == same;
        let mut more = Vec::new();
        for stratum in &self.strata {
            let hidden = stratum.rows.iter().filter(|&&row| self.is_hidden(row)).count();
            let alone = (is_it(&stratum.whole) && hidden == 0)
                || (stratum.rows.iter().any(is_it) && hidden < 2 && !self.is_hidden(stratum.whole));
            if alone {
                more.extend(
                    self.smallest(stratum.rows.iter())
                        .or_else(|| self.smallest([&stratum.whole].into_iter())),
                );
            }
        }
        if more.is_empty() {
            // All of them, for it can often be worked out in more than one way.
            more = self.behind(fixed);
            more.retain(|&at| self.numbers[at].value > 0);
        }
        for number in more {
            self.hide(number);
        }
    }

    /// Hidden numbers that those shown fix.
    fn fixed(&self) -> Vec<usize> {
        let change = self.change();
        let moves = |number: &Number| {
            let sum: f64 = number.atoms.iter().map(|&atom| change[atom]).sum();
            sum.abs() / (number.atoms.len() as f64).sqrt().max(1.0)
        };
        let mut seen = BTreeSet::new();
        let fixed = (0..self.numbers.len()).filter(|&at| {
            let number = &self.numbers[at];
            self.is_hidden(at) && number.value > 0 && moves(number) < FIXED && seen.insert(number.same)
        });
        fixed.collect()
    }

    /// A random change of the counts that no shown number and no link between cubes notices: the part of a
    /// random vector that is orthogonal to all of them.
    fn change(&self) -> Vec<f64> {
        Shown::new(self).apart(random(self.atoms)).0
    }

    /// The shown numbers that a fixed number can be worked out from.
    fn behind(&self, fixed: usize) -> Vec<usize> {
        let shown = Shown::new(self);
        let mut sum = vec![0.0; self.atoms];
        for &atom in &self.numbers[fixed].atoms {
            sum[atom] = 1.0;
        }
        let (_, weights) = shown.apart(sum);
        shown
            .numbers
            .iter()
            .zip(weights)
            .filter(|(_, weight)| weight.abs() > FIXED)
            .map(|(&at, _)| at)
            .collect()
    }
}

/// What is known of the counts: sums of them, each of length 1.
struct Shown {
    /// The shown numbers, whose sums come first; those of the links follow.
    numbers: Vec<usize>,
    rows: Vec<Vec<(usize, f64)>>,
}

impl Shown {
    fn new(release: &Release) -> Self {
        let numbers: Vec<usize> = (0..release.numbers.len()).filter(|&at| !release.is_hidden(at)).collect();
        let signed =
            |atoms: &[usize], sign: f64| atoms.iter().map(move |&atom| (atom, sign)).collect::<Vec<_>>();
        let sums = numbers.iter().map(|&at| signed(&release.numbers[at].atoms, 1.0));
        let links =
            release.links.iter().map(|(left, right)| [signed(left, 1.0), signed(right, -1.0)].concat());
        let mut rows: Vec<_> = sums.chain(links).collect();
        for row in &mut rows {
            let norm = (row.len() as f64).sqrt().max(1.0);
            for (_, value) in row.iter_mut() {
                *value /= norm;
            }
        }
        Self { numbers, rows }
    }

    /// The part of a vector that is orthogonal to all rows, and the weights of the rows in the rest of it, by
    /// conjugate gradients on the normal equations (Hestenes and Stiefel 1952).
    fn apart(&self, vector: Vec<f64>) -> (Vec<f64>, Vec<f64>) {
        let norm = |vector: &[f64]| vector.iter().map(|value| value * value).sum::<f64>();
        let mut rest = vector;
        let mut weights = vec![0.0; self.rows.len()];
        let mut seen = self.apply(&rest);
        let mut step = seen.clone();
        let mut size = norm(&seen);
        let enough = size * 1e-22;
        for _ in 0..MOST_STEPS {
            if size <= enough || size == 0.0 {
                break;
            }
            let direction = self.back(&step, rest.len());
            let length = size / norm(&direction).max(f64::MIN_POSITIVE);
            rest.iter_mut().zip(&direction).for_each(|(value, along)| *value -= length * along);
            weights.iter_mut().zip(&step).for_each(|(weight, along)| *weight += length * along);
            seen = self.apply(&rest);
            let next = norm(&seen);
            step.iter_mut().zip(&seen).for_each(|(old, new)| *old = new + next / size * *old);
            size = next;
        }
        (rest, weights)
    }

    fn apply(&self, vector: &[f64]) -> Vec<f64> {
        self.rows.iter().map(|row| row.iter().map(|&(atom, value)| value * vector[atom]).sum()).collect()
    }

    fn back(&self, weights: &[f64], atoms: usize) -> Vec<f64> {
        let mut vector = vec![0.0; atoms];
        for (row, weight) in self.rows.iter().zip(weights) {
            for &(atom, value) in row {
                vector[atom] += value * weight;
            }
        }
        vector
    }
}

/// Numbers between -1 and 1, the same in every run (Steele, Lea and Flood 2014, `SplitMix`).
fn random(count: usize) -> Vec<f64> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut word = state;
        word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (word >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    };
    (0..count).map(|_| next() + 0.0).collect()
}

/// A count by its labels.
type Atom<'a> = (usize, Labels<'a>, u64);
/// Labels of a cube, what of it counts, and by which labels it is summed.
type View = (String, Vec<String>, Only);

/// Labels of a count by their names.
type Labels<'a> = BTreeMap<&'a str, &'a str>;

/// Gathers the numbers of the tables.
struct Builder<'a> {
    partial: &'a Partial,
    atoms: BTreeMap<&'a str, Vec<Atom<'a>>>,
    count: usize,
    /// Sums of a cube by labels: number by the values.
    views: HashMap<View, HashMap<Vec<String>, usize>>,
    numbers: Vec<Number>,
    same: HashMap<String, usize>,
    strata: BTreeMap<(String, usize, usize), Stratum>,
}

/// Cubes that count every record once; others take part in links where their sums are the same.
const COMPLETE: [&str; 6] = ["records", "stages", "agreement", "facilities", "origins", "mets"];
/// Labels that make a cube count every record once for each of their values.
const APART: [&str; 4] = ["field", "to_edition", "rule", "beside"];

impl<'a> Builder<'a> {
    fn new(partial: &'a Partial) -> Self {
        let mut atoms = BTreeMap::new();
        let mut count = 0;
        for (name, cube) in partial.cubes() {
            let rows = cube.rows.iter().map(|(row, &n)| {
                count += 1;
                let mut labels: Labels =
                    cube.keys.iter().map(String::as_str).zip(row.iter().map(String::as_str)).collect();
                if let Some(class) = derived_class(&labels) {
                    labels.insert("derived_class", class);
                }
                (count - 1, labels, n)
            });
            atoms.insert(name, rows.collect());
        }
        Self {
            partial,
            atoms,
            count,
            views: HashMap::new(),
            numbers: Vec::new(),
            same: HashMap::new(),
            strata: BTreeMap::new(),
        }
    }

    /// The numbers of a row and of what it is a share of.
    fn row(&mut self, form: &'a Form, row: &Row) -> (usize, usize) {
        let part = &form.parts[row.part()];
        let value = |name: &str| {
            let at = form.labels.iter().position(|label| label == name);
            at.and_then(|at| row.labels.get(at)).map_or(String::new(), |label| (*label).to_owned())
        };
        let keys: Vec<(String, String)> =
            form.keys(part).iter().map(|&(name, attribute)| (attribute.to_owned(), value(name))).collect();
        let of = part.of.by.iter().map(|name| (part.from.get(name).unwrap_or(name).clone(), value(name)));
        let of: Vec<(String, String)> = of.collect();
        let n = self.number(&part.cube, &keys, &part.only);
        let whole = self.number(part.of.cube.as_ref().unwrap_or(&part.cube), &of, &part.of.only);
        let stratum = self.strata.entry((form.name.clone(), row.part(), whole)).or_default();
        stratum.whole = whole;
        stratum.rows.insert(n);
        (n, whole)
    }

    fn number(&mut self, cube: &str, keys: &[(String, String)], only: &Only) -> usize {
        let attributes: Vec<String> = keys.iter().map(|(name, _)| name.clone()).collect();
        let values: Vec<String> = keys.iter().map(|(_, value)| value.clone()).collect();
        let view = (cube.to_owned(), attributes, only.clone());
        if !self.views.contains_key(&view) {
            let numbers = self.view(&view);
            self.views.insert(view.clone(), numbers);
        }
        let known = self.views.get(&view).and_then(|view| view.get(&values).copied());
        known.unwrap_or_else(|| {
            // A sum of nothing.
            let number = self.add(cube, keys, only, Vec::new(), 0);
            if let Some(view) = self.views.get_mut(&view) {
                view.insert(values, number);
            }
            number
        })
    }

    fn view(&mut self, (cube, attributes, only): &View) -> HashMap<Vec<String>, usize> {
        let mut sums = BTreeMap::<Vec<String>, (Vec<usize>, u64)>::new();
        for (atom, labels, n) in self.atoms.get(cube.as_str()).into_iter().flatten() {
            let label = |name: &str| labels.get(name).copied().unwrap_or_default();
            if only.iter().all(|(name, values)| values.iter().any(|value| value == label(name))) {
                let values = attributes.iter().map(|name| label(name).to_owned()).collect();
                let sum = sums.entry(values).or_default();
                sum.0.push(*atom);
                sum.1 += n;
            }
        }
        let mut numbers = HashMap::new();
        for (values, (atoms, value)) in sums {
            let keys: Vec<(String, String)> =
                attributes.iter().cloned().zip(values.iter().cloned()).collect();
            numbers.insert(values, self.add(cube, &keys, only, atoms, value));
        }
        numbers
    }

    fn add(
        &mut self,
        cube: &str,
        keys: &[(String, String)],
        only: &Only,
        atoms: Vec<usize>,
        value: u64,
    ) -> usize {
        let mut keys = keys.to_vec();
        keys.sort();
        let population = if COMPLETE.contains(&cube) && only.is_empty() { "" } else { cube };
        let named = format!("{population} {keys:?} {only:?}");
        let next = self.same.len();
        let same = *self.same.entry(named).or_insert(next);
        self.numbers.push(Number { value, atoms, same });
        self.numbers.len() - 1
    }

    fn finish(mut self) -> Release {
        let all = (self.partial.records() > 0).then(|| self.number("records", &[], &Only::new()));
        let links = self.links();
        let hidden = vec![false; self.same.len()];
        let secret = hidden.clone();
        let strata = self.strata.into_values().collect();
        Release { numbers: self.numbers, strata, links, atoms: self.count, hidden, secret, all }
    }

    /// Sums by the labels that two cubes share, wherever they are the same in both.
    fn links(&self) -> Vec<(Vec<usize>, Vec<usize>)> {
        let mut parts: Vec<(BTreeSet<&str>, Vec<&Atom>)> = Vec::new();
        for atoms in self.atoms.values() {
            let mut apart = BTreeMap::<Vec<&str>, Vec<&Atom>>::new();
            for atom in atoms {
                let copies = APART.iter().filter_map(|name| atom.1.get(name).copied()).collect();
                apart.entry(copies).or_default().push(atom);
            }
            for atoms in apart.into_values() {
                let names = atoms.iter().flat_map(|atom| atom.1.keys().copied()).collect();
                parts.push((names, atoms));
            }
        }
        let mut links = self.rules_of_agreement();
        for (at, (names, atoms)) in parts.iter().enumerate() {
            for (others, other) in parts.iter().skip(at + 1) {
                let shared: Vec<&str> = names.intersection(others).copied().collect();
                // Two copies are linked by what counts every record once, unless they are of one kind.
                let copies =
                    [names, others].iter().all(|names| APART.iter().any(|name| names.contains(name)));
                if copies && !APART.iter().any(|name| shared.contains(name)) {
                    continue;
                }
                if copies && is_other_copy(atoms, other) {
                    continue;
                }
                let (left, right) = (margins(atoms, &shared), margins(other, &shared));
                for (values, (atoms, n)) in left {
                    if let Some((others, _)) = right.get(&values).filter(|(_, other)| *other == n) {
                        links.push((atoms, others.clone()));
                    }
                }
            }
        }
        links
    }
}

impl Builder<'_> {
    /// A rule that speaks of all records with one outcome of the comparison has their sums.
    fn rules_of_agreement(&self) -> Vec<(Vec<usize>, Vec<usize>)> {
        let split = |cube: &str, label: &str| {
            let mut parts = BTreeMap::<&str, Vec<&Atom>>::new();
            for atom in self.atoms.get(cube).into_iter().flatten() {
                parts.entry(atom.1.get(label).copied().unwrap_or_default()).or_default().push(atom);
            }
            parts
        };
        let mut links = Vec::new();
        for (findings, records, shared) in [
            ("findings", "agreement", &["schema"][..]),
            ("facility_findings", "facilities", &["facility", "year"]),
        ] {
            let outcomes = split(records, "agreement");
            for of_rule in split(findings, "rule").into_values() {
                let left = margins(&of_rule, shared);
                for outcome in outcomes.values() {
                    let right = margins(outcome, shared);
                    let sums = |margins: &BTreeMap<Vec<&str>, (Vec<usize>, u64)>| {
                        margins.iter().map(|(values, (_, n))| (values.join("\0"), *n)).collect::<Vec<_>>()
                    };
                    if sums(&left) == sums(&right) {
                        let pairs = left.values().zip(right.values());
                        links.extend(pairs.map(|((left, _), (right, _))| (left.clone(), right.clone())));
                    }
                }
            }
        }
        links
    }
}

/// Counts by some labels: which they are, and their sum.
fn margins<'a>(
    atoms: &[&(usize, Labels<'a>, u64)],
    shared: &[&str],
) -> BTreeMap<Vec<&'a str>, (Vec<usize>, u64)> {
    let mut sums = BTreeMap::<Vec<&str>, (Vec<usize>, u64)>::new();
    for (atom, labels, n) in atoms {
        let values = shared.iter().map(|name| labels.get(name).copied().unwrap_or_default()).collect();
        let sum = sums.entry(values).or_default();
        sum.0.push(*atom);
        sum.1 += n;
    }
    sums
}

/// Whether two copies differ in the label that tells copies apart.
fn is_other_copy(atoms: &[&Atom], other: &[&Atom]) -> bool {
    let label = |atoms: &[&Atom], name: &str| {
        atoms.first().and_then(|atom| atom.1.get(name).copied()).map(str::to_owned)
    };
    APART.iter().any(|name| label(atoms, name) != label(other, name))
}

/// Whether a stage was derived, which the stage and the outcome of the comparison tell alike.
fn derived_class(labels: &Labels) -> Option<&'static str> {
    let of_stage = labels.get("derived_stage").map(|stage| match *stage {
        "NA" => "NA",
        "UNK" => "UNK",
        _ => "known",
    });
    of_stage.or_else(|| {
        labels.get("agreement").map(|agreement| match *agreement {
            "not_applicable" => "NA",
            "underivable" | "both_unknown" => "UNK",
            _ => "known",
        })
    })
}
