//! Connections to ready-made databases, opened before their tenants come: a fresh hotel's first request finds one.
use hotelhub_protocol::{Placement, ReadyDatabase};

use super::Pools;
use super::backend::Backend;
use super::opener::Opener;

/// Statements of several stores.
pub(super) type Asked = &'static [&'static [&'static str]];

/// How many ready-made databases of a server have one.
const AHEAD: usize = 2;

/// An open connection to a database that is nobody's house yet.
pub(super) struct Ahead {
    pub(super) database: String,
    pub(super) role: String,
    pub(super) backend: Backend,
}

impl Pools {
    /// Keeps a connection open to the first of these databases, and to no other ready-made one. `asked` are the statements that its first
    /// guests will need: they are prepared, and those that need no values are tried.
    pub async fn open_ahead(&self, next: &[ReadyDatabase], asked: Asked) {
        for server in self.servers().values() {
            server.ahead().retain(|ahead| next.iter().any(|ready| ready.database == ahead.database));
        }
        for ready in next {
            self.open_ahead_also(ready, asked).await;
        }
    }

    /// Opens a connection to one more ready-made database, if the budget has one to spare that nobody waits for.
    pub async fn open_ahead_also(&self, ready: &ReadyDatabase, asked: Asked) {
        let server = self.server(&ready.cluster);
        let enough = || {
            let ahead = server.ahead();
            ahead.len() >= AHEAD || ahead.iter().any(|known| known.database == ready.database)
        };
        let Some(placement) = Placement::at(ready.cluster.clone(), &ready.database, 1) else { return };
        let Some(ways) = self.ways_to(&placement).filter(|_| !enough()) else { return };
        let Some(permit) = server.budget.try_take(None) else { return };
        match Opener::ahead(&server, ways.newest(), permit, asked).await {
            Ok(backend) if !enough() => {
                server.ahead().push(Ahead { database: ready.database.clone(), role: placement.role, backend });
                server.make_room();
            }
            Ok(_) => {}
            Err(error) => tracing::debug!(database = ready.database, %error, "no connection was opened ahead"),
        }
    }
}
