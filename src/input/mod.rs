//! Files to chunks of text columns.
