//! The loaded rules as people read them: a list of the schemas, and one schema as a page.
//!
//! What stands here is read back from the compiled rules, so that a page shows what is applied.

mod list;
mod page;
mod sheet;

pub use list::{Coverage, Filter, SchemaLine, coverage, lines};
pub use page::{NoSuchEdition, page};
pub use sheet::Form;
