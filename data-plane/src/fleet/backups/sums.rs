//! What the tables of a database hold, as numbers that do not depend on the order of rows.
use std::collections::BTreeMap;

use hotelhub_vault::TableSum;
use tokio_postgres::Client;

use super::during;
use crate::fleet::FleetError;

pub(super) const TABLES: &str = "
    select relname::text, quote_ident(relname) from pg_class
     where relnamespace = current_schema()::text::regnamespace and relkind in ('r', 'p') order by 1";

/// Every table of the session's schema, its rows counted and summed. Ask inside a transaction that has settled down.
pub(in crate::fleet) async fn sums(inside: &Client) -> Result<BTreeMap<String, TableSum>, FleetError> {
    let tables = inside.query(TABLES, &[]).await.map_err(during("listing tables"))?;
    let mut sums = BTreeMap::new();
    for table in tables {
        let (name, quoted): (String, String) = (table.get(0), table.get(1));
        let ask = format!(
            "select count(*), coalesce(sum(('x' || left(md5(hotelhub_row::text), 15))::bit(60)::bigint), 0)::text
               from {quoted} as hotelhub_row"
        );
        let row = inside.query_one(&ask, &[]).await.map_err(during("summing a table"))?;
        sums.insert(name, TableSum { rows: row.get(0), sum: row.get(1) });
    }
    Ok(sums)
}

/// The first table that is not as it was, if there is one.
pub(in crate::fleet) fn difference<'a>(
    was: &'a BTreeMap<String, TableSum>,
    is: &'a BTreeMap<String, TableSum>,
) -> Option<&'a String> {
    let mut names = was.keys().chain(is.keys());
    names.find(|name| was.get(*name) != is.get(*name))
}
