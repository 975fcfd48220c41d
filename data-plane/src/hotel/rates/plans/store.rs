//! Rate plans' rows.
use hotelhub_kernel::Cursor;
use hotelhub_web::{AppError, Kind};
use jiff::Timestamp;
use uuid::Uuid;

use crate::hotel::rates::RatePlan;
use crate::tenancy::{DbError, Params, Row, Session};

const BY_ID: &str = "
    select id, code, name, description, breakfast, free_cancellation_days, public, sort, archived, version
      from rate_plans
     where id = any($1)
     order by id";

/// In the house's order; `$1` and `$2` are the last row seen.
const LIST: &str = "
    select id, code, name, description, breakfast, free_cancellation_days, public, sort, archived, version
      from rate_plans
     where (lpad((sort + 40000)::text, 5, '0') || code, id) > ($1::text, $2)
     order by lpad((sort + 40000)::text, 5, '0') || code, id
     limit $3";

const LOCK: &str = "select version from rate_plans where id = $1 for no key update";

const INSERT: &str = "
    insert into rate_plans
        (id, property_id, code, name, description, breakfast, free_cancellation_days, public, sort, archived, created_at,
         updated_at)
    select $1, id, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10
      from properties
     order by created_at, id
     limit 1";

const CHANGE: &str = "
    update rate_plans
       set code = $2, name = $3, description = $4, breakfast = $5, free_cancellation_days = $6, public = $7, sort = $8,
           archived = $9, updated_at = $10, version = version + 1
     where id = $1";

const STAYS_TO_COME: &str = "
    select exists (select from reservations
                    where rate_plan_id = $1 and status in ('hold', 'confirmed', 'in_house')) as stays";

const TOUCH: &str = "update rate_plans set updated_at = $2, version = version + 1 where id = $1";

/// Every statement of this file.
pub(in crate::hotel::rates) const STATEMENTS: &[&str] = &[BY_ID, LIST, LOCK, INSERT, CHANGE, STAYS_TO_COME, TOUCH];

/// The rate plans of these ids that exist, in the order of their ids.
pub async fn by_id(db: &Session, ids: &[Uuid]) -> Result<Vec<RatePlan>, DbError> {
    Ok(db.query(BY_ID, &[&ids]).await?.iter().map(plan).collect())
}

/// Rate plans in the house's order, from behind a cursor; one more than `limit` where there are more.
pub async fn of_house(db: &Session, after: Option<&Cursor>, limit: usize) -> Result<Vec<RatePlan>, DbError> {
    let (key, id) = after.map_or(("", Uuid::nil()), |cursor| (cursor.key.as_str(), cursor.id));
    let limit = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
    Ok(db.query(LIST, &[&key, &id, &limit]).await?.iter().map(plan).collect())
}

/// Where a page after this plan starts.
pub(super) fn place(plan: &RatePlan) -> Cursor {
    Cursor { key: format!("{:05}{}", i32::from(plan.sort) + 40_000, plan.code), id: plan.id }
}

/// The version of a rate plan, locked; nothing when there is none.
pub(super) async fn lock(db: &Session, id: Uuid) -> Result<Option<i32>, DbError> {
    Ok(db.query_opt(LOCK, &[&id]).await?.map(|row| row.get("version")))
}

pub(super) async fn insert(db: &Session, now: Timestamp, plan: &RatePlan) -> Result<(), AppError> {
    write(db, INSERT, now, plan).await
}

pub(super) async fn change(db: &Session, now: Timestamp, plan: &RatePlan) -> Result<(), AppError> {
    write(db, CHANGE, now, plan).await
}

/// Whether somebody stays under the plan or is to come.
pub(super) async fn stays_to_come(db: &Session, id: Uuid) -> Result<bool, DbError> {
    Ok(db.query_one(STAYS_TO_COME, &[&id]).await?.get("stays"))
}

/// Counts a rate plan's version up: its prices changed.
pub(super) async fn touch(db: &Session, now: Timestamp, id: Uuid) -> Result<(), DbError> {
    db.execute(TOUCH, &[&id, &now]).await.map(drop)
}

async fn write(db: &Session, sql: &'static str, now: Timestamp, p: &RatePlan) -> Result<(), AppError> {
    let values: Params<'_> = &[
        &p.id,
        &p.code,
        &p.name,
        &p.description,
        &p.breakfast,
        &p.free_cancellation_days,
        &p.public,
        &p.sort,
        &p.archived,
        &now,
    ];
    match db.execute(sql, values).await {
        Ok(_) => Ok(()),
        Err(error) if error.constraint() == Some("rate_plans_code_unique") => {
            let detail = format!("There is a rate plan {} already.", p.code);
            Err(AppError::new(Kind::Conflict, "code-taken", detail)
                .naming("code", p.code.clone())
                .field("code", "already taken"))
        }
        Err(error) => Err(error.into()),
    }
}

fn plan(row: &Row) -> RatePlan {
    RatePlan {
        id: row.get("id"),
        code: row.get("code"),
        name: row.get("name"),
        description: row.get("description"),
        breakfast: row.get("breakfast"),
        free_cancellation_days: row.get("free_cancellation_days"),
        public: row.get("public"),
        sort: row.get("sort"),
        archived: row.get("archived"),
        version: row.get("version"),
    }
}
