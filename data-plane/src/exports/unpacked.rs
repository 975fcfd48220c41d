//! A hotel's data on their way in: looked through first, then filled in by one transaction.
use std::collections::BTreeMap;
use std::pin::Pin;

use bytes::Bytes;
use futures_util::SinkExt as _;
use hotelhub_export::{Check, Event, Manifest, Unpacking};
use hotelhub_kernel::{Clock, Slug, TenantId};
use hotelhub_tenant_migrations::{Known, MigrateError, Product, known, migrate_until, schema_version, version_of};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, CopyInSink, Transaction};

use super::tables::{COUNTERS, Table, tables};
use super::{ExportError, Inlet, during};
use crate::hotel::reservations::ReleaseExpiredHolds;
use crate::queue::Job as _;

pub(super) const TAKE_HOUSE: &str = "
    insert into house (tenant_id, slug, product, created_at)
    values ($1, $2, $3, $4)
    on conflict (only_row) do nothing";
pub(super) const NOTE: &str = "
    insert into audit_log (at, actor_kind, action, subject_kind, subject_id, details)
    values ($1, 'system', 'tenant.import', 'tenant', $2, jsonb_build_object('was', $3::uuid::text, 'taken_at', $4::timestamptz::text))";

/// What waits to be done stays behind; but rooms that are held are let go of here too, once for each booking. A hold lasts minutes; a stranger's
/// file may say otherwise, or say a time that is none.
pub(super) const RELEASE_HOLDS: &str = "
    insert into jobs (id, queue, name, version, payload, due_at, created_at)
    select gen_random_uuid(), $1::text, $2::text, $3::smallint, '{}'::jsonb,
           least(greatest(max(hold_until), $4::timestamptz), $4::timestamptz + interval '1 day'), $4::timestamptz
      from reservations where status = 'hold' group by booking_id";

/// Values are read as they were written; nobody waits for a hotel that is not there yet.
const SETTLE_IN: &str = "
    set local timezone = 'UTC'; set local datestyle = 'ISO'; set local intervalstyle = 'postgres'; set local statement_timeout = 0";

/// Whose house the data are to be.
pub(crate) struct House {
    pub(crate) tenant: TenantId,
    pub(crate) slug: Slug,
}

/// Looks an export through. It is whole, and of a schema this program knows.
pub(crate) async fn check(inlet: &mut Inlet) -> Result<Manifest, ExportError> {
    let mut check = Check::default();
    while let Some(bytes) = inlet.next().await? {
        check.feed(&bytes)?;
    }
    let manifest = check.finish()?;
    last_step(&manifest)?;
    Ok(manifest)
}

/// The number of the last step of an export's schema.
fn last_step(manifest: &Manifest) -> Result<i32, ExportError> {
    let contents = &manifest.contents;
    if contents.product != Product::Hotel.name() {
        return Err(ExportError::OtherProduct(contents.product.clone()));
    }
    match known(Product::Hotel, &contents.schema) {
        Known::Until(last) => Ok(last),
        Known::Newer => {
            Err(ExportError::Newer { theirs: contents.schema.clone(), ours: schema_version(Product::Hotel) })
        }
        Known::Never => Err(ExportError::NeverWas(contents.schema.clone())),
    }
}

