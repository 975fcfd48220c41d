//! Tenants' houses made and let go of.
use std::time::Duration;

use hotelhub_kernel::TenantId;
use hotelhub_protocol::{ClusterId, Outcome, TenantSeed, is_shared};

use super::database::{self, DatabaseName, Step};
use super::{Admin, Fleet, FleetError, Parts, plant, retire, schema};

/// How long a connection that has planted its seed stays open.
const LINGER: Duration = Duration::from_millis(100);

impl Fleet {
    /// Drops a database that is nobody's house but one of these tenants', or one that tenants share and in which nobody lives.
    pub(super) async fn let_go(
        &self,
        (cluster, database): (&ClusterId, &str),
        whose: [Option<TenantId>; 2],
        halt: Option<Step>,
    ) -> Result<Outcome, FleetError> {
        let admin = self.admin(cluster)?;
        if is_shared(database) {
            schema::drop_shared(admin, database, halt).await?;
        } else {
            retire::database(admin, &DatabaseName::parse(database)?, whose.into_iter().flatten(), halt).await?;
        }
        Ok(Outcome::Gone)
    }

    /// Makes a tenant's house, or founds it in one that is ready.
    pub(super) async fn create(
        &self,
        (cluster, database): (&ClusterId, &str),
        seed: &TenantSeed,
        halt: Option<Step>,
    ) -> Result<(), FleetError> {
        let (admin, name) = (self.admin(cluster)?, DatabaseName::parse(database)?);
        let Parts { clock, ids, entropy, version, .. } = &*self.0;
        if !self.plant_standing(admin, database, seed).await? {
            let client = database::enter_or_make(admin, &name, version, entropy, halt).await?;
            plant(&client, clock, ids, seed).await?;
        }
        Step::Seed.done(halt)
    }

    /// Plants a seed by the connection that stands by. Not done where none does, or where it turns out to be gone.
    async fn plant_standing(&self, admin: &Admin, database: &str, seed: &TenantSeed) -> Result<bool, FleetError> {
        let Some(standing) = admin.take_standing(database) else { return Ok(false) };
        match standing.plant(&self.0.clock, &self.0.ids, seed).await {
            Err(error) if error.is_gone() => Ok(false),
            outcome => {
                // Its closing is the server's work too: not while the hotel opens.
                tokio::spawn(async move {
                    tokio::time::sleep(LINGER).await;
                    drop(standing);
                });
                outcome.map(|()| true)
            }
        }
    }
}
