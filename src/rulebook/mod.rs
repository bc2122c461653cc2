//! The loaded rules as people read them: a list of the schemas, and one schema as a page.
//!
//! What stands here is read back from the compiled rules, so that a page shows what is applied.

mod list;
mod page;
mod seer_list;
mod seer_page;
mod sheet;

pub use list::{Coverage, Filter, SchemaLine, coverage, lines};
pub use page::{NoSuchEdition, page};
pub use seer_list::{SeerLine, seer_lines};
pub use seer_page::{NotInAlgorithm, Tables, seer_page};
pub use sheet::Form;
pub(crate) use sheet::{WIDTH, wrapped};
