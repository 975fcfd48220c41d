//! The keys of a server that its tenants' passwords derive from, and how they are turned while it serves.
use hotelhub_kernel::{Entropy, Key, Secret, hex, sha256};
use tokio_postgres::error::SqlState;

use super::database::{self, DatabaseName};
use super::password::scram_verifier;
use super::{Admin, FleetError, login_password};

/// The keys of one server, the newest first. More than one while they are turned.
#[derive(Clone)]
pub struct ClusterKeys {
    newest: Key,
    older: Vec<Key>,
}

/// How the roles of a server stood after a walk through them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Turned {
    /// Roles that had the newest password before.
    pub current: usize,
    /// Roles that have it now.
    pub renewed: usize,
    /// Roles that could not be looked at or changed.
    pub left: usize,
}

impl ClusterKeys {
    /// One key alone.
    pub fn of(newest: Key) -> Self {
        Self { newest, older: Vec::new() }
    }

    /// One more that some roles may still have their password from.
    pub fn push_older(&mut self, key: Key) {
        self.older.push(key);
    }

    /// Whether roles may have passwords of different keys.
    pub(super) fn are_turning(&self) -> bool {
        !self.older.is_empty()
    }

    /// What tells the newest key from others in a log: the first eight digits of its SHA-256.
    pub fn fingerprint(&self) -> String {
        let mut digits = hex(&sha256(self.newest.expose()));
        digits.truncate(8);
        digits
    }

    /// The password that every role is to have.
    pub(super) fn password(&self, role: &str) -> Secret<String> {
        login_password(&self.newest, role)
    }

    /// Every password that a role may have now, the newest first.
    pub(crate) fn passwords(&self, role: &str) -> impl Iterator<Item = Secret<String>> {
        std::iter::once(&self.newest).chain(&self.older).map(move |key| login_password(key, role))
    }
}

/// Gives each of these roles the newest password that has an older one. Connections that are open stay open.
pub(super) async fn turn(admin: &Admin, entropy: &Entropy, roles: &[String]) -> Turned {
    let mut turned = Turned::default();
    for (done, role) in roles.iter().enumerate() {
        admin.show_older(roles.len() - done + turned.left);
        match renewed(admin, entropy, role).await {
            Ok(true) => turned.renewed += 1,
            Ok(false) => turned.current += 1,
            Err(error) => {
                tracing::warn!(role, reason = error.reason(), "a role could not be given the newest password");
                turned.left += 1;
            }
        }
    }
    admin.show_older(turned.left);
    turned
}

/// Sees to it that a role has the newest password; whether it had to be given it.
pub(super) async fn renewed(admin: &Admin, entropy: &Entropy, role: &str) -> Result<bool, FleetError> {
    let name = DatabaseName::parse(role)?;
    if has_newest(admin, role).await? {
        return Ok(false);
    }
    let lent = admin.lend().await?;
    lent.lock(name.lock()).await?;
    let verifier = scram_verifier(&admin.keys().password(role), entropy);
    database::renew_password(lent.client(), &name, &verifier).await?;
    lent.give_back().await?;
    Ok(true)
}

/// What is answered to the right password where there is no database, or one that nobody enters any more.
const NO_DATABASE: [SqlState; 2] = [SqlState::INVALID_CATALOG_NAME, SqlState::INSUFFICIENT_PRIVILEGE];

/// Whether the newest password opens. Postgres looks for the database, and whether it may be entered, only after the password was right.
async fn has_newest(admin: &Admin, role: &str) -> Result<bool, FleetError> {
    match admin.enter_as_tenant(role).await {
        Ok(_) => Ok(true),
        Err(error) if error.code() == Some(&SqlState::INVALID_PASSWORD) => Ok(false),
        Err(error) if error.code().is_some_and(|code| NO_DATABASE.contains(code)) => Ok(true),
        Err(error) => Err(error),
    }
}
