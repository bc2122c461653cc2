//! Decision tables: cell patterns, rows, first match. The only evaluator; it knows no cancer.
//!
//! A table has axes, and each row has one pattern per axis. Rows are tried from top to bottom
//! and the first that fits wins. What no row tells apart on an axis is one class, and a class
//! is nothing but the set of rows that take it: the first row of the classes' common rows is
//! the answer. Two loaders fill such tables:
//!
//! - [`Table`] from *tokens*: an axis lists its values, a pattern is a set of them. All classes
//!   are known when the table is made, so it becomes a dense array.
//! - [`TextTable`] from *texts*: a pattern is a list of texts and ranges, and any text may come.
//!   Classes are found as texts come and kept in a [`TextMemo`], so that a text that was seen
//!   before costs one array read; records come as columns of [`Dictionary`] numbers.

mod cover;
mod dictionary;
mod row_sets;
mod text;
mod text_table;
mod token;

pub use cover::{Hidden, Region, TooIntricate};
pub(crate) use dictionary::pack;
pub use dictionary::{ABSENT, BLANK, Dictionary, NULL};
pub(crate) use text::is_number;
pub use text::{Bound, TextPattern, TextRange, utf16_len};
pub use text_table::{Frame, NO_ROW, TextColumn, TextMemo, TextTable};
pub use token::{MAX_AXES, MAX_TOKENS, Pattern, Table, TableError, TokenSet};
