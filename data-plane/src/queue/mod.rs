//! Jobs: rows in the tenant's own database, inserted with the change that causes them.
