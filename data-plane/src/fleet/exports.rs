//! A hotel's data written into the exchange, and an exported hotel taken out of it.
use hotelhub_export::Manifest;
use hotelhub_kernel::{Clock, TenantId};
use hotelhub_protocol::{Arrival, BackedUp, ClusterId, Outcome, Restored};
use hotelhub_vault::{Place, Shelf};
use tokio::time::Instant;

use super::backups::millis_since;
use super::chores::table_by_table;
use super::database::{DatabaseName, Step};
use super::filling::Site;
use super::{Fleet, FleetError, Parts, keys};
use crate::exports::{House, Inlet, Outlet, check, fill, pack};

impl Fleet {
    /// Writes an export of a tenant's data, read as the tenant itself reads them. It counts when this has ended.
    pub(super) async fn export(
        &self,
        (cluster, database): (&ClusterId, &str),
        place: Place,
        halt: Option<Step>,
    ) -> Result<Outcome, FleetError> {
        let (admin, name, exchange) = (self.admin(cluster)?, DatabaseName::parse(database)?, self.exchange()?);
        let Parts { clock, entropy, .. } = &*self.0;
        let began = Instant::now();
        if admin.keys().are_turning() {
            keys::renewed(admin, entropy, name.quarters().role()).await?;
        }
        let client = admin.enter_as_tenant(name.as_str()).await?;
        // What an attempt before left of it is as long as the hotel.
        exchange.remove(place).await?;
        let mut outlet = Outlet::shelf(exchange.take(place).await?);
        let manifest = pack(&client, &mut outlet, clock).await?;
        let contents = &manifest.contents;
        if contents.hotel.tenant != place.tenant {
            return Err(FleetError::Taken { owner: contents.hotel.tenant.to_string() });
        }
        let Some(digest) = outlet.finish().await? else { return Err(FleetError::NoExchange) };
        Step::Copy.done(halt)?;
        exchange.vouch_for_file(place, &digest, (contents.taken_at, &contents.schema)).await?;
        Ok(Outcome::Exported(BackedUp {
            taken_at: contents.taken_at,
            took_ms: millis_since(began),
            schema: contents.schema.clone(),
            rows: manifest.rows(),
            stored_bytes: digest.plain_bytes,
            sha256: digest.sha256,
        }))
    }

    /// Fills a new database, or a new schema of a shared one, with an exported hotel. What an attempt before left unfinished is dropped
    /// first; what it finished stays.
    pub(super) async fn import(
        &self,
        (cluster, database): (&ClusterId, &str),
        wanted: &Arrival,
        halt: Option<Step>,
    ) -> Result<Outcome, FleetError> {
        let (admin, name, exchange) = (self.admin(cluster)?, DatabaseName::parse(database)?, self.exchange()?);
        let Parts { clock, entropy, version, .. } = &*self.0;
        let began = Instant::now();
        let manifest = check(&mut inlet(exchange, wanted)).await?;
        let lent = admin.lend().await?;
        lent.lock(name.lock()).await?;
        let site = Site { admin, lent: &lent, name: &name };
        let mark = format!("{} imported from {}", wanted.tenant, wanted.import);
        if !site.is_filled(&mark).await? {
            site.must_be_nobodys(&[wanted.tenant]).await?;
            let filled = take_in(&site, exchange, (wanted, &manifest), clock).await;
            let filled = filled.and_then(|()| Step::Refill.done(halt));
            if filled.as_ref().is_err_and(|error| !matches!(error, FleetError::Halted)) {
                site.drop_it().await?;
            }
            filled?;
            site.put_mark(&mark).await?;
        }
        site.open(entropy).await?;
        lent.give_back().await?;
        let rows = manifest.rows();
        tracing::info!(database, tenant = %wanted.tenant, rows, "an export is taken in");
        Ok(Outcome::Imported(Restored { template: version.clone(), took_ms: millis_since(began), rows }))
    }
}

async fn take_in(
    site: &Site<'_>,
    exchange: &Shelf,
    (wanted, manifest): (&Arrival, &Manifest),
    clock: &Clock,
) -> Result<(), FleetError> {
    site.make_empty().await?;
    let mut inside = site.admin.enter(site.name.as_str()).await?;
    let house = House { tenant: wanted.tenant, slug: wanted.slug.clone() };
    fill(&mut inside, manifest, &mut inlet(exchange, wanted), &house, clock).await?;
    // Its own tables: others may lie in the same database.
    table_by_table(&inside, "analyze").await
}

/// The pieces of the file, one after the other.
fn inlet(exchange: &Shelf, wanted: &Arrival) -> Inlet {
    let place = |&piece| Place { tenant: TenantId(wanted.import), backup: piece };
    Inlet::shelf(exchange.clone(), wanted.pieces.iter().map(place).collect())
}
