//! Who changed what at the vendor: rows that are only ever added.
