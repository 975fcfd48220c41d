//! A new database, or a new schema of a shared one, that something is filled into. Nobody enters it before it bears its mark, and then it
//! gets its role: one with a role and without the mark is served, and left alone.
use hotelhub_kernel::{Entropy, TenantId};
use hotelhub_protocol::Quarters;
use tokio_postgres::error::SqlState;

use super::admin::Lent;
use super::database::{self, DatabaseName, admit};
use super::password::scram_verifier;
use super::{Admin, FleetError, during, retire, schema, template};

pub(super) const ROLE: &str = "select from pg_roles where rolname = $1";
pub(super) const MARK: &str = "select shobj_description(oid, 'pg_database') from pg_database where datname = $1";
pub(super) const SCHEMA_MARK: &str = "select obj_description(oid, 'pg_namespace') from pg_namespace where nspname = $1";

/// The place that is filled, and who fills it.
pub(super) struct Site<'a> {
    pub(super) admin: &'a Admin,
    /// Holds the lock of its name.
    pub(super) lent: &'a Lent<'a>,
    pub(super) name: &'a DatabaseName,
}

impl Site<'_> {
    /// Whether an attempt before filled it: it bears the mark then. One that bears another is somebody's.
    pub(super) async fn is_filled(&self, mark: &str) -> Result<bool, FleetError> {
        match self.mark().await? {
            Some(found) if found == mark => Ok(true),
            Some(found) => Err(FleetError::Taken { owner: found }),
            None => Ok(false),
        }
    }

    async fn mark(&self) -> Result<Option<String>, FleetError> {
        let looking = during("looking for the mark");
        let found = match self.name.quarters() {
            Quarters::Database(alone) => self.lent.client().query_opt(MARK, &[&alone]).await,
            Quarters::Schema { schema, .. } => match self.admin.enter(self.name.as_str()).await {
                Err(error) if error.code() == Some(&SqlState::INVALID_CATALOG_NAME) => return Ok(None),
                inside => inside?.query_opt(SCHEMA_MARK, &[&schema]).await,
            },
        };
        Ok(found.map_err(looking)?.and_then(|row| row.get(0)))
    }

    /// Refuses what somebody may enter or what is another house than one of these, whatever the order says: what is served is never dropped.
    pub(super) async fn must_be_nobodys(&self, houses: &[TenantId]) -> Result<(), FleetError> {
        let role = self.name.quarters().role();
        let found = self.lent.client().query_opt(ROLE, &[&role]).await.map_err(during("looking for the role"))?;
        if found.is_some() {
            return Err(FleetError::Taken { owner: format!("the role {role}") });
        }
        match retire::owner(self.admin, self.name).await? {
            Some(owner) if !houses.contains(&owner) => Err(FleetError::Taken { owner: owner.to_string() }),
            _ => Ok(()),
        }
    }

    /// Drops what was not finished, or what was only looked at.
    pub(super) async fn drop_it(&self) -> Result<(), FleetError> {
        match self.name.quarters() {
            Quarters::Schema { .. } => schema::drop_one(self.admin, self.name, None).await,
            Quarters::Database(alone) => {
                let drop = format!("drop database if exists {alone} with (force)");
                self.lent.client().batch_execute(&drop).await.map_err(during("dropping what was not finished"))
            }
        }
    }

    /// Makes it anew, with nothing in it.
    pub(super) async fn make_empty(&self) -> Result<(), FleetError> {
        match self.name.quarters() {
            Quarters::Schema { .. } => schema::make_empty(self.admin, self.name).await,
            Quarters::Database(alone) => {
                self.drop_it().await?;
                database::make_empty(self.lent.client(), alone).await
            }
        }
    }

    /// Writes down that all of it is there.
    pub(super) async fn put_mark(&self, mark: &str) -> Result<(), FleetError> {
        let marking = during("marking what was filled");
        match self.name.quarters() {
            Quarters::Database(alone) => {
                let mark = format!("comment on database {alone} is '{mark}'");
                self.lent.client().batch_execute(&mark).await.map_err(marking)
            }
            Quarters::Schema { schema, .. } => {
                let mark = format!("comment on schema {schema} is '{mark}'");
                self.admin.enter(self.name.as_str()).await?.batch_execute(&mark).await.map_err(marking)
            }
        }
    }

    /// Brings it to this worker's schema, also where an older one had filled it, and lets its tenant in.
    pub(super) async fn open(&self, entropy: &Entropy) -> Result<(), FleetError> {
        let verifier = scram_verifier(&self.admin.keys().password(self.name.quarters().role()), entropy);
        match self.name.quarters() {
            Quarters::Schema { .. } => schema::open(self.admin, self.name, &verifier).await,
            Quarters::Database(alone) => {
                template::bring_up_to_date(&mut self.admin.enter(alone).await?).await?;
                admit(self.lent.client(), self.name, &verifier).await
            }
        }
    }
}