/// Fills an empty database with an export that was looked through, at the export's own schema: whoever calls migrates on. The rows that
/// came in.
pub(crate) async fn fill(
    client: &mut Client,
    manifest: &Manifest,
    inlet: &mut Inlet,
    house: &House,
    clock: &Clock,
) -> Result<u64, ExportError> {
    match migrate_until(client, Product::Hotel, last_step(manifest)?).await {
        Ok(_) => {}
        Err(MigrateError::Newer { .. }) => return Err(ExportError::NotEmpty),
        Err(error) => return Err(error.into()),
    }
    if version_of(client, Product::Hotel).await? != manifest.contents.schema {
        return Err(ExportError::NotEmpty);
    }
    let tables = tables(client).await?;
    let tx = client.transaction().await.map_err(during("beginning an import"))?;
    tx.batch_execute(SETTLE_IN).await.map_err(during("beginning an import"))?;
    take_house(&tx, manifest, house, clock).await?;
    for table in tables.iter().rev() {
        tx.batch_execute(&table.empty()).await.map_err(during("emptying a table"))?;
    }
    let rows = pour(&tx, manifest, inlet, tables).await?;
    set_counters(&tx).await?;
    release_holds(&tx, clock).await?;
    let (was, taken_at) = (manifest.contents.hotel.tenant.0, manifest.contents.taken_at);
    let noted = tx.execute(NOTE, &[&clock.now(), &house.tenant.0, &was, &taken_at]).await;
    noted.map_err(during("noting an import"))?;
    tx.commit().await.map_err(during("ending an import"))?;
    Ok(rows)
}

async fn take_house(
    tx: &Transaction<'_>,
    manifest: &Manifest,
    house: &House,
    clock: &Clock,
) -> Result<(), ExportError> {
    let (tenant, slug, product) = (house.tenant.0, house.slug.as_str(), &manifest.contents.product);
    let taken = tx.execute(TAKE_HOUSE, &[&tenant, &slug, product, &clock.now()]).await;
    if taken.map_err(during("taking the house"))? == 1 { Ok(()) } else { Err(ExportError::NotEmpty) }
}

/// A table that is being filled in.
struct Pouring<'a> {
    table: &'a Table,
    /// What is left of its first line to come.
    header: Vec<u8>,
    lines: Pin<Box<CopyInSink<Bytes>>>,
}

/// Fills every table in, each once, as the manifest says; the rows that came in.
async fn pour(
    tx: &Transaction<'_>,
    manifest: &Manifest,
    inlet: &mut Inlet,
    tables: Vec<Table>,
) -> Result<u64, ExportError> {
    let mut missing: BTreeMap<String, Table> = tables.into_iter().map(|table| (table.entry(), table)).collect();
    let (mut unpacking, mut rows) = (Unpacking::new(manifest.clone()), 0);
    while let Some(entry) = next_entry(&mut unpacking, inlet).await? {
        let told = unpacking.part().and_then(|part| part.rows);
        match (missing.remove(&entry), told) {
            (Some(table), Some(told)) => rows += pour_table(tx, &table, told, &mut unpacking, inlet).await?,
            (None, None) if entry == hotelhub_export::README || entry == hotelhub_export::MANIFEST => {
                while let Some(_said) = next_bytes(&mut unpacking, inlet).await? {}
            }
            _ => return Err(ExportError::UnknownTable(entry)),
        }
    }
    match missing.into_values().next() {
        Some(table) => Err(ExportError::MissingTable(table.name)),
        None => Ok(rows),
    }
}

async fn pour_table(
    tx: &Transaction<'_>,
    table: &Table,
    told: u64,
    unpacking: &mut Unpacking,
    inlet: &mut Inlet,
) -> Result<u64, ExportError> {
    let lines = Box::pin(tx.copy_in(&table.copy_in()).await.map_err(during("filling a table in"))?);
    let mut pouring = Pouring { table, header: table.header().into_bytes(), lines };
    while let Some(bytes) = next_bytes(unpacking, inlet).await? {
        pouring.push(bytes).await?;
    }
    let found = pouring.end().await?;
    if found != told {
        return Err(ExportError::OtherRows { table: table.name.clone(), found, told });
    }
    let held_back: i64 =
        tx.query_one(&table.count_held_back(), &[]).await.map_err(during("looking at a table"))?.get(0);
    if held_back == 0 { Ok(found) } else { Err(ExportError::HeldBack(table.name.clone())) }
}

