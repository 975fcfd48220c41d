//! Orders that others follow: leased on while they go on, taken back, tried again later, and why they failed.
use hotelhub_protocol::{Copying, Leased, OrderId};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgPool;
use uuid::Uuid;

use super::model::{COPYING, FRESH, LONGEST_LEASE};

use crate::database::{DbError, Tx};

/// Leases on what a worker goes on with; which of the orders it carries out are still its own, and until when.
pub(crate) async fn lease_on(
    pool: &PgPool,
    node: &str,
    held: &[Copying],
    now: Timestamp,
) -> Result<Vec<Leased>, DbError> {
    let orders: Vec<Uuid> = held.iter().map(|one| one.order.0).collect();
    let fences: Vec<i64> = held.iter().map(|one| i64::try_from(one.fence).unwrap_or(i64::MAX)).collect();
    let going: Vec<bool> = held.iter().map(|one| one.goes_on).collect();
    sqlx::query!(
        "update work_orders o set leased_until = $6
           from unnest($2::uuid[], $3::bigint[], $4::boolean[]) as held(id, fence, goes_on)
          where o.id = held.id and o.fence = held.fence and held.goes_on
            and o.leased_by = $1 and o.state = 'leased' and o.kind = any($5) and o.leased_until < $7",
        node,
        &orders,
        &fences,
        &going,
        &COPYING.map(str::to_owned),
        (now + LONGEST_LEASE).to_sqlx() as _,
        (now + FRESH).to_sqlx() as _
    )
    .execute(pool)
    .await?;
    let rows = sqlx::query!(
        r#"select o.id, o.fence, o.leased_until as "until!"
             from work_orders o join unnest($2::uuid[], $3::bigint[]) as held(id, fence) on o.id = held.id and o.fence = held.fence
            where o.leased_by = $1 and o.state = 'leased' and o.leased_until is not null"#,
        node,
        &orders,
        &fences
    )
    .fetch_all(pool)
    .await?;
    let leases = rows.into_iter().map(|row| Leased {
        order: OrderId(row.id),
        fence: u64::try_from(row.fence).unwrap_or(0),
        until: row.until.to_jiff(),
    });
    Ok(leases.collect())
}

/// Ends an order whose work is not wanted any more, whoever has it: what is said of it later counts no more. Until when a worker may be at it
/// still, if one is.
pub(crate) async fn withdraw(tx: &mut Tx, order: Uuid, now: Timestamp) -> Result<Option<Timestamp>, DbError> {
    let until = sqlx::query_scalar!(
        "with known as (select id, case when state = 'leased' then leased_until end as until from work_orders where id = $1 for update)
         update work_orders o set state = 'done', finished_at = $2, last_error = coalesce(last_error, 'not wanted any more')
           from known where o.id = known.id and o.state <> 'done'
         returning known.until",
        order,
        now.to_sqlx() as _
    );
    Ok(until.fetch_optional(&mut **tx).await?.flatten().map(|until| until.to_jiff()))
}

/// The data that an order copies out of are in another database by now: an order that waits is about that one, any other ends. Whether it
/// waits.
pub(crate) async fn follow(tx: &mut Tx, order: Uuid, database: &str, now: Timestamp) -> Result<bool, DbError> {
    let led = sqlx::query!(
        "update work_orders o
            set cluster_id = d.cluster_id, task = o.task || jsonb_build_object('cluster', d.cluster_id, 'database', d.name)
           from databases d where o.id = $1 and o.state = 'queued' and d.name = $2",
        order,
        database
    )
    .execute(&mut **tx)
    .await?;
    if led.rows_affected() == 0 {
        withdraw(tx, order, now).await?;
    }
    Ok(led.rows_affected() > 0)
}

/// Tries an order that has failed, or that left something to do, again from the first attempt on, not before `at`.
pub(crate) async fn again_at(tx: &mut Tx, order: Uuid, at: Timestamp) -> Result<(), DbError> {
    sqlx::query!(
        "update work_orders set state = 'queued', attempts = 0, next_attempt_at = $2, finished_at = null
          where id = $1 and state in ('failed', 'done')",
        order,
        at.to_sqlx() as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Why an order failed when it was tried last.
pub(crate) async fn last_error(tx: &mut Tx, order: Uuid) -> Result<Option<String>, DbError> {
    let told = sqlx::query_scalar!("select last_error from work_orders where id = $1", order);
    Ok(told.fetch_optional(&mut **tx).await?.flatten())
}
