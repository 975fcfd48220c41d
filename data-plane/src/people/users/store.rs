//! The table of users.
use hotelhub_identity::{HotelRole, PasswordHash, Totp};
use hotelhub_web::Lang;
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use super::model::{Account, Changed, Refusal, Status};
use crate::people::model::Email;
use crate::tenancy::{DbError, Session};

const BY_EMAIL: &str = "
    select id, email, name, phone, language, roles, status, password_hash, email_confirmed_at, totp_secret,
           totp_confirmed_at, totp_last_step, version, created_at
      from users where email = $1";

const BY_ID: &str = "
    select id, email, name, phone, language, roles, status, password_hash, email_confirmed_at, totp_secret,
           totp_confirmed_at, totp_last_step, version, created_at
      from users where id = $1";

const LOCK: &str = "
    select id, email, name, phone, language, roles, status, password_hash, email_confirmed_at, totp_secret,
           totp_confirmed_at, totp_last_step, version, created_at
      from users where id = $1 for update";

const LIST: &str = "
    select id, email, name, phone, language, roles, status, password_hash, email_confirmed_at, totp_secret,
           totp_confirmed_at, totp_last_step, version, created_at
      from users
     where ($1::uuid is null or id > $1)
     order by id
     limit $2";

/// Locks the owners in one order, so that two of them cannot take the role from each other at once.
const LOCK_OWNERS: &str = "
    select id from users where 'owner' = any(roles) and status = 'active' order by id for update";

const COUNT_ACTIVE: &str = "select count(*) from users where status = 'active'";

const INSERT: &str = "
    insert into users (id, email, name, phone, language, roles, password_hash, password_set_at, created_at, updated_at)
    values ($1, $2, $3, $4, $5, $6, $7, case when $7::text is null then null else $8::timestamptz end, $8, $8)";

const CHANGE: &str = "
    update users
       set name = $2, phone = $3, language = $4, roles = $5, status = $6, version = version + 1, updated_at = $7
     where id = $1";

const SET_PASSWORD: &str = "
    update users set password_hash = $2, password_set_at = $3, version = version + 1, updated_at = $3 where id = $1";

const SET_EMAIL: &str = "
    update users set email = $2, email_confirmed_at = null, version = version + 1, updated_at = $3 where id = $1";

const CONFIRM_EMAIL: &str = "
    update users set email_confirmed_at = $2, version = version + 1, updated_at = $2
     where id = $1 and email_confirmed_at is null";

/// Every statement of this file.
pub(crate) const STATEMENTS: &[&str] =
    &[BY_EMAIL, BY_ID, LOCK, LIST, LOCK_OWNERS, COUNT_ACTIVE, INSERT, CHANGE, SET_PASSWORD, SET_EMAIL, CONFIRM_EMAIL];

/// The roles of a row; one that this version does not know gives nothing.
pub(crate) fn roles_of(texts: Vec<String>) -> Vec<HotelRole> {
    texts.iter().filter_map(|text| HotelRole::parse(text)).collect()
}

fn from_row(row: &Row) -> Account {
    let totp = row.get::<_, Option<&[u8]>>("totp_secret").and_then(Totp::kept);
    Account {
        id: row.get("id"),
        email: row.get("email"),
        name: row.get("name"),
        phone: row.get("phone"),
        lang: Lang::parse(row.get("language")).unwrap_or_default(),
        roles: roles_of(row.get("roles")),
        status: if row.get::<_, &str>("status") == "active" { Status::Active } else { Status::Disabled },
        password: row.get::<_, Option<String>>("password_hash").map(PasswordHash::kept),
        email_confirmed: row.get::<_, Option<Timestamp>>("email_confirmed_at").is_some(),
        totp,
        totp_confirmed: row.get::<_, Option<Timestamp>>("totp_confirmed_at").is_some(),
        totp_last_step: row.get("totp_last_step"),
        version: row.get("version"),
        created_at: row.get("created_at"),
    }
}

