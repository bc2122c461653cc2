//! Decision tables: cell patterns, rows, first match, trace. Knows no cancer.
