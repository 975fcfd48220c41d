//! From a host to a connection: directory, placement, pool, [`Tenant`].
//!
//! Nothing here knows what a hotel is. Nobody else opens a tenant's database, but for the fleet role with an administrator's rights.
mod conn;
mod directory;
mod error;
mod guards;
mod line;
mod once;
mod policy;
mod pool;
mod resolve;
mod seal;
mod session;
mod tenant;
mod turned_away;
mod wire;

pub use conn::{TenantConn, TenantTx};
pub use directory::{Applied, Directory, TenantEntry};
pub use error::DbError;
pub use guards::Guard;
pub(crate) use once::STATEMENTS;
pub(crate) use once::forget_old;
pub use once::{Begun, OnceTx, Scope};
pub use policy::Business;
pub use pool::{Access, PoolLimits, PoolMetrics, Pools};
pub(crate) use pool::{Budget, DialError, Dialled, Permit, dial, must_name_one_server, reach};
pub use resolve::{Resolve, resolve};
pub use session::{Params, Session};
pub use tenant::Tenant;
pub use tokio_postgres::Row;
pub use tokio_postgres::types::ToSql;
