//! Tenants as rows.
use hotelhub_kernel::{Cursor, Page, TenantId};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use serde::Serialize;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::{Refusal, Status};
use crate::database::{DbError, Tx};

/// A tenant in a list.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ListedTenant)]
pub(super) struct Listed {
    pub(super) id: Uuid,
    pub(super) slug: String,
    pub(super) name: String,
    pub(super) status: Status,
    pub(super) owner_email: String,
    /// The plan it is on.
    pub(super) plan: String,
    pub(super) rooms: i32,
    pub(super) trial_ends_at: Option<Timestamp>,
    pub(super) created_at: Timestamp,
}

/// What is looked for.
pub(super) struct Search<'a> {
    pub(super) status: Option<Status>,
    /// Part of a slug, a name or an owner's mail address.
    pub(super) text: Option<&'a str>,
}

/// Tenants, the newest first.
pub(super) async fn list(
    pool: &PgPool,
    search: &Search<'_>,
    after: Option<&Cursor>,
    limit: usize,
) -> Result<Page<Listed>, DbError> {
    let rows = sqlx::query!(
        "select t.id, t.slug, t.name, t.status, t.owner_email, s.plan_id, s.rooms, s.trial_ends_at, t.created_at
           from tenants t join subscriptions s on s.tenant_id = t.id
          where ($1::text is null or t.status = $1)
            and ($2::text is null or position(lower($2) in t.slug) > 0 or position(lower($2) in lower(t.name)) > 0
                 or position(lower($2) in t.owner_email) > 0)
            and ($3::uuid is null or t.id < $3)
          order by t.id desc limit $4",
        search.status.map(Status::as_str),
        search.text,
        after.map(|cursor| cursor.id),
        i64::try_from(limit + 1).unwrap_or(i64::MAX)
    )
    .fetch_all(pool)
    .await?;
    let listed = rows.into_iter().map(|row| Listed {
        id: row.id,
        slug: row.slug,
        name: row.name,
        status: Status::read(&row.status).unwrap_or(Status::Churned),
        owner_email: row.owner_email,
        plan: row.plan_id,
        rooms: row.rooms,
        trial_ends_at: row.trial_ends_at.map(|at| at.to_jiff()),
        created_at: row.created_at.to_jiff(),
    });
    Ok(Page::cut(listed.collect(), limit, |tenant| Cursor { key: String::new(), id: tenant.id }))
}

/// All the vendor knows of a tenant.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Detail {
    pub(super) id: Uuid,
    pub(super) slug: String,
    pub(super) name: String,
    pub(super) status: Status,
    pub(super) status_since: Timestamp,
    pub(super) status_reason: Option<String>,
    pub(super) owner_name: String,
    pub(super) owner_email: String,
    pub(super) owner_phone: String,
    pub(super) time_zone: String,
    pub(super) created_at: Timestamp,
    pub(super) subscription: Subscription,
    pub(super) domains: Vec<String>,
    /// Absent while there is none.
    pub(super) database: Option<Database>,
}

/// What a tenant is on.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Subscription {
    /// The plan.
    pub(super) plan: String,
    /// `trialing`, `active`, `past_due` or `ended`.
    pub(super) state: String,
    pub(super) rooms: i32,
    /// `per_room`, `fixed` or `agreed`.
    pub(super) basis: String,
    /// Whole rupiah a month, for each room or for the house; absent where agreed one by one.
    pub(super) monthly_idr: Option<i64>,
    #[schema(value_type = String, format = Date)]
    pub(super) anchor_on: Date,
    pub(super) trial_ends_at: Option<Timestamp>,
}

/// Where a tenant's data lies.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Database {
    pub(super) name: String,
    pub(super) cluster: String,
    /// `claimed` or `live`.
    pub(super) state: String,
    /// The version of the hotel schema it has.
    pub(super) template: Option<String>,
    pub(super) generation: i32,
}

pub(super) async fn detail(conn: &mut PgConnection, tenant: TenantId) -> Result<Option<Detail>, DbError> {
    let row = sqlx::query!(
        r#"select t.id, t.slug, t.name, t.status, t.status_since, t.status_reason, t.owner_name, t.owner_email,
                  t.owner_phone, t.time_zone, t.created_at, s.plan_id, s.state, s.rooms, r.basis, r.monthly_idr,
                  s.anchor_on, s.trial_ends_at,
                  array(select d.host from domains d where d.tenant_id = t.id order by d.kind desc, d.host) as "domains!",
                  b.name as "database?", b.cluster_id as "cluster?", b.state as "database_state?", b.template,
                  b.generation as "generation?"
             from tenants t
             join subscriptions s on s.tenant_id = t.id
             join plan_prices r on r.id = s.price_id
             left join databases b on b.tenant_id = t.id
            where t.id = $1"#,
        tenant.0
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| Detail {
        id: row.id,
        slug: row.slug,
        name: row.name,
        status: Status::read(&row.status).unwrap_or(Status::Churned),
        status_since: row.status_since.to_jiff(),
        status_reason: row.status_reason,
        owner_name: row.owner_name,
        owner_email: row.owner_email,
        owner_phone: row.owner_phone,
        time_zone: row.time_zone,
        created_at: row.created_at.to_jiff(),
        subscription: Subscription {
            plan: row.plan_id,
            state: row.state,
            rooms: row.rooms,
            basis: row.basis,
            monthly_idr: row.monthly_idr,
            anchor_on: row.anchor_on.to_jiff(),
            trial_ends_at: row.trial_ends_at.map(|at| at.to_jiff()),
        },
        domains: row.domains,
        database: row.database.zip(row.cluster).zip(row.database_state).map(|((name, cluster), state)| Database {
            name,
            cluster,
            state,
            template: row.template,
            generation: row.generation.unwrap_or(1),
        }),
    }))
}

/// Suspends a tenant that is served; whether that changed anything.
pub(super) async fn suspend(
    tx: &mut Tx,
    tenant: TenantId,
    reason: &str,
    now: Timestamp,
) -> Result<Result<bool, Refusal>, DbError> {
    let before = status_locked(tx, tenant).await?;
    match before {
        None => return Ok(Err(Refusal::Unknown)),
        Some(Status::Churned) => return Ok(Err(Refusal::Gone)),
        Some(Status::Suspended) => return Ok(Ok(false)),
        Some(Status::Trial | Status::Active) => {}
    }
    sqlx::query!(
        "update tenants set status_before = status, status = 'suspended', status_reason = $2, status_since = $3 where id = $1",
        tenant.0,
        reason,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(Ok(true))
}

/// Gives a suspended tenant back the status it had; whether that changed anything.
pub(super) async fn resume(tx: &mut Tx, tenant: TenantId, now: Timestamp) -> Result<Result<bool, Refusal>, DbError> {
    let before = status_locked(tx, tenant).await?;
    match before {
        None => return Ok(Err(Refusal::Unknown)),
        Some(Status::Churned) => return Ok(Err(Refusal::Gone)),
        Some(Status::Trial | Status::Active) => return Ok(Ok(false)),
        Some(Status::Suspended) => {}
    }
    sqlx::query!(
        "update tenants set status = status_before, status_before = null, status_reason = null, status_since = $2
          where id = $1",
        tenant.0,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(Ok(true))
}

async fn status_locked(tx: &mut Tx, tenant: TenantId) -> Result<Option<Status>, DbError> {
    let row = sqlx::query!("select status from tenants where id = $1 for update", tenant.0).fetch_optional(&mut **tx);
    Ok(row.await?.and_then(|row| Status::read(&row.status)))
}
