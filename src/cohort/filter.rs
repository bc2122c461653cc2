//! The filter of a cohort: `origin = de_novo and oligo >= probable and schema in (lung, pleura)`.
//!
//! ```text
//! filter  = part { "or" part }
//! part    = term { "and" term }
//! term    = "not" term | "(" filter ")" | test
//! test    = name ("=" | "!=" | "<" | "<=" | ">" | ">=") value
//!         | name ["not"] "in" "(" value { "," value } ")"
//!         | name "is" ["not"] "blank"
//! ```
//!
//! Names and values are words, or any text between double quotes; a name between quotes is always a
//! column of the file, never a short name. Nothing else is ever evaluated.

use std::fmt;

/// Deepest nesting of brackets and `not`.
const MAX_DEPTH: usize = 64;
/// Characters of the longest filter.
const MAX_LENGTH: usize = 10_000;

/// A filter, parsed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Filter {
    /// Both hold.
    And(Box<Filter>, Box<Filter>),
    /// At least one holds.
    Or(Box<Filter>, Box<Filter>),
    /// It does not hold.
    Not(Box<Filter>),
    /// A test of one column.
    Test(Test),
}

/// A test of one column.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Test {
    /// Name of the field or column.
    pub name: Word,
    /// What is asked of it.
    pub ask: Ask,
}

/// What is asked of a column.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ask {
    /// A comparison with one value.
    Compare(Order, Word),
    /// One of several values.
    In(Vec<Word>),
    /// An empty cell.
    Blank,
}

/// A comparison.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    /// =
    Equal,
    /// !=
    Unequal,
    /// <
    Less,
    /// <=
    AtMost,
    /// >
    More,
    /// >=
    AtLeast,
}

/// A word of the filter and where it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Word {
    /// The text, without quotes.
    pub text: String,
    /// Character of the filter at which it starts, from 0.
    pub at: usize,
    /// Whether it stands between quotes.
    pub quoted: bool,
}

/// A filter that cannot be understood.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub struct FilterError {
    /// The filter.
    pub filter: String,
    /// Character at which it goes wrong, from 0.
    pub at: usize,
    /// What was expected there.
    pub expected: String,
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // One line, whatever the filter holds, so that the mark stands below its character.
        let line: String = self.filter.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        write!(f, "the filter cannot be read: {}\n  {line}\n  {}^", self.expected, " ".repeat(self.at))
    }
}

impl Filter {
    /// Parses a filter.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        let wrong = |at, expected: String| FilterError { filter: text.to_owned(), at, expected };
        if text.chars().count() > MAX_LENGTH {
            let start = text.chars().take(40).collect();
            let expected = format!("it is longer than {MAX_LENGTH} characters");
            return Err(FilterError { filter: start, at: 0, expected });
        }
        let tokens = tokens(text).map_err(|(at, expected)| wrong(at, expected))?;
        let mut parser = Parser { tokens: &tokens, next: 0, end: text.chars().count() };
        let filter = parser.filter(0).map_err(|(at, expected)| wrong(at, expected))?;
        match parser.peek() {
            None => Ok(filter),
            Some(token) => Err(wrong(token.at, "expected `and`, `or`, or the end".to_owned())),
        }
    }
}

type Wrong = (usize, String);

struct Token {
    at: usize,
    kind: Kind,
}

#[derive(Clone, PartialEq, Eq)]
enum Kind {
    Word { text: String, quoted: bool },
    Order(Order),
    Open,
    Close,
    Comma,
}

