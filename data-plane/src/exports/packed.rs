//! A hotel's data on their way out, in one snapshot.
use futures_util::TryStreamExt as _;
use hotelhub_export::{Contents, Hotel, Manifest, Owner, Packing};
use hotelhub_kernel::{Clock, TenantId};
use hotelhub_tenant_migrations::{Product, version_of};
use tokio_postgres::Client;

use super::tables::{Table, tables};
use super::{ExportError, Outlet, SETTLE_DOWN, during};

pub(super) const WHOSE_HOUSE: &str = "select tenant_id, slug, product from house";
pub(super) const HOTEL: &str = "
    select name, time_zone, (select count(*) from rooms) as rooms from properties order by created_at limit 1";
pub(super) const OWNER: &str = "
    select name, email, phone from users where 'owner' = any(roles) and status = 'active' order by created_at, id limit 1";

/// Packs all of a hotel's data. The connection is then used up: it stays in its snapshot.
pub(crate) async fn pack(client: &Client, outlet: &mut Outlet, clock: &Clock) -> Result<Manifest, ExportError> {
    client.batch_execute(SETTLE_DOWN).await.map_err(during("beginning an export"))?;
    let mut packing = Packing::new(contents(client, clock).await?);
    outlet.write(&packing.introduce()?).await?;
    for table in tables(client).await? {
        pack_table(client, &table, &mut packing, outlet).await?;
    }
    let (manifest, end) = packing.finish()?;
    outlet.write(&end).await?;
    Ok(manifest)
}

async fn pack_table(
    client: &Client,
    table: &Table,
    packing: &mut Packing,
    outlet: &mut Outlet,
) -> Result<(), ExportError> {
    let copying = during("copying a table out");
    let rows: i64 = client.query_one(&table.count(), &[]).await.map_err(&copying)?.get(0);
    outlet.write(&packing.begin(&table.entry())?).await?;
    let mut lines = Box::pin(client.copy_out(&table.copy_out()).await.map_err(&copying)?);
    while let Some(bytes) = lines.try_next().await.map_err(&copying)? {
        let packed = packing.push(&bytes)?;
        if !packed.is_empty() {
            outlet.write(&packed).await?;
        }
    }
    outlet.write(&packing.end(u64::try_from(rows).ok())?).await
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
