//! Tumors made at random, through stager and audit: what must hold whatever a record says.

use std::sync::LazyLock;

use proptest::prelude::*;
use rstage::audit::{AuditRules, Config, MetOrigin, audit};
use rstage::category::{
    Axis, Behavior, Category, Cell, Edition, FactorValue, Histology, PartialDate, Site, Stage, parse,
};
use rstage::fields::{Coding, Field};
use rstage::knowledge::{Rules, TableBasis};
use rstage::staging::{Basis, Case, FACTORS, MxPolicy, NxPolicy, Policy, Stager};

/// Germ-cell tumors that the testis chapter of every edition stages.
const GERM_CELL: [u16; 8] = [9061, 9064, 9065, 9070, 9071, 9080, 9081, 9100];

static AUDIT: LazyLock<(AuditRules, Config)> =
    LazyLock::new(|| (AuditRules::builtin().unwrap(), Config::default()));

const SETS: [Basis; 3] = [Basis::Single, Basis::Clinical, Basis::Pathologic];

fn cell<T: Copy + std::fmt::Debug>(value: impl Strategy<Value = T>) -> impl Strategy<Value = Cell<T>> {
    prop_oneof![
        6 => value.prop_map(Cell::Value),
        1 => Just(Cell::Unknown),
        2 => Just(Cell::Blank),
        1 => Just(Cell::NotApplicable),
        1 => Just(Cell::Invalid),
    ]
}

fn category(axis: Axis) -> impl Strategy<Value = Cell<Category>> {
    cell(prop::sample::select(Category::all(axis).collect::<Vec<_>>()))
}

/// Values that the factors know, from the codes and words of NAACCR items.
fn factor() -> impl Strategy<Value = Cell<FactorValue>> {
    let texts =
        ["0", "1", "2", "3", "4", "5", "6", "7", "9", "12.5", "25", "L", "H", "B0", "B2", "S1", "XX4", "IIE"];
    let values: Vec<FactorValue> = texts
        .iter()
        .flat_map(|text| {
            [Field::Grade, Field::Psa, Field::Mitotic].map(|field| parse(field, Coding::Plain, text))
        })
        .filter_map(|parsed| match parsed {
            rstage::category::Parsed::Factor(Cell::Value(value)) => Some(value),
            _ => None,
        })
        .collect();
    cell(prop::sample::select(values))
}

fn site() -> impl Strategy<Value = u16> {
    prop_oneof![3 => 0_u16..=809, 1 => 620_u16..=629, 1 => Just(421_u16), 1 => Just(779_u16)]
}

fn histology() -> impl Strategy<Value = u16> {
    let common = [
        8000, 8010, 8070, 8140, 8153, 8240, 8247, 8260, 8380, 8500, 8720, 8935, 9061, 9061, 9070, 9100, 9440,
        9680, 9823,
    ];
    prop_oneof![3 => prop::sample::select(common.to_vec()), 2 => 8000_u16..=9582, 2 => 9590_u16..=9993]
}

fn tumor() -> impl Strategy<Value = (u16, u16)> {
    let testis = (prop::sample::select(vec![620_u16, 621, 629]), prop::sample::select(GERM_CELL.to_vec()));
    prop_oneof![4 => (site(), histology()), 1 => testis]
}

prop_compose! {
    fn case()(
        (site, histology) in tumor(),
        behavior in cell(0_u8..=3),
        edition in 6_u8..=9,
        age in cell(0_u8..=110),
        year in 2004_u16..=2026,
        categories in prop::array::uniform3((category(Axis::T), category(Axis::N), category(Axis::M))),
        factors in prop::collection::vec(factor(), FACTORS.len()),
    ) -> Case {
        let mut case = Case {
            site: Cell::Value(Site(site)),
            histology: Cell::Value(Histology(histology)),
            behavior: behavior.and_then(|code| Cell::Value(Behavior(code))),
            edition: Cell::Value(Edition(edition)),
            age,
            dx: Cell::Value(PartialDate { year, month: 0, day: 0 }),
            ..Case::default()
        };
        for (basis, (t, n, m)) in SETS.into_iter().zip(categories) {
            let set = &mut case.sets[basis as usize];
            (set.t.cell, set.n.cell, set.m.cell) = (t, n, m);
        }
        case.factors.0.copy_from_slice(&factors);
        case
    }
}

fn policy() -> impl Strategy<Value = Policy> {
    let mx = prop::sample::select(vec![MxPolicy::M0, MxPolicy::Unknown]);
    let nx = prop::sample::select(vec![NxPolicy::N0, NxPolicy::Unknown]);
    (mx, nx).prop_map(|(mx, nx)| Policy { mx, nx, ..Policy::default() })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(10_000) })]

    #[test]
    fn what_a_record_says_never_breaks_the_rules(case in case(), policy in policy()) {
        let rules = Rules::builtin().unwrap();
        let staged = Stager::new(rules, policy).stage(&case);
        let outcome = staged.original.outcome;
        let (Some(site), Some(histology)) = (case.site.value(), case.histology.value()) else { return Ok(()) };
        if let Some((low, high)) = outcome.bounds() {
            prop_assert!(low <= high);
            prop_assert!(outcome.stage().is_none_or(|stage| low.stage() == stage && high.stage() == stage));
        }

        if [620, 621, 629].contains(&site.0) && GERM_CELL.contains(&histology.0) {
            prop_assert!(staged.schema.is_some_and(|id| rules.schema(id).id == "testis"));
            prop_assert!(outcome.bounds().is_none_or(|(_, high)| high.stage() < Stage::IV), "{outcome:?}");
        }

        // Lymphoma, myeloma, leukemia: staged by their own systems, except mycosis fungoides (9700, 9701).
        if histology.0 >= 9590 && ![9700, 9701].contains(&histology.0) && outcome.bounds().is_some() {
            let tables = rules.tables_for(
                staged.schema.unwrap(),
                staged.edition.unwrap(),
                TableBasis::Pathologic,
                site,
            );
            for (_, table) in tables {
                prop_assert!(!table.uses_categories(), "{histology:?} {site:?} has a TNM stage: {outcome:?}");
            }
        }

        // The same question gives the same answer, whatever was asked before.
        prop_assert_eq!(staged, Stager::new(rules, policy).stage(&case));
    }

    #[test]
    fn nodes_alone_are_never_a_metastasis(case in case()) {
        let rules = Rules::builtin().unwrap();
        let (audit_rules, config) = &*AUDIT;
        let mut case = case;
        let m0 = Category::from_label(Axis::M, "M0").map_or(Cell::Unknown, Cell::Value);
        for basis in SETS {
            case.sets[basis as usize].m.cell = m0;
        }
        let staged = Stager::new(rules, Policy::default()).stage(&case);
        for basis in SETS {
            if let Some(derived) = staged.derived(basis) {
                prop_assert_eq!(derived.m.cell, m0);
            }
        }
        let audited = audit(rules, audit_rules, config, &case, &staged, &mut Vec::new());
        prop_assert!(
            matches!(audited.origin, MetOrigin::NoneRecorded | MetOrigin::NotApplicable),
            "{:?} {:?}", audited.origin, audited.origin_reason
        );
    }
}
