//! Tenants as rows.
use hotelhub_kernel::{Cursor, Page, TenantId};
use hotelhub_protocol::ClusterId;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::{Timestamp as At, ToSqlx};
use serde::Serialize;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::{Deletion, Life, Maintenance, Status};
use crate::database::{DbError, Tx};
use crate::fleet::ready;

/// A tenant in a list.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ListedTenant)]
pub(super) struct Listed {
    pub(super) id: Uuid,
    pub(super) slug: String,
    pub(super) name: String,
    pub(super) status: Status,
    /// Whether it is closed for a while.
    pub(super) in_maintenance: bool,
    /// When its name was given free: another may have it now.
    pub(super) released_at: Option<Timestamp>,
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
    /// Exactly this slug.
    pub(super) slug: Option<&'a str>,
}

/// Tenants, the newest first.
pub(super) async fn list(
    pool: &PgPool,
    search: &Search<'_>,
    after: Option<&Cursor>,
    limit: usize,
) -> Result<Page<Listed>, DbError> {
    let rows = sqlx::query!(
        r#"select t.id, t.slug, t.name, t.status, t.owner_email, s.plan_id, s.rooms, s.trial_ends_at, t.created_at,
                t.maintenance_text is not null as "in_maintenance!", t.released_at
           from tenants t join subscriptions s on s.tenant_id = t.id
          where ($1::text is null or t.status = $1)
            and ($2::text is null or position(lower($2) in t.slug) > 0 or position(lower($2) in lower(t.name)) > 0
                 or position(lower($2) in t.owner_email) > 0)
            and ($3::uuid is null or t.id < $3) and ($5::text is null or t.slug = $5)
          order by t.id desc limit $4"#,
        search.status.map(Status::as_str),
        search.text,
        after.map(|cursor| cursor.id),
        i64::try_from(limit + 1).unwrap_or(i64::MAX),
        search.slug
    )
    .fetch_all(pool)
    .await?;
    let listed = rows.into_iter().map(|row| Listed {
        id: row.id,
        slug: row.slug,
        name: row.name,
        status: Status::read(&row.status).unwrap_or(Status::Churned),
        in_maintenance: row.in_maintenance,
        released_at: row.released_at.map(|at| at.to_jiff()),
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
    /// While it is there nobody is served.
    pub(super) maintenance: Option<Maintenance>,
    /// That it was deleted.
    pub(super) deletion: Option<Deletion>,
    /// When its name was given free: its database is gone.
    pub(super) released_at: Option<Timestamp>,
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
        r#"select t.id, t.slug, t.name, t.status, t.status_since, t.status_reason,
                  t.maintenance_text, t.maintenance_until, t.maintenance_since,
                  t.deleted_from, t.deleted_reason, t.drop_after, t.released_at,
                  t.owner_name, t.owner_email, t.owner_phone, t.time_zone, t.created_at, s.plan_id, s.state, s.rooms, r.basis, r.monthly_idr,
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
        maintenance: maintenance(row.maintenance_text, row.maintenance_until, row.maintenance_since),
        deletion: deletion(row.deleted_from, row.deleted_reason, row.drop_after),
        released_at: row.released_at.map(|at| at.to_jiff()),
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

/// A tenant whose life changes, locked until the transaction ends.
pub(super) struct Held {
    pub(super) slug: String,
    pub(super) life: Life,
    /// Whether an order to make its database is open.
    pub(super) being_made: bool,
}

/// Holds a tenant and reads it then, in a second statement: what whoever was waited for wrote elsewhere is seen too.
pub(super) async fn hold(tx: &mut Tx, tenant: TenantId) -> Result<Option<Held>, DbError> {
    sqlx::query!("select id from tenants where id = $1 for update", tenant.0).fetch_optional(&mut **tx).await?;
    let row = sqlx::query!(
        r#"select t.slug, t.status, t.status_since, t.status_reason, t.status_before,
                  t.maintenance_text, t.maintenance_until, t.maintenance_since,
                  t.deleted_from, t.deleted_reason, t.drop_after,
                  exists (select from databases d where d.tenant_id = t.id) as "kept!",
                  exists (select from work_orders o
                           where o.tenant_id = t.id and o.kind = 'create_tenant' and o.state in ('queued', 'leased')) as "being_made!"
             from tenants t where t.id = $1"#,
        tenant.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| Held {
        slug: row.slug,
        life: Life {
            status: Status::read(&row.status).unwrap_or(Status::Churned),
            since: row.status_since.to_jiff(),
            reason: row.status_reason,
            before: row.status_before.as_deref().and_then(Status::read),
            maintenance: maintenance(row.maintenance_text, row.maintenance_until, row.maintenance_since),
            deletion: deletion(row.deleted_from, row.deleted_reason, row.drop_after),
            kept: row.kept,
        },
        being_made: row.being_made,
    }))
}

/// Writes a life down.
pub(super) async fn put(tx: &mut Tx, tenant: TenantId, life: &Life) -> Result<(), DbError> {
    let (maintenance, deletion) = (life.maintenance.as_ref(), life.deletion.as_ref());
    sqlx::query!(
        "update tenants
            set status = $2, status_since = $3, status_reason = $4, status_before = $5,
                maintenance_text = $6, maintenance_until = $7, maintenance_since = $8,
                deleted_from = $9, deleted_reason = $10, drop_after = $11
          where id = $1",
        tenant.0,
        life.status.as_str(),
        life.since.to_sqlx() as _,
        life.reason,
        life.before.map(Status::as_str),
        maintenance.map(|begun| begun.text.as_str()),
        maintenance.and_then(|begun| begun.until).map(|at| at.to_sqlx()) as _,
        maintenance.map(|begun| begun.since.to_sqlx()) as _,
        deletion.map(|deleted| deleted.from.as_str()),
        deletion.map(|deleted| deleted.reason.as_str()),
        deletion.map(|deleted| deleted.drop_after.to_sqlx()) as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

fn maintenance(text: Option<String>, until: Option<At>, since: Option<At>) -> Option<Maintenance> {
    text.zip(since).map(|(text, since)| Maintenance {
        text,
        until: until.map(|at| at.to_jiff()),
        since: since.to_jiff(),
    })
}

fn deletion(from: Option<String>, reason: Option<String>, drop_after: Option<At>) -> Option<Deletion> {
    let ((from, reason), drop_after) = from.zip(reason).zip(drop_after)?;
    Some(Deletion { from: Status::read(&from)?, reason, drop_after: drop_after.to_jiff() })
}

/// A deleted tenant whose days of grace are over, and where its data lies.
pub(super) struct Due {
    pub(super) tenant: TenantId,
    pub(super) cluster: ClusterId,
    pub(super) database: String,
}

/// The one that has been due longest on each server where nothing is being dropped. Two processes that look at the same time take turns
/// until their transactions end, and with those who retire ready-made databases.
pub(super) async fn due(tx: &mut Tx, now: Timestamp) -> Result<Vec<Due>, DbError> {
    ready::take_turn(tx).await?;
    let rows = sqlx::query!(
        "select distinct on (d.cluster_id) t.id, d.cluster_id, d.name
           from tenants t join databases d on d.tenant_id = t.id
          where t.deleted_from is not null and t.released_at is null and t.drop_after <= $1
            and not exists (select from work_orders o where o.state in ('queued', 'leased')
                               and (o.tenant_id = t.id
                                    or (o.cluster_id = d.cluster_id and o.kind in ('drop_database', 'drop_template'))))
          order by d.cluster_id, t.drop_after, t.id",
        now.to_sqlx() as _
    )
    .fetch_all(&mut **tx)
    .await?;
    let due = rows.into_iter().map(|row| Due {
        tenant: TenantId(row.id),
        cluster: ClusterId(row.cluster_id),
        database: row.name,
    });
    Ok(due.collect())
}

/// Gives the name and the hosts of a deleted tenant free, and forgets its sign-up with its key; whether that was still to be done.
pub(super) async fn release(tx: &mut Tx, tenant: TenantId, now: Timestamp) -> Result<bool, DbError> {
    // Of two of its databases that are dropped at the same moment the second is told of after the first.
    sqlx::query!("select id from tenants where id = $1 for update", tenant.0).fetch_optional(&mut **tx).await?;
    let released = sqlx::query!(
        "with released as (
             update tenants set released_at = $2
              where id = $1 and deleted_from is not null and released_at is null
                and not exists (select from databases d where d.tenant_id = $1)
                and not exists (select from work_orders o
                                 where o.kind = 'drop_database' and o.state in ('queued', 'leased', 'failed')
                                   and o.task->>'tenant' = tenants.id::text)
             returning id),
         freed as (delete from domains d using released r where d.tenant_id = r.id),
         forgotten as (delete from signups s using released r where s.tenant_id = r.id)
         select id from released",
        tenant.0,
        now.to_sqlx() as _
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(released.is_some())
}
