//! The second factor's columns, and the table of recovery codes.
use hotelhub_identity::{RecoveryCodes, Totp};
use jiff::Timestamp;
use uuid::Uuid;

use crate::tenancy::{DbError, Session};

const ENROL: &str = "
    update users
       set totp_secret = $2, totp_confirmed_at = null, totp_last_step = null, version = version + 1, updated_at = $3
     where id = $1 and totp_confirmed_at is null";

const CONFIRM: &str = "
    update users set totp_confirmed_at = $3, totp_last_step = $2, version = version + 1, updated_at = $3
     where id = $1 and totp_secret is not null and totp_confirmed_at is null";

const DISABLE: &str = "
    update users
       set totp_secret = null, totp_confirmed_at = null, totp_last_step = null, version = version + 1, updated_at = $2
     where id = $1 and totp_secret is not null";

/// The row's lock decides between two that bring the same code.
const SPEND_STEP: &str = "
    update users set totp_last_step = $2 where id = $1 and (totp_last_step is null or totp_last_step < $2)";

const SPEND_RECOVERY: &str = "
    update recovery_codes set used_at = $3 where user_id = $1 and code_hash = $2 and used_at is null";

const FORGET_RECOVERY: &str = "delete from recovery_codes where user_id = $1";

const KEEP_RECOVERY: &str = "
    insert into recovery_codes (user_id, code_hash) select $1, hash from unnest($2::bytea[]) as hash";

const LEFT: &str = "select count(*) from recovery_codes where user_id = $1 and used_at is null";

/// Every statement of this file.
pub(crate) const STATEMENTS: &[&str] =
    &[ENROL, CONFIRM, DISABLE, SPEND_STEP, SPEND_RECOVERY, FORGET_RECOVERY, KEEP_RECOVERY, LEFT];

/// Keeps a secret that waits for its first code; not over one that guards the account already.
pub(super) async fn enrol(session: &Session, user: Uuid, totp: &Totp, now: Timestamp) -> Result<bool, DbError> {
    Ok(session.execute(ENROL, &[&user, &totp.expose(), &now]).await? > 0)
}

pub(super) async fn confirm(session: &Session, user: Uuid, step: i64, now: Timestamp) -> Result<bool, DbError> {
    Ok(session.execute(CONFIRM, &[&user, &step, &now]).await? > 0)
}

/// Whether there was anything to take away.
pub(super) async fn disable(session: &Session, user: Uuid, now: Timestamp) -> Result<bool, DbError> {
    session.execute(FORGET_RECOVERY, &[&user]).await?;
    Ok(session.execute(DISABLE, &[&user, &now]).await? > 0)
}

/// Whether this step, or a later one, was not used before.
pub(super) async fn spend_step(session: &Session, user: Uuid, step: i64) -> Result<bool, DbError> {
    Ok(session.execute(SPEND_STEP, &[&user, &step]).await? > 0)
}

/// Whether this was one of the account's codes and not used before.
pub(super) async fn spend_recovery(
    session: &Session,
    user: Uuid,
    hash: &[u8; 32],
    now: Timestamp,
) -> Result<bool, DbError> {
    Ok(session.execute(SPEND_RECOVERY, &[&user, &hash.as_slice(), &now]).await? > 0)
}

/// Puts fresh recovery codes in the place of all others.
pub(super) async fn keep_recovery(session: &Session, user: Uuid, codes: &RecoveryCodes) -> Result<(), DbError> {
    let hashes: Vec<Vec<u8>> = codes.hashes().iter().map(|hash| hash.to_vec()).collect();
    session.execute(FORGET_RECOVERY, &[&user]).await?;
    session.execute(KEEP_RECOVERY, &[&user, &hashes]).await?;
    Ok(())
}

/// How many recovery codes are left.
pub(super) async fn recovery_codes_left(session: &Session, user: Uuid) -> Result<i64, DbError> {
    Ok(session.query_one(LEFT, &[&user]).await?.get(0))
}
