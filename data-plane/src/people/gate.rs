//! What stands before every password: throttles, and a queue so that hashing never stalls other requests.
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use hotelhub_export::Sealing;
use hotelhub_identity::{Password, PasswordHash, Throttle as Rule, WeakPassword};
use hotelhub_kernel::{Clock, Entropy, Secret};
use hotelhub_web::limits::Throttle;
use hotelhub_web::{AppError, Kind, Result};
use redis::aio::ConnectionManager;
use tokio::sync::Semaphore;

use super::model::Email;
use crate::tenancy::Tenant;

/// How long a sign-in waits for its turn to be hashed.
const PATIENCE: Duration = Duration::from_secs(10);

/// One per process.
pub struct Gate {
    accounts: Throttle,
    addresses: Throttle,
    links: Throttle,
    letters: Throttle,
    hashing: Arc<Semaphore>,
}

impl Gate {
    /// A gate that counts in Redis when there is one, and hashes as many passwords at once as there are cores.
    pub fn new(clock: &Clock, redis: Option<ConnectionManager>) -> Self {
        let throttle = |name, rule: Rule| Throttle::new(name, rule.tries, rule.window, clock).shared(redis.clone());
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            accounts: throttle("sign-in-account", Rule::ACCOUNT),
            addresses: throttle("sign-in-address", Rule::ADDRESS),
            links: throttle("links", Rule::LINKS),
            letters: throttle("letters", Rule::LETTERS),
            hashing: Arc::new(Semaphore::new(cores)),
        }
    }

    /// Counts a try of a password or a code, by account and by address; 429 when there were too many.
    pub(crate) async fn admit(&self, tenant: &Tenant, email: &Email, address: IpAddr) -> Result<()> {
        self.addresses.admit(&address.to_string()).await?;
        self.accounts.admit(&account_key(tenant, email)).await
    }

    /// Forgets the failures of an account that got in. Those of its address stay: others share it.
    pub(crate) async fn forgive(&self, tenant: &Tenant, email: &Email) {
        self.accounts.forgive(&account_key(tenant, email)).await;
    }

    /// Counts a try of a link, or a letter asked for, by address.
    pub(crate) async fn admit_link(&self, address: IpAddr) -> Result<()> {
        self.links.admit(&address.to_string()).await
    }

    /// Counts a letter asked for, by the account that would get it.
    pub(crate) async fn admit_letter(&self, tenant: &Tenant, email: &Email) -> Result<()> {
        self.letters.admit(&account_key(tenant, email)).await
    }

    /// Whether this is the password. Takes the same time for an account without one; never true for it.
    pub(crate) async fn matches(&self, text: String, hash: Option<PasswordHash>) -> Result<bool> {
        self.hashed(move || match hash {
            Some(hash) => Password::matches(&text, &hash),
            None => Password::pretend(&text),
        })
        .await
    }

    /// Hashes a new password of the account described by `about`, or says why it is too weak.
    pub(crate) async fn hash(&self, text: String, about: [String; 2], entropy: &Entropy) -> Result<PasswordHash> {
        let entropy = entropy.clone();
        let [email, name] = about;
        self.hashed(move || Password::hash_for(&text, &[&email, &name], &entropy)).await?.map_err(weak)
    }

    /// Makes the key of a passphrase that an export is sealed with: as dear as a password, so it waits in the same line.
    pub(crate) async fn seal(&self, passphrase: Secret<String>, entropy: &Entropy) -> Result<(Sealing, Vec<u8>)> {
        let entropy = entropy.clone();
        self.hashed(move || Sealing::begin(&passphrase, &entropy)).await
    }

    async fn hashed<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let busy = || AppError::new(Kind::Unavailable, "busy", "Many people sign in just now. Please try again.");
        let turn = tokio::time::timeout(PATIENCE, self.hashing.clone().acquire_owned()).await;
        let turn = turn.map_err(|_| busy().retry_after(2))?.map_err(AppError::internal)?;
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(turn);
            done
        });
        done.await.map_err(AppError::internal)
    }
}

fn account_key(tenant: &Tenant, email: &Email) -> String {
    format!("{}:{}", tenant.id(), email.as_str())
}

/// The problem of a password that is too weak.
fn weak(why: WeakPassword) -> AppError {
    let detail = format!("Choose another password: {why}.");
    AppError::new(Kind::Invalid, "weak-password", detail).field("password", why.to_string())
}
