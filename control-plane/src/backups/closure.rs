//! Hotels that are closed while a backup is restored in their place.
use super::restores::Begun;
use crate::database::{DbError, Tx};

/// Whether its hotel, which is held, is still closed as it was when this restore in place was ordered: nothing was written since.
pub(super) async fn is_still_closed(tx: &mut Tx, begun: &Begun) -> Result<bool, DbError> {
    let still = sqlx::query_scalar!(
        r#"select t.maintenance_since is not null and t.maintenance_since = coalesce(r.closed_since, t.maintenance_since) as "still!"
             from restores r join tenants t on t.id = r.tenant_id where r.id = $1"#,
        begun.id
    );
    Ok(still.fetch_one(&mut **tx).await?)
}
