//! The one stream: read a chunk, process it, write in order, fold the summaries.
