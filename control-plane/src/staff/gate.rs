//! What stands before every password of staff: throttles, and a queue so that hashing never stalls other requests.
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use hotelhub_identity::{Password, PasswordHash, Throttle as Rule};
use hotelhub_kernel::{Clock, Entropy};
use hotelhub_web::limits::Throttle;
use hotelhub_web::{AppError, Kind, Result};
use redis::aio::ConnectionManager;
use tokio::sync::Semaphore;

/// How long a sign-in waits for its turn to be hashed.
const PATIENCE: Duration = Duration::from_secs(10);

/// One per process; clones share it.
#[derive(Clone)]
pub struct Gate {
    accounts: Throttle,
    addresses: Throttle,
    links: Throttle,
    hashing: Arc<Semaphore>,
}

impl Gate {
    /// A gate that counts in Redis when there is one, and hashes as many passwords at once as there are cores.
    pub fn new(clock: &Clock, redis: Option<&ConnectionManager>) -> Self {
        let throttle = |name, rule: Rule| Throttle::new(name, rule.tries, rule.window, clock).shared(redis.cloned());
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            accounts: throttle("staff-account", Rule::ACCOUNT),
            addresses: throttle("staff-address", Rule::ADDRESS),
            links: throttle("staff-links", Rule::LINKS),
            hashing: Arc::new(Semaphore::new(cores)),
        }
    }

    /// Counts a try from an address, whatever the account; 429 when there were too many.
    pub(super) async fn admit_address(&self, address: IpAddr) -> Result<()> {
        self.addresses.admit(&address.to_string()).await
    }

    /// Counts a try at an account, whoever tries; 429 when there were too many.
    pub(super) async fn admit_account(&self, email: &str) -> Result<()> {
        self.accounts.admit(email).await
    }

    /// Counts a try of a link from an address; 429 when there were too many.
    pub(super) async fn admit_link(&self, address: IpAddr) -> Result<()> {
        self.links.admit(&address.to_string()).await
    }

    /// Forgets the failures of an account that got in.
    pub(super) async fn forgive(&self, email: &str) {
        self.accounts.forgive(email).await;
    }

    /// Whether this is the password. Takes the same time for an account that does not exist; never true for it.
    pub(super) async fn matches(&self, text: String, hash: Option<PasswordHash>) -> Result<bool> {
        let check = move || match hash {
            Some(hash) => Password::matches(&text, &hash),
            None => Password::pretend(&text),
        };
        self.hashed(check).await
    }

    /// Hashes a new password of the account described by `about`, or says why it is too weak.
    pub(super) async fn hash(&self, text: String, about: [String; 2], entropy: &Entropy) -> Result<PasswordHash> {
        let (entropy, [email, name]) = (entropy.clone(), about);
        let hashed = self.hashed(move || Password::hash_for(&text, &[&email, &name], &entropy)).await?;
        hashed.map_err(|why| {
            let detail = format!("Choose another password: {why}.");
            AppError::new(Kind::Invalid, "weak-password", detail).field("password", why.to_string())
        })
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
