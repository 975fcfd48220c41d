//! A connection to a ready-made database, opened before its tenant comes: a sign-up then waits for its rows alone.
use hotelhub_kernel::{Clock, Ids};
use hotelhub_protocol::TenantSeed;
use hotelhub_tenant_migrations::{Product, is_current};
use tokio_postgres::Client;

use super::FleetError;
use super::seed::Seeding;

/// The tenant's own way in, its seed's statements prepared.
pub(super) struct StandBy {
    database: String,
    client: Client,
    seeding: Seeding,
}

impl StandBy {
    /// Prepares a connection that was opened as the tenant will come. A database behind the schema is left to the order itself.
    pub(super) async fn at(database: &str, client: Client, clock: &Clock, ids: &Ids) -> Result<Self, FleetError> {
        if !is_current(&client, Product::Hotel).await? {
            return Err(FleetError::Behind);
        }
        let seeding = Seeding::prepare(&client).await?;
        seeding.rehearse(&client, clock, ids).await?;
        Ok(Self { database: database.to_owned(), client, seeding })
    }

    pub(super) fn is_at(&self, database: &str) -> bool {
        self.database == database
    }

    pub(super) fn lives(&self) -> bool {
        !self.client.is_closed()
    }

    /// Plants a seed. The connection has done its work then.
    pub(super) async fn plant(&self, clock: &Clock, ids: &Ids, seed: &TenantSeed) -> Result<(), FleetError> {
        self.seeding.plant(&self.client, clock, ids, seed).await
    }
}
