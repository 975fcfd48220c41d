//! Which tables are given away and taken in, in the order in which they refer to one another.
use std::collections::{BTreeMap, BTreeSet};

use tokio_postgres::Client;

use super::{ExportError, during};

pub(super) const TABLES: &str = "
    select c.relname::text as name, quote_ident(c.relname) as quoted,
           array_agg(a.attname::text order by a.attnum) as columns,
           array_agg(quote_ident(a.attname) order by a.attnum) as quoted_columns
      from pg_class c join pg_attribute a on a.attrelid = c.oid
     where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r'
       and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
     group by c.relname order by c.relname";

pub(super) const REFERENCES: &str = "
    select distinct c.relname::text, f.relname::text
      from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_class f on f.oid = k.confrelid
     where k.contype = 'f' and c.relnamespace = current_schema()::regnamespace and c.oid <> f.oid";

/// Columns that count by themselves.
pub(super) const COUNTERS: &str = "
    select quote_ident(c.relname), quote_ident(a.attname), pg_get_serial_sequence(quote_ident(c.relname), a.attname)
      from pg_class c join pg_attribute a on a.attrelid = c.oid
     where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped
       and pg_get_serial_sequence(quote_ident(c.relname), a.attname) is not null";

/// Tables that stay: the schema's own and the house's identity, what lets somebody in, what waits to be done or sent and what was kept for
/// who asks twice, closed under keys of the old house. Tokens of the calendar are drawn anew.
const STAY: &[&str] = &[
    "schema_steps",
    "house",
    "sessions",
    "one_time_links",
    "recovery_codes",
    "idempotency_keys",
    "jobs",
    "letters",
    "availability_version",
];

/// Columns that stay: who was let in by a password or a code sets a new one.
const STAYING_COLUMNS: &[(&str, &[&str])] =
    &[("users", &["password_hash", "password_set_at", "totp_secret", "totp_confirmed_at", "totp_last_step"])];

/// Rows that go; the others of these tables stay.
const GOING_ROWS: &[(&str, &str)] = &[("settings", "name <> 'node.secret'")];

/// A table as it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) name: String,
    quoted: String,
    columns: Vec<String>,
    quoted_columns: Vec<String>,
}

impl Table {
    /// Its path in an export.
    pub(super) fn entry(&self) -> String {
        format!("data/{}.csv", self.name)
    }

    /// The first line of its file.
    pub(super) fn header(&self) -> String {
        format!("{}\n", self.columns.join(","))
    }

    fn rows(&self) -> &'static str {
        GOING_ROWS.iter().find(|(name, _)| *name == self.name).map_or("true", |(_, rows)| rows)
    }

    pub(super) fn count(&self) -> String {
        format!("select count(*) from {} where {}", self.quoted, self.rows())
    }

    pub(super) fn copy_out(&self) -> String {
        let (columns, key) = (self.quoted_columns.join(", "), &self.quoted);
        format!(
            "copy (select {columns} from {key} where {}) to stdout (format csv, header, encoding 'UTF8')",
            self.rows()
        )
    }

    pub(super) fn copy_in(&self) -> String {
        format!("copy {} ({}) from stdin (format csv, encoding 'UTF8')", self.quoted, self.quoted_columns.join(", "))
    }

    /// Takes what a new schema begins with out again.
    pub(super) fn empty(&self) -> String {
        format!("delete from {}", self.quoted)
    }

    /// Counts rows that are never taken in.
    pub(super) fn count_held_back(&self) -> String {
        format!("select count(*) from {} where not ({})", self.quoted, self.rows())
    }
}

/// The tables that go, each after those it refers to.
pub(crate) async fn tables(client: &Client) -> Result<Vec<Table>, ExportError> {
    let listing = during("listing tables");
    let found = client.query(TABLES, &[]).await.map_err(&listing)?;
    let tables = found.iter().map(|row| Table {
        name: row.get("name"),
        quoted: row.get("quoted"),
        columns: row.get("columns"),
        quoted_columns: row.get("quoted_columns"),
    });
    let going = tables.filter(|table| !STAY.contains(&table.name.as_str())).map(without_staying_columns).collect();
    let references = client.query(REFERENCES, &[]).await.map_err(&listing)?;
    in_order(going, &references.iter().map(|row| (row.get(0), row.get(1))).collect())
}

fn without_staying_columns(mut table: Table) -> Table {
    let staying = STAYING_COLUMNS.iter().find(|(name, _)| *name == table.name).map_or(&[] as &[&str], |found| found.1);
    table.columns.retain(|column| !staying.contains(&column.as_str()));
    table.quoted_columns.retain(|column| !staying.contains(&column.as_str()));
    table
}

/// Puts each table behind those it refers to, and equals in the order of their names.
fn in_order(tables: Vec<Table>, references: &BTreeSet<(String, String)>) -> Result<Vec<Table>, ExportError> {
    let mut left: BTreeMap<String, Table> = tables.into_iter().map(|table| (table.name.clone(), table)).collect();
    let mut ordered = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let waits = |name: &str| references.iter().any(|(from, to)| from == name && left.contains_key(to));
        let next = left.keys().find(|name| !waits(name)).cloned();
        ordered.extend(left.remove(&next.ok_or(ExportError::Circle)?));
    }
    Ok(ordered)
}