fn tokens(text: &str) -> Result<Vec<Token>, Wrong> {
    let characters: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&character) = characters.get(at) {
        let followed_by_equals = characters.get(at + 1) == Some(&'=');
        let (kind, length) = match character {
            c if c.is_whitespace() => {
                at += 1;
                continue;
            }
            '(' => (Kind::Open, 1),
            ')' => (Kind::Close, 1),
            ',' => (Kind::Comma, 1),
            '=' => (Kind::Order(Order::Equal), if followed_by_equals { 2 } else { 1 }),
            '!' if followed_by_equals => (Kind::Order(Order::Unequal), 2),
            '<' if followed_by_equals => (Kind::Order(Order::AtMost), 2),
            '>' if followed_by_equals => (Kind::Order(Order::AtLeast), 2),
            '<' => (Kind::Order(Order::Less), 1),
            '>' => (Kind::Order(Order::More), 1),
            '"' => {
                let inside: String = characters[at + 1..].iter().take_while(|c| **c != '"').collect();
                let length = inside.chars().count() + 2;
                if at + length > characters.len() {
                    return Err((at, "expected a closing quote".to_owned()));
                }
                (Kind::Word { text: inside, quoted: true }, length)
            }
            c if is_of_word(c) => {
                let word: String = characters[at..].iter().take_while(|c| is_of_word(**c)).collect();
                let length = word.chars().count();
                (Kind::Word { text: word, quoted: false }, length)
            }
            c => return Err((at, format!("`{c}` has no meaning here; texts with it go between quotes"))),
        };
        tokens.push(Token { at, kind });
        at += length;
    }
    Ok(tokens)
}

fn is_of_word(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '.' | '-' | '+' | '*' | '/' | ':')
}

