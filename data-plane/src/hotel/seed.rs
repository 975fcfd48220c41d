//! What a new hotel starts with: its one property. Charge codes come with the schema.
use hotelhub_kernel::{Clock, Ids};
use jiff::civil::Date;
use tokio_postgres::Transaction;

const ADD_PROPERTY: &str = "
    insert into properties (id, name, time_zone, business_date, created_at, updated_at)
    values ($1, $2, $3, $4, $5, $5)";

/// Every statement of this file.
pub(crate) const STATEMENTS: &[&str] = &[ADD_PROPERTY];

/// A hotel as its owner first described it.
pub(crate) struct Founding<'a> {
    /// What it is called.
    pub(crate) name: &'a str,
    /// Its time zone, an IANA name.
    pub(crate) time_zone: &'a str,
    /// Its first day.
    pub(crate) business_date: Date,
}

/// Writes a hotel's first rows into the transaction that gives the database to its tenant.
pub(crate) async fn found(
    tx: &Transaction<'_>,
    clock: &Clock,
    ids: &Ids,
    hotel: &Founding<'_>,
) -> Result<(), tokio_postgres::Error> {
    let values: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
        [&ids.next(), &hotel.name, &hotel.time_zone, &hotel.business_date, &clock.now()];
    tx.execute(ADD_PROPERTY, &values).await?;
    Ok(())
}
