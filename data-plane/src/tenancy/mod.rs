//! From a host to a connection: directory, placement, pool, [`Tenant`].
//!
//! Nothing here knows what a hotel is. Nobody else opens a tenant's database, but for the fleet role with an administrator's rights.
mod conn;
mod directory;
mod error;
mod once;
mod pool;
mod session;
mod tenant;

pub use conn::{TenantConn, TenantTx};
pub use directory::{Directory, TenantEntry};
pub use error::DbError;
pub use once::{Begun, OnceTx, Scope};
pub use pool::Pools;
pub use session::{Params, Session};
pub use tenant::Tenant;
pub use tokio_postgres::Row;
pub use tokio_postgres::types::ToSql;
