//! A tenant's database and its login role: cloned, closed to everybody, opened to one.
use hotelhub_kernel::{Entropy, sha256};
use hotelhub_protocol::Quarters;
use hotelhub_tenant_migrations::{Product, is_current};
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use super::password::scram_verifier;
use super::{Admin, FleetError, TENANT_GROUP, during, schema, template};

/// The name of a tenant's [`Quarters`]. That of a database of its own is its role's too.
pub(super) struct DatabaseName(String);

/// The steps of an order. A kill may come after any of them, and the next worker goes on from there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The clone stands, and nobody but an administrator uses it.
    Clone,
    /// PUBLIC is shut out, the role exists and may enter: one transaction, so that a role that can sign in proves the rest.
    Admit,
    /// The tenant's first rows are there: one transaction.
    Seed,
    /// The database is dropped, its role is not.
    Drop,
    /// A backup's data are in the store, its manifest is not.
    Copy,
    /// A backup's rows are in the new database, and nobody may enter it.
    Refill,
    /// A move's source is shown to the copy, and keeps its log for it.
    Link,
    /// A move's target copies.
    Subscribe,
    /// A move's writers are held.
    Hold,
    /// A move's source takes no writers any more, and nobody was told.
    Seal,
    /// A move's target is to be written to, which the source knows and the target does not.
    PassOn,
    /// One end of a move has let go, the other has not.
    Unlink,
    /// A base backup is unpacked beside.
    Unpack,
    /// A server beside stands at the instant that was asked for.
    Rewind,
}

impl Step {
    /// Stops here if a test wants it so.
    pub(super) fn done(self, halt: Option<Self>) -> Result<(), FleetError> {
        if halt == Some(self) { Err(FleetError::Halted) } else { Ok(()) }
    }
}

impl DatabaseName {
    /// Reads a name exactly as the control plane gives it.
    pub(super) fn parse(text: &str) -> Result<Self, FleetError> {
        let name = || FleetError::BadName(text.to_owned());
        Quarters::parse(text).map(|_| Self(text.to_owned())).ok_or_else(name)
    }

    /// Where that is.
    pub(super) fn quarters(&self) -> Quarters<'_> {
        Quarters::parse(&self.0).expect("it was read before")
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// The number of the lock under which it is made.
    pub(super) fn lock(&self) -> i64 {
        lock_of(&self.0)
    }
}

/// The number of the lock under which what bears this name is made.
pub(super) fn lock_of(name: &str) -> i64 {
    i64::from_be_bytes(sha256(name.as_bytes()).first_chunk().copied().unwrap_or_default())
}

/// Goes in as the tenant; makes the database first if there is no way in.
pub(super) async fn enter_or_make(
    admin: &Admin,
    name: &DatabaseName,
    version: &str,
    entropy: &Entropy,
    halt: Option<Step>,
) -> Result<Client, FleetError> {
    let client = match admin.enter_as_tenant(&name.0).await {
        Ok(client) => client,
        Err(error) if error.code().is_some_and(|code| NO_WAY_IN.contains(code)) => {
            make(admin, name, version, entropy, halt).await?;
            admin.enter_as_tenant(&name.0).await?
        }
        Err(error) => return Err(error),
    };
    if is_current(&client, Product::Hotel).await? {
        return Ok(client);
    }
    // A database made ready before an upgrade is behind. One connection at a time: two orders that each held one and waited for a second
    // would wait for one another.
    drop(client);
    let mut inside = admin.enter(&name.0).await?;
    template::bring_up_to_date(&mut inside).await?;
    drop(inside);
    admin.enter_as_tenant(&name.0).await
}

/// What Postgres answers while the database, its role or the role's grant is not there.
const NO_WAY_IN: &[SqlState] = &[
    SqlState::INVALID_CATALOG_NAME,
    SqlState::INVALID_PASSWORD,
    SqlState::INVALID_AUTHORIZATION_SPECIFICATION,
    SqlState::INSUFFICIENT_PRIVILEGE,
];

/// Makes a database, or a schema in a shared one, that waits for its tenant.
pub(super) async fn make(
    admin: &Admin,
    name: &DatabaseName,
    version: &str,
    entropy: &Entropy,
    halt: Option<Step>,
) -> Result<(), FleetError> {
    let verifier = scram_verifier(&admin.keys().password(name.quarters().role()), entropy);
    if let Quarters::Schema { .. } = name.quarters() {
        return schema::make(admin, name, &verifier, halt).await;
    }
    let lent = admin.lend().await?;
    lent.lock(name.lock()).await?;
    clone(lent.client(), name, version).await?;
    Step::Clone.done(halt)?;
    admit(lent.client(), name, &verifier).await?;
    Step::Admit.done(halt)?;
    lent.give_back().await
}

async fn clone(client: &Client, DatabaseName(name): &DatabaseName, version: &str) -> Result<(), FleetError> {
    let create = format!("create database {name} template {} strategy wal_log", template::name(version));
    match client.batch_execute(&create).await {
        Err(error) if error.code() == Some(&SqlState::DUPLICATE_DATABASE) => Ok(()),
        outcome => outcome.map_err(during("cloning the template")),
    }
}

/// Makes an empty database that nobody but an administrator enters.
pub(super) async fn make_empty(client: &Client, name: &str) -> Result<(), FleetError> {
    let making = during("making the database");
    let create = format!("create database {name} template template0 encoding 'UTF8' locale 'C.UTF-8'");
    client.batch_execute(&create).await.map_err(&making)?;
    client.batch_execute(&format!("revoke all on database {name} from public")).await.map_err(&making)
}

/// Makes the role of a database and shuts everybody else out; safe twice.
pub(super) async fn admit(client: &Client, name: &DatabaseName, verifier: &str) -> Result<(), FleetError> {
    let DatabaseName(role) = name;
    let rest = format!("revoke all on database {role} from public; grant connect on database {role} to {role}");
    let create = format!("create role {role} login password '{verifier}' in role {TENANT_GROUP}; {rest}");
    match client.batch_execute(&create).await {
        // It was made before, perhaps with the password of an older key.
        Err(error) if error.code() == Some(&SqlState::DUPLICATE_OBJECT) => {
            renew_password(client, name, verifier).await?;
            let renew = format!("grant {TENANT_GROUP} to {role}; {rest}");
            client.batch_execute(&renew).await.map_err(during("renewing the database's role"))
        }
        outcome => outcome.map_err(during("making the database's role")),
    }
}

/// Gives a database's role another password.
pub(super) async fn renew_password(
    client: &Client,
    DatabaseName(role): &DatabaseName,
    verifier: &str,
) -> Result<(), FleetError> {
    let renew = format!("alter role {role} password '{verifier}'");
    client.batch_execute(&renew).await.map_err(during("renewing the role's password"))
}
