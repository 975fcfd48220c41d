//! The controller of chores: what no worker will say any more is written down.
use super::store;
use crate::App;
use crate::database::DbError;

/// Looks once after chores whose orders were given up. Takes no input; safe twice and from two places.
pub async fn drive(app: &App) -> Result<(), DbError> {
    let mut tx = app.db.begin().await?;
    store::given_up(&mut tx, app.clock.now()).await?;
    Ok(tx.commit().await?)
}
