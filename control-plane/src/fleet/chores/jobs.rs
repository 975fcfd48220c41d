//! The controller of chores: what no worker will say any more is written down, and what was ordered while its hotel was given another database
//! goes there.
use super::store;
use crate::App;
use crate::database::DbError;
use crate::wakes::Wake;

/// Looks once after chores whose orders were given up, or lead to where their hotel is not. Takes no input; safe twice and from two places.
pub async fn drive(app: &App) -> Result<(), DbError> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    store::given_up(&mut tx, now).await?;
    let led = store::follow(&mut tx, None, now).await?;
    tx.commit().await?;
    if led > 0 {
        app.wakes.wake(Wake::Orders);
    }
    Ok(())
}
