//! The way out of every database that nobody is to have any more.
use hotelhub_kernel::TenantId;
use hotelhub_protocol::{ClusterId, Task};

use super::store;
use crate::App;
use crate::database::{DbError, Tx};
use crate::fleet::orders::{self, NewOrder};

/// After everything else.
const PRIORITY: i16 = 200;

/// A database that is to go.
pub(crate) struct Going {
    pub(crate) cluster: ClusterId,
    pub(crate) database: String,
    /// Whose house may be found in it. Somebody else's is not dropped.
    pub(crate) tenant: Option<TenantId>,
    /// Whose house it may still be where it is not that tenant's yet: it was being filled from their backup.
    pub(crate) source: Option<TenantId>,
}

/// Takes a database in one of these states from the stock or its tenant for good and has it dropped; false where it is in another by now.
pub(crate) async fn let_go(app: &App, tx: &mut Tx, going: Going, from: &[&str]) -> Result<bool, DbError> {
    if !store::retire(tx, &going.database, from).await? {
        return Ok(false);
    }
    let Going { cluster, database, tenant, source } = going;
    place(app, tx, Task::DropDatabase { cluster, database, tenant, source }).await?;
    Ok(true)
}

/// Orders a drop, after everything else.
pub(super) async fn place(app: &App, tx: &mut Tx, task: Task) -> Result<(), DbError> {
    let order = NewOrder { id: app.ids.next(), tenant: None, priority: PRIORITY, task };
    orders::place(tx, &order, app.clock.now()).await
}