pub(crate) async fn by_email(session: &Session, email: &Email) -> Result<Option<Account>, DbError> {
    Ok(session.query_opt(BY_EMAIL, &[&email.as_str()]).await?.as_ref().map(from_row))
}

pub(crate) async fn by_id(session: &Session, id: Uuid) -> Result<Option<Account>, DbError> {
    Ok(session.query_opt(BY_ID, &[&id]).await?.as_ref().map(from_row))
}

/// The account, kept from others until the transaction ends.
pub(crate) async fn lock(session: &Session, id: Uuid) -> Result<Option<Account>, DbError> {
    Ok(session.query_opt(LOCK, &[&id]).await?.as_ref().map(from_row))
}

/// Up to `limit` accounts, the oldest first, behind the one named `after`.
pub(super) async fn list(session: &Session, after: Option<Uuid>, limit: i64) -> Result<Vec<Account>, DbError> {
    Ok(session.query(LIST, &[&after, &limit]).await?.iter().map(from_row).collect())
}

/// The active owners, none of whom changes until the transaction ends.
pub(super) async fn lock_owners(session: &Session) -> Result<Vec<Uuid>, DbError> {
    Ok(session.query(LOCK_OWNERS, &[]).await?.iter().map(|row| row.get("id")).collect())
}

pub(super) async fn count_active(session: &Session) -> Result<i64, DbError> {
    Ok(session.query_one(COUNT_ACTIVE, &[]).await?.get(0))
}

/// Adds an account, or says that its address is another's.
pub(super) async fn insert(
    session: &Session,
    account: &Account,
    now: Timestamp,
) -> Result<Result<(), Refusal>, DbError> {
    let roles = texts(&account.roles);
    let hash = account.password.as_ref().map(PasswordHash::as_str);
    let (lang, phone) = (account.lang.as_str(), &account.phone);
    let added =
        session.execute(INSERT, &[&account.id, &account.email, &account.name, phone, &lang, &roles, &hash, &now]).await;
    taken_or(added)
}

fn taken_or(written: Result<u64, DbError>) -> Result<Result<(), Refusal>, DbError> {
    match written {
        Ok(_) => Ok(Ok(())),
        Err(error) => match error.refusal(&[("users_email_unique", Refusal::EmailTaken)]) {
            Some(refusal) => Ok(Err(refusal)),
            None => Err(error),
        },
    }
}

pub(super) async fn change(session: &Session, id: Uuid, to: &Changed, now: Timestamp) -> Result<(), DbError> {
    let (roles, lang, status) = (texts(&to.roles), to.lang.as_str(), to.status.as_str());
    session.execute(CHANGE, &[&id, &to.name, &to.phone, &lang, &roles, &status, &now]).await?;
    Ok(())
}

pub(crate) async fn set_password(
    session: &Session,
    id: Uuid,
    hash: &PasswordHash,
    now: Timestamp,
) -> Result<(), DbError> {
    session.execute(SET_PASSWORD, &[&id, &hash.as_str(), &now]).await?;
    Ok(())
}

/// Changes an address, which nobody has confirmed then, or says that it is another's.
pub(crate) async fn set_email(
    session: &Session,
    id: Uuid,
    email: &Email,
    now: Timestamp,
) -> Result<Result<(), Refusal>, DbError> {
    taken_or(session.execute(SET_EMAIL, &[&id, &email.as_str(), &now]).await)
}

/// Whether the address was not confirmed before.
pub(crate) async fn confirm_email(session: &Session, id: Uuid, now: Timestamp) -> Result<bool, DbError> {
    Ok(session.execute(CONFIRM_EMAIL, &[&id, &now]).await? > 0)
}

fn texts(roles: &[HotelRole]) -> Vec<&'static str> {
    roles.iter().map(|role| role.as_str()).collect()
}