struct Parser<'a> {
    tokens: &'a [Token],
    next: usize,
    end: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next)
    }

    fn at(&self) -> usize {
        self.peek().map_or(self.end, |token| token.at)
    }

    /// Takes a keyword, in any case, if it comes next.
    fn keyword(&mut self, wanted: &str) -> bool {
        let is = matches!(self.peek(), Some(Token { kind: Kind::Word { text, quoted: false }, .. })
            if text.eq_ignore_ascii_case(wanted));
        self.next += usize::from(is);
        is
    }

    fn take(&mut self, wanted: &Kind) -> bool {
        let is = self.peek().is_some_and(|token| token.kind == *wanted);
        self.next += usize::from(is);
        is
    }

    fn word(&mut self, what: &str) -> Result<Word, Wrong> {
        match self.peek() {
            Some(Token { at, kind: Kind::Word { text, quoted } }) => {
                let word = Word { text: text.clone(), at: *at, quoted: *quoted };
                self.next += 1;
                Ok(word)
            }
            _ => Err((self.at(), format!("expected {what}"))),
        }
    }

    fn filter(&mut self, depth: usize) -> Result<Filter, Wrong> {
        let mut filter = self.part(depth)?;
        while self.keyword("or") {
            filter = Filter::Or(Box::new(filter), Box::new(self.part(depth)?));
        }
        Ok(filter)
    }

    fn part(&mut self, depth: usize) -> Result<Filter, Wrong> {
        let mut filter = self.term(depth)?;
        while self.keyword("and") {
            filter = Filter::And(Box::new(filter), Box::new(self.term(depth)?));
        }
        Ok(filter)
    }

    fn term(&mut self, depth: usize) -> Result<Filter, Wrong> {
        if depth > MAX_DEPTH {
            return Err((self.at(), format!("more than {MAX_DEPTH} brackets or `not` within each other")));
        }
        if self.keyword("not") {
            return Ok(Filter::Not(Box::new(self.term(depth + 1)?)));
        }
        if self.take(&Kind::Open) {
            let filter = self.filter(depth + 1)?;
            if !self.take(&Kind::Close) {
                return Err((self.at(), "expected `)`".to_owned()));
            }
            return Ok(filter);
        }
        self.test()
    }

    fn test(&mut self) -> Result<Filter, Wrong> {
        let name = self.word("the name of a field")?;
        if let Some(Token { kind: Kind::Order(order), .. }) = self.peek() {
            let order = *order;
            self.next += 1;
            let value = self.word("a value")?;
            return Ok(Filter::Test(Test { name, ask: Ask::Compare(order, value) }));
        }
        let (negated, ask) = if self.keyword("is") {
            let negated = self.keyword("not");
            if !self.keyword("blank") {
                return Err((self.at(), "expected `blank`".to_owned()));
            }
            (negated, Ask::Blank)
        } else {
            let negated = self.keyword("not");
            if !self.keyword("in") {
                return Err((self.at(), "expected a comparison such as =, `in` or `is blank`".to_owned()));
            }
            (negated, Ask::In(self.values()?))
        };
        let test = Filter::Test(Test { name, ask });
        Ok(if negated { Filter::Not(Box::new(test)) } else { test })
    }

    fn values(&mut self) -> Result<Vec<Word>, Wrong> {
        if !self.take(&Kind::Open) {
            return Err((self.at(), "expected `(`".to_owned()));
        }
        let mut values = vec![self.word("a value")?];
        while self.take(&Kind::Comma) {
            values.push(self.word("a value")?);
        }
        if !self.take(&Kind::Close) {
            return Err((self.at(), "expected `,` or `)`".to_owned()));
        }
        Ok(values)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn show(filter: &Filter) -> String {
        match filter {
            Filter::And(left, right) => format!("({} & {})", show(left), show(right)),
            Filter::Or(left, right) => format!("({} | {})", show(left), show(right)),
            Filter::Not(inner) => format!("!{}", show(inner)),
            Filter::Test(Test { name, ask }) => match ask {
                Ask::Compare(order, value) => format!("{} {order:?} {}", name.text, value.text),
                Ask::In(values) => {
                    let values: Vec<&str> = values.iter().map(|value| value.text.as_str()).collect();
                    format!("{} in {values:?}", name.text)
                }
                Ask::Blank => format!("{} blank", name.text),
            },
        }
    }

    #[test]
    fn and_binds_closer_than_or() {
        for (text, expected) in [
            ("a=1", "a Equal 1"),
            ("a == 1 or b != 2 and c >= x", "(a Equal 1 | (b Unequal 2 & c AtLeast x))"),
            ("(a<1 OR b>2) And not c<=3", "((a Less 1 | b More 2) & !c AtMost 3)"),
            ("a in (x, \"y z\")", "a in [\"x\", \"y z\"]"),
            ("a not in (x)", "!a in [\"x\"]"),
            ("a is blank and b is not blank", "(a blank & !b blank)"),
            ("\"Dx year\" = 2020", "Dx year Equal 2020"),
            ("site = C50*", "site Equal C50*"),
        ] {
            assert_eq!(show(&Filter::parse(text).unwrap()), expected, "{text}");
        }
    }

    #[test]
    fn a_mistake_is_pointed_at() {
        for (text, at, expected) in [
            ("", 0, "expected the name of a field"),
            ("a", 1, "expected a comparison such as =, `in` or `is blank`"),
            ("a = ", 4, "expected a value"),
            ("a = 1 b = 2", 6, "expected `and`, `or`, or the end"),
            ("(a = 1", 6, "expected `)`"),
            ("a in (1 2)", 8, "expected `,` or `)`"),
            ("a = \"x", 4, "expected a closing quote"),
            ("a = 1; b", 5, "`;` has no meaning here; texts with it go between quotes"),
            ("a is 1", 5, "expected `blank`"),
        ] {
            let error = Filter::parse(text).unwrap_err();
            assert_eq!((error.at, error.expected.as_str()), (at, expected), "{text}");
        }
        let message = Filter::parse("stage = ").unwrap_err().to_string();
        assert_eq!(message, "the filter cannot be read: expected a value\n  stage = \n          ^");
        assert!(Filter::parse(&format!("{}a=1{}", "(".repeat(100), ")".repeat(100))).is_err());
        assert!(Filter::parse(&"not ".repeat(2_000)).is_err());
        assert!(Filter::parse(&vec!["a = 1"; 2_000].join(" and ")).is_err());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_fall_over(text in "[ -~äß\\n]{0,80}") {
            if let Err(error) = Filter::parse(&text) {
                prop_assert!(error.at <= text.chars().count());
                prop_assert!(!error.to_string().is_empty());
            }
        }

        #[test]
        fn what_is_made_of_words_is_read(
            words in prop::collection::vec("(and|or|not|in|is|blank|\\(|\\)|,|=|<=|a|b1|\"c d\")", 0..30)
        ) {
            let _ = Filter::parse(&words.join(" "));
        }
    }
}
