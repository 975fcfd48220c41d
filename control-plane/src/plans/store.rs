//! Plans as rows.
use hotelhub_kernel::Rupiah;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

use super::{PlacedIn, Plan, Price};
use crate::database::{DbError, Tx};

/// The plans on offer at a day, from small to large, each with the price of that day.
pub(crate) async fn offered(conn: &mut PgConnection, on: Date) -> Result<Vec<Plan>, DbError> {
    let rows = sqlx::query!(
        r#"select p.id, p.name, p.rooms_from, p.rooms_to, p.users, p.features, p.placed_in, r.id as price_id, r.basis, r.monthly_idr
             from plans p
             join lateral (select id, basis, monthly_idr from plan_prices
                            where plan_id = p.id and valid_from <= $1 order by valid_from desc limit 1) r on true
            where p.offered order by p.position"#,
        on.to_sqlx() as _
    )
    .fetch_all(conn)
    .await?;
    let amount = |monthly: Option<i64>| Rupiah(monthly.unwrap_or(0));
    let count = |n: i32| u32::try_from(n).unwrap_or(0);
    let plans = rows.into_iter().map(|row| Plan {
        id: row.id,
        name: row.name,
        rooms_from: count(row.rooms_from),
        rooms_to: row.rooms_to.map(count),
        users: row.users.map(count),
        price: match row.basis.as_str() {
            "per_room" => Price::PerRoom(amount(row.monthly_idr)),
            "fixed" => Price::Fixed(amount(row.monthly_idr)),
            _ => Price::Agreed,
        },
        price_id: row.price_id,
        features: row.features,
        placed_in: PlacedIn::read(&row.placed_in).unwrap_or(PlacedIn::Database),
    });
    Ok(plans.collect())
}

/// Says what hotels that choose a plan from now on are placed in; whether there is such a plan.
pub async fn place(tx: &mut Tx, plan: &str, placed_in: PlacedIn) -> Result<bool, DbError> {
    let placed = sqlx::query!("update plans set placed_in = $2 where id = $1", plan, placed_in.as_str());
    Ok(placed.execute(&mut **tx).await?.rows_affected() > 0)
}
