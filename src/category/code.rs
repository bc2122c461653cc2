//! Small codes: site, histology, behavior, sex, edition, and coded factors.

/// ICD-O-3 topography code without the letter and the dot: C50.9 is 509.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Site(pub u16);

impl std::fmt::Display for Site {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "C{:02}.{}", self.0 / 10, self.0 % 10)
    }
}

/// ICD-O-3 histology of four digits, 8000 to 9993.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Histology(pub u16);

/// ICD-O-3 behavior digit: 0 benign, 1 borderline, 2 in situ, 3 malignant, 6 metastatic, 9 uncertain.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Behavior(pub u8);

/// Sex as far as staging asks for it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Sex {
    /// Code 1.
    Male,
    /// Code 2.
    Female,
    /// Any other known code.
    Other,
}

/// Edition of the staging manual, 1 to 9; 9 is AJCC Version 9.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Edition(pub u8);

/// A metastasis flag at diagnosis (NAACCR 1112-1117).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum MetFlag {
    /// 0: none.
    No,
    /// 1: yes.
    Yes,
    /// 2 (item 1117 only): generalised, carcinomatosis.
    Generalised,
}

/// A set of the six organ groups of the metastasis items, as bits in the order
/// bone, brain, distant lymph nodes, liver, lung, other.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct OrganSet(pub u8);

/// A short code, at most eight ASCII bytes, upper case, zero-padded.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct Code([u8; 8]);

impl Code {
    /// The code of a text; `None` where it is empty, longer than eight bytes or not ASCII.
    pub fn new(text: &str) -> Option<Self> {
        if text.is_empty() || text.len() > 8 || !text.is_ascii() {
            return None;
        }
        let mut bytes = [0; 8];
        for (to, from) in bytes.iter_mut().zip(text.bytes()) {
            *to = from.to_ascii_uppercase();
        }
        Some(Self(bytes))
    }

    /// The text of the code.
    pub fn as_str(&self) -> &str {
        let end = self.0.iter().position(|&byte| byte == 0).unwrap_or(8);
        std::str::from_utf8(&self.0[..end]).unwrap_or("")
    }
}

/// A prognostic factor as recorded: a measured number or a registry code.
/// Knowledge tables say which class of a factor it belongs to.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum FactorValue {
    /// A measured value in the unit of the field.
    Number(f32),
    /// A code.
    Code(Code),
}
