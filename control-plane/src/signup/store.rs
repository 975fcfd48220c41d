//! Sign-ups as rows.
use hotelhub_kernel::{Host, Slug, TenantId};
use hotelhub_web::RequestKey;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use uuid::Uuid;

use super::Newcomer;
use crate::database::{DbError, Tx};
use crate::plans::Plan;

/// How far a sign-up is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SignupStatus)]
pub(super) enum Status {
    /// Its database is being made.
    Preparing,
    /// It is open.
    Ready,
    /// It could not be made; staff are on it.
    Failed,
}

impl Status {
    fn read(text: &str) -> Self {
        match text {
            "ready" => Self::Ready,
            "failed" => Self::Failed,
            _ => Self::Preparing,
        }
    }
}

/// A sign-up that was made.
pub(super) struct Made {
    pub(super) id: Uuid,
    pub(super) tenant: TenantId,
}

/// What a key meets.
pub(super) enum Met {
    /// It is new, and this sign-up's.
    New,
    /// The same request came before.
    Repeated(Made),
    /// Another request came with it before.
    Reused,
}

/// Takes a key for a sign-up. Whoever comes with the same one meanwhile waits for this transaction.
pub(super) async fn take_key(
    tx: &mut Tx,
    scope: &str,
    key: &RequestKey,
    made: &Made,
    now: Timestamp,
) -> Result<Met, DbError> {
    let taken = sqlx::query!(
        "insert into signups (id, scope, key, request_hash, tenant_id, status, created_at)
         values ($1, $2, $3, $4, $5, 'preparing', $6)
         on conflict (scope, key) do nothing",
        made.id,
        scope,
        key.key(),
        key.hash().as_slice(),
        made.tenant.0,
        now.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    if taken.rows_affected() == 1 {
        return Ok(Met::New);
    }
    let before =
        sqlx::query!("select id, tenant_id, request_hash from signups where scope = $1 and key = $2", scope, key.key())
            .fetch_one(&mut **tx)
            .await?;
    let made = Made { id: before.id, tenant: TenantId(before.tenant_id) };
    Ok(if before.request_hash == key.hash().as_slice() { Met::Repeated(made) } else { Met::Reused })
}

/// A tenant to be, with its address and its trial.
pub(super) struct Beginning<'a> {
    pub(super) tenant: TenantId,
    pub(super) subscription: Uuid,
    pub(super) newcomer: &'a Newcomer,
    pub(super) host: &'a Host,
    pub(super) plan: &'a Plan,
    pub(super) now: Timestamp,
    pub(super) anchor: Date,
    pub(super) trial_ends_at: Timestamp,
}

/// Writes a tenant, its domain and its trial. A slug that is taken breaks `tenants_slug_unique`.
pub(super) async fn begin_tenant(tx: &mut Tx, begun: &Beginning<'_>) -> Result<(), DbError> {
    let Newcomer { hotel, owner, email, phone, rooms, slug, time_zone, .. } = begun.newcomer;
    sqlx::query!(
        "with tenant as (
             insert into tenants (id, slug, name, status, status_since, owner_name, owner_email, owner_phone, time_zone, created_at)
             values ($1, $2, $3, 'trial', $4, $5, $6, $7, $8, $4)),
         domain as (insert into domains (host, tenant_id, kind, created_at) values ($9, $1, 'slug', $4))
         insert into subscriptions (id, tenant_id, plan_id, price_id, state, rooms, anchor_on, trial_ends_at, created_at)
         values ($10, $1, $11, $12, 'trialing', $13, $14, $15, $4)",
        begun.tenant.0,
        slug.as_str(),
        hotel,
        begun.now.to_sqlx() as _,
        owner,
        email,
        phone,
        *time_zone,
        begun.host.as_str(),
        begun.subscription,
        begun.plan.id,
        begun.plan.price_id,
        i32::try_from(*rooms).unwrap_or(i32::MAX),
        begun.anchor.to_sqlx() as _,
        begun.trial_ends_at.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A sign-up as its maker follows it.
pub(super) struct Followed {
    pub(super) status: Status,
    pub(super) slug: Slug,
    pub(super) hotel: String,
    pub(super) email: String,
}

pub(super) async fn follow(pool: &PgPool, id: Uuid) -> Result<Option<Followed>, DbError> {
    let row = sqlx::query!(
        "select s.status, t.slug, t.name, t.owner_email
           from signups s join tenants t on t.id = s.tenant_id where s.id = $1",
        id
    )
    .fetch_optional(pool)
    .await?;
    Ok(row.and_then(|row| {
        Some(Followed {
            status: Status::read(&row.status),
            slug: Slug::parse(&row.slug).ok()?,
            hotel: row.name,
            email: row.owner_email,
        })
    }))
}

/// Those of the slugs that nobody has.
pub(crate) async fn free(pool: &PgPool, slugs: &[Slug]) -> Result<Vec<Slug>, DbError> {
    let names: Vec<String> = slugs.iter().map(|slug| slug.as_str().to_owned()).collect();
    let taken = sqlx::query_scalar!("select slug from tenants where slug = any($1) and released_at is null", &names)
        .fetch_all(pool)
        .await?;
    Ok(slugs.iter().filter(|slug| taken.iter().all(|taken| taken != slug.as_str())).cloned().collect())
}
