//! What wakes a waiting request or loop: this process's own commits at once, other processes' through NOTIFY.
use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::PgListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Something that waiters wait for. A wake may be false; whoever is woken looks into the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// The routing table changed.
    Routes,
    /// There is a work order.
    Orders,
    /// There is a letter.
    Letters,
    /// A sign-up is ready or failed.
    Signups,
}

impl Wake {
    const ALL: [Self; 4] = [Self::Routes, Self::Orders, Self::Letters, Self::Signups];

    /// The channel of NOTIFY.
    pub fn channel(self) -> &'static str {
        match self {
            Self::Routes => "routes",
            Self::Orders => "orders",
            Self::Letters => "letters",
            Self::Signups => "signups",
        }
    }
}

/// One counter per kind of wake; clones share them.
#[derive(Clone, Debug)]
pub struct Wakes(Arc<[watch::Sender<u64>; 4]>);

/// A waiter's ear.
#[derive(Debug)]
pub struct Ear(watch::Receiver<u64>);

impl Wakes {
    /// Nobody waits yet.
    pub fn new() -> Self {
        Self(Arc::new(std::array::from_fn(|_| watch::Sender::new(0))))
    }

    /// Wakes everybody in this process who waits for it.
    pub fn wake(&self, wake: Wake) {
        self.sender(wake).send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Hears every wake from now on. Take the ear before looking into the database.
    pub fn listen(&self, wake: Wake) -> Ear {
        Ear(self.sender(wake).subscribe())
    }

    fn sender(&self, wake: Wake) -> &watch::Sender<u64> {
        let [routes, orders, letters, signups] = &*self.0;
        match wake {
            Wake::Routes => routes,
            Wake::Orders => orders,
            Wake::Letters => letters,
            Wake::Signups => signups,
        }
    }

    /// Passes on what other processes tell through the database, until `stop`. A lost connection wakes everybody once it is back.
    pub async fn relay(&self, pool: &PgPool, stop: CancellationToken) {
        let listening = async {
            loop {
                if let Err(error) = self.relay_once(pool).await {
                    tracing::warn!(error = &error as &dyn std::error::Error, "not hearing other processes");
                }
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        };
        tokio::select! { () = stop.cancelled() => {}, () = listening => {} }
    }

    async fn relay_once(&self, pool: &PgPool) -> Result<(), sqlx::Error> {
        let mut listener = PgListener::connect_with(pool).await?;
        listener.listen_all(Wake::ALL.map(Wake::channel)).await?;
        Wake::ALL.into_iter().for_each(|wake| self.wake(wake));
        while let Some(heard) = listener.try_recv().await? {
            let wake = Wake::ALL.into_iter().find(|wake| wake.channel() == heard.channel());
            wake.into_iter().for_each(|wake| self.wake(wake));
        }
        Ok(())
    }
}

impl Default for Wakes {
    fn default() -> Self {
        Self::new()
    }
}

impl Ear {
    /// Waits for a wake that was not heard yet, at most so long.
    pub async fn wait(&mut self, at_most: Duration) {
        let _ = tokio::time::timeout(at_most, self.0.changed()).await;
    }
}
