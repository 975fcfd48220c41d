//! A hotel's data on their way out, in one snapshot.
use futures_util::TryStreamExt as _;
use hotelhub_export::{Contents, Hotel, Manifest, Owner, Packing};
use hotelhub_kernel::{Clock, TenantId};
use hotelhub_protocol::HowFar;
use hotelhub_tenant_migrations::{Product, version_of};
use tokio_postgres::Client;

use super::tables::{Table, tables};
use super::{ExportError, Outlet, SETTLE_DOWN, during};
use crate::progress;

pub(super) const WHOSE_HOUSE: &str = "select tenant_id, slug, product from house";
pub(super) const HOTEL: &str = "
    select name, time_zone, (select count(*) from rooms) as rooms from properties order by created_at limit 1";
pub(super) const OWNER: &str = "
    select name, email, phone from users where 'owner' = any(roles) and status = 'active' order by created_at, id limit 1";

/// Packs all of a hotel's data, and says how far it is. The connection is then used up: it stays in its snapshot.
pub(crate) async fn pack(client: &Client, outlet: &mut Outlet, clock: &Clock) -> Result<Manifest, ExportError> {
    client.batch_execute(SETTLE_DOWN).await.map_err(during("beginning an export"))?;
    let mut packing = Packing::new(contents(client, clock).await?);
    let counted = counted(client).await?;
    let mut out = Out { client, outlet, far: in_all(&counted) };
    out.write(&packing.introduce()?).await?;
    for (table, rows) in &counted {
        out.pack_table(table, *rows, &mut packing).await?;
    }
    let (manifest, end) = packing.finish()?;
    out.write(&end).await?;
    Ok(manifest)
}

/// The tables that go, each with its rows in this snapshot.
async fn counted(client: &Client) -> Result<Vec<(Table, u64)>, ExportError> {
    let mut counted = Vec::new();
    for table in tables(client).await? {
        let rows = client.query_one(&table.count(), &[]).await.map_err(during("counting a table"))?;
        progress::made();
        counted.push((table, u64::try_from(rows.get::<_, i64>(0)).unwrap_or(0)));
    }
    Ok(counted)
}

/// Nothing is done yet.
fn in_all(counted: &[(Table, u64)]) -> HowFar {
    let rows = counted.iter().fold(0, |sum: u64, (_, rows)| sum.saturating_add(*rows));
    HowFar { tables: u32::try_from(counted.len()).unwrap_or(u32::MAX), rows, ..HowFar::default() }
}

/// What is on its way out.
struct Out<'a> {
    client: &'a Client,
    outlet: &'a mut Outlet,
    far: HowFar,
}

impl Out<'_> {
    async fn write(&mut self, packed: &[u8]) -> Result<(), ExportError> {
        self.outlet.write(packed).await?;
        self.far.bytes += packed.len() as u64;
        progress::reached(self.far);
        Ok(())
    }

    async fn pack_table(&mut self, table: &Table, rows: u64, packing: &mut Packing) -> Result<(), ExportError> {
        let (copying, before) = (during("copying a table out"), self.far.rows_done);
        self.write(&packing.begin(&table.entry())?).await?;
        let mut lines = Box::pin(self.client.copy_out(&table.copy_out()).await.map_err(&copying)?);
        // The names of its columns come first; each line is a message.
        let mut lines_read: u64 = 0;
        while let Some(bytes) = lines.try_next().await.map_err(&copying)? {
            self.far.rows_done = before + lines_read.min(rows);
            lines_read += 1;
            let packed = packing.push(&bytes)?;
            if !packed.is_empty() {
                self.write(&packed).await?;
            }
        }
        self.far.rows_done = before + rows;
        self.far.tables_done += 1;
        self.write(&packing.end(Some(rows))?).await
    }
}

async fn contents(client: &Client, clock: &Clock) -> Result<Contents, ExportError> {
    let asking = during("asking whose house it is");
    let house = client.query_opt(WHOSE_HOUSE, &[]).await.map_err(&asking)?.ok_or(ExportError::NoHouse)?;
    let hotel = client.query_opt(HOTEL, &[]).await.map_err(&asking)?.ok_or(ExportError::NoHouse)?;
    let owner = client.query_opt(OWNER, &[]).await.map_err(&asking)?;
    let of_owner = |column: &str| owner.as_ref().map(|row| row.get(column)).unwrap_or_default();
    Ok(Contents {
        product: house.get("product"),
        schema: version_of(client, Product::Hotel).await?,
        taken_at: clock.now(),
        hotel: Hotel {
            tenant: TenantId(house.get("tenant_id")),
            slug: house.get("slug"),
            name: hotel.get("name"),
            time_zone: hotel.get("time_zone"),
            rooms: u32::try_from(hotel.get::<_, i64>("rooms")).unwrap_or(u32::MAX),
        },
        owner: Owner { name: of_owner("name"), email: of_owner("email"), phone: of_owner("phone") },
    })
}
