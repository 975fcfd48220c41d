//! Who changed what: rows that are only ever added.
