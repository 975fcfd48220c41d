//! What a new hotel starts with: its one property. Charge codes come with the schema.
use hotelhub_kernel::{Clock, Ids};
use jiff::civil::Date;
use tokio_postgres::{Client, Statement};

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

/// The statement of a hotel's first rows, prepared before anybody waits for it.
pub(crate) async fn prepare_founding(client: &Client) -> Result<Statement, tokio_postgres::Error> {
    client.prepare(ADD_PROPERTY).await
}

/// Writes a hotel's first rows into the transaction that gives the database to its tenant. It is sent with the first poll.
pub(crate) async fn found(
    client: &Client,
    prepared: &Statement,
    clock: &Clock,
    ids: &Ids,
    hotel: &Founding<'_>,
) -> Result<(), tokio_postgres::Error> {
    let values: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
        [&ids.next(), &hotel.name, &hotel.time_zone, &hotel.business_date, &clock.now()];
    client.execute(prepared, &values).await?;
    Ok(())
}
