//! A tenant's database and its login role: cloned, closed to everybody, opened to one.
use hotelhub_kernel::{Entropy, sha256};
use hotelhub_tenant_migrations::{Product, is_current};
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use super::password::scram_verifier;
use super::{Admin, FleetError, TENANT_GROUP, during, template};

/// `t_` and 32 hexadecimal digits: the name of a database and of its role, safe to write into SQL.
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
        let digits = text.strip_prefix("t_").unwrap_or_default();
        let good = digits.len() == 32 && digits.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if good { Ok(Self(text.to_owned())) } else { Err(FleetError::BadName(text.to_owned())) }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// The number of the lock under which it is made.
    pub(super) fn lock(&self) -> i64 {
        let head = sha256(self.0.as_bytes()).first_chunk().copied().unwrap_or_default();
        i64::from_be_bytes(head)
    }
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

/// Makes a database that waits for its tenant.
pub(super) async fn make(
    admin: &Admin,
    name: &DatabaseName,
    version: &str,
    entropy: &Entropy,
    halt: Option<Step>,
) -> Result<(), FleetError> {
    let lent = admin.lend().await?;
    lent.lock(name.lock()).await?;
    clone(lent.client(), name, version).await?;
    Step::Clone.done(halt)?;
    let verifier = scram_verifier(&admin.keys().password(&name.0), entropy);
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
