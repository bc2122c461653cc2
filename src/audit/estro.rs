//! The ESTRO/EORTC characterisation of oligometastatic disease: five questions, nine states
//! (Guckenberger et al., Lancet Oncology 2020). An unanswered question is named, never guessed.

use std::fmt;

use super::oligometastasis::Timing;

/// The answers, `None` where the record has none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Answers {
    /// Question 1: earlier polymetastatic disease.
    pub prior_poly: Option<bool>,
    /// Question 2: earlier oligometastatic disease.
    pub prior_oligo: Option<bool>,
    /// Question 3: metastasis found later than the synchronous interval.
    pub metachronous: Option<bool>,
    /// Question 4: under active systemic therapy when it was found.
    pub on_therapy: Option<bool>,
    /// Question 5: a progressive lesion on current imaging.
    pub progressing: Option<bool>,
}

/// A state of the tree.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, serde::Serialize, serde::Deserialize)]
pub enum EstroState {
    /// 1: de novo, synchronous.
    Synchronous,
    /// 2: de novo, metachronous, off therapy.
    MetachronousOligorecurrence,
    /// 3: de novo, metachronous, progressing under therapy.
    MetachronousOligoprogression,
    /// 4: repeat, off therapy.
    RepeatOligorecurrence,
    /// 5: repeat, progressing under therapy.
    RepeatOligoprogression,
    /// 6: repeat, stable or responding under therapy.
    RepeatOligopersistence,
    /// 7: induced, off therapy.
    InducedOligorecurrence,
    /// 8: induced, progressing under therapy.
    InducedOligoprogression,
    /// 9: induced, stable or responding under therapy.
    InducedOligopersistence,
    /// Metachronous under therapy without progression: the tree has no state for it.
    Unclassified,
    /// The first question without an answer, 1 to 5.
    Unanswered(u8),
    /// Oligometastasis is excluded or does not apply.
    NotApplicable,
}

impl Answers {
    /// Walks the tree.
    pub fn state(self) -> EstroState {
        self.walk().unwrap_or_else(EstroState::Unanswered)
    }

    fn walk(self) -> Result<EstroState, u8> {
        use EstroState as S;
        let ask = |answer: Option<bool>, question: u8| answer.ok_or(question);
        let branch = |off_therapy: S, progressing: S, persisting: S| {
            Ok(match ask(self.on_therapy, 4)? {
                false => off_therapy,
                true if ask(self.progressing, 5)? => progressing,
                true => persisting,
            })
        };
        if ask(self.prior_poly, 1)? {
            return branch(S::InducedOligorecurrence, S::InducedOligoprogression, S::InducedOligopersistence);
        }
        if ask(self.prior_oligo, 2)? {
            return branch(S::RepeatOligorecurrence, S::RepeatOligoprogression, S::RepeatOligopersistence);
        }
        if !ask(self.metachronous, 3)? {
            return Ok(S::Synchronous);
        }
        branch(S::MetachronousOligorecurrence, S::MetachronousOligoprogression, S::Unclassified)
    }
}

impl Timing {
    /// The answer to question 3.
    pub(crate) fn metachronous(self) -> Option<bool> {
        match self {
            Self::Synchronous => Some(false),
            Self::Metachronous => Some(true),
            Self::Unknown | Self::NotApplicable => None,
        }
    }
}

impl fmt::Display for EstroState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Synchronous => "synchronous",
            Self::MetachronousOligorecurrence => "metachronous_oligorecurrence",
            Self::MetachronousOligoprogression => "metachronous_oligoprogression",
            Self::RepeatOligorecurrence => "repeat_oligorecurrence",
            Self::RepeatOligoprogression => "repeat_oligoprogression",
            Self::RepeatOligopersistence => "repeat_oligopersistence",
            Self::InducedOligorecurrence => "induced_oligorecurrence",
            Self::InducedOligoprogression => "induced_oligoprogression",
            Self::InducedOligopersistence => "induced_oligopersistence",
            Self::Unclassified => "unclassified",
            Self::Unanswered(question) => return write!(f, "unknown(Q{question})"),
            Self::NotApplicable => "not_applicable",
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const CHOICES: [Option<bool>; 3] = [None, Some(false), Some(true)];

    fn every_answer() -> impl Iterator<Item = Answers> {
        (0..3_usize.pow(5)).map(|mut number| {
            let mut next = || {
                let choice = CHOICES[number % 3];
                number /= 3;
                choice
            };
            Answers {
                prior_poly: next(),
                prior_oligo: next(),
                metachronous: next(),
                on_therapy: next(),
                progressing: next(),
            }
        })
    }

    #[test]
    fn every_combination_has_one_state_and_all_are_reached() {
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for answers in every_answer() {
            *seen.entry(answers.state().to_string()).or_default() += 1;
        }
        // Nine states, unclassified, and each of the five questions.
        assert_eq!(seen.len(), 15, "{seen:?}");
        assert_eq!(seen.values().sum::<usize>(), 243);
        assert_eq!(seen["unknown(Q1)"], 81);
        assert_eq!(seen["unclassified"], 1);
    }

    #[test]
    fn the_tree_follows_the_paper() {
        let (no, yes, open) = (Some(false), Some(true), None);
        for (q, state) in [
            ([no, no, no, open, open], "synchronous"),
            ([no, no, yes, no, open], "metachronous_oligorecurrence"),
            ([no, no, yes, yes, yes], "metachronous_oligoprogression"),
            ([no, no, yes, yes, no], "unclassified"),
            ([no, yes, open, no, open], "repeat_oligorecurrence"),
            ([no, yes, open, yes, yes], "repeat_oligoprogression"),
            ([no, yes, open, yes, no], "repeat_oligopersistence"),
            ([yes, open, open, no, open], "induced_oligorecurrence"),
            ([yes, open, open, yes, yes], "induced_oligoprogression"),
            ([yes, open, open, yes, no], "induced_oligopersistence"),
            ([open, no, no, no, no], "unknown(Q1)"),
            ([no, no, open, no, no], "unknown(Q3)"),
            ([yes, no, no, yes, open], "unknown(Q5)"),
        ] {
            let [prior_poly, prior_oligo, metachronous, on_therapy, progressing] = q;
            let answers = Answers { prior_poly, prior_oligo, metachronous, on_therapy, progressing };
            assert_eq!(answers.state().to_string(), state, "{answers:?}");
        }
    }

    #[test]
    fn an_answer_never_changes_a_state_that_was_reached_without_it() {
        for answers in every_answer() {
            if matches!(answers.state(), EstroState::Unanswered(_)) {
                continue;
            }
            for more in [
                Answers { progressing: answers.progressing.or(Some(true)), ..answers },
                Answers { prior_oligo: answers.prior_oligo.or(Some(true)), ..answers },
                Answers { on_therapy: answers.on_therapy.or(Some(true)), ..answers },
            ] {
                assert_eq!(more.state(), answers.state());
            }
        }
    }
}