impl Pouring<'_> {
    /// Takes its first line off, which must be the table's own; the rest goes in.
    async fn push(&mut self, bytes: Vec<u8>) -> Result<(), ExportError> {
        let head = self.header.len().min(bytes.len());
        if self.header.get(..head) != bytes.get(..head) {
            return Err(ExportError::OtherColumns(self.table.name.clone()));
        }
        self.header.drain(..head);
        let rest = Bytes::from(bytes).slice(head..);
        if rest.is_empty() {
            return Ok(());
        }
        self.lines.send(rest).await.map_err(|error| self.broken(error))
    }

    async fn end(mut self) -> Result<u64, ExportError> {
        if !self.header.is_empty() {
            return Err(ExportError::OtherColumns(self.table.name.clone()));
        }
        self.lines.as_mut().finish().await.map_err(|error| self.broken(error))
    }

    /// What the database says of a row that breaks a rule is told without the row. A database that is full or goes down says nothing of the rows.
    fn broken(&self, error: tokio_postgres::Error) -> ExportError {
        match error.as_db_error().filter(|said| is_of_the_rows(said.code())) {
            Some(said) => {
                let rule = said.constraint().unwrap_or(said.code().code());
                ExportError::BreaksRule { table: self.table.name.clone(), said: rule.to_owned() }
            }
            None => during("filling a table in")(error),
        }
    }
}

/// Whether the rows themselves are refused: they cannot be read (22), break a rule (23), or are larger than a row may be (54).
/// <https://www.postgresql.org/docs/15/errcodes-appendix.html>
pub(super) fn is_of_the_rows(code: &SqlState) -> bool {
    ["22", "23", "54"].iter().any(|class| code.code().starts_with(class))
}

/// The next entry, or nothing at the end.
async fn next_entry(unpacking: &mut Unpacking, inlet: &mut Inlet) -> Result<Option<String>, ExportError> {
    loop {
        match next_event(unpacking, inlet).await? {
            Event::Begins(name) => return Ok(Some(name)),
            Event::Over => return Ok(None),
            Event::Bytes(_) | Event::Ends | Event::Hungry => {}
        }
    }
}

/// The next bytes of the entry that began, or nothing at its end.
async fn next_bytes(unpacking: &mut Unpacking, inlet: &mut Inlet) -> Result<Option<Vec<u8>>, ExportError> {
    match next_event(unpacking, inlet).await? {
        Event::Bytes(bytes) => Ok(Some(bytes)),
        _ => Ok(None),
    }
}

/// What comes next, fed as far as it needs.
async fn next_event(unpacking: &mut Unpacking, inlet: &mut Inlet) -> Result<Event, ExportError> {
    loop {
        match unpacking.step()? {
            Event::Hungry => match inlet.next().await? {
                Some(bytes) => unpacking.feed(&bytes),
                None => unpacking.feed_no_more(),
            },
            event => return Ok(event),
        }
    }
}

/// Has the rooms let go of that are held, when their time is over.
async fn release_holds(tx: &Transaction<'_>, clock: &Clock) -> Result<(), ExportError> {
    type Release = ReleaseExpiredHolds;
    let (queue, now) = (Release::POLICY.queue, clock.now());
    let noted = tx.execute(RELEASE_HOLDS, &[&queue, &Release::NAME, &Release::VERSION, &now]).await;
    noted.map(drop).map_err(during("noting when held rooms are let go of"))
}

/// Columns that count by themselves go on behind what came in.
async fn set_counters(tx: &Transaction<'_>) -> Result<(), ExportError> {
    let counting = during("setting a counter");
    for row in tx.query(COUNTERS, &[]).await.map_err(&counting)? {
        let (table, column, counter): (&str, &str, &str) = (row.get(0), row.get(1), row.get(2));
        let set = format!("select setval('{counter}'::regclass, max({column})) from {table}");
        tx.query(&set, &[]).await.map_err(&counting)?;
    }
    Ok(())
}
