//! Plans as rows.
use hotelhub_kernel::Rupiah;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

use super::{Plan, Price};
use crate::database::DbError;

/// The plans on offer at a day, from small to large, each with the price of that day.
pub(crate) async fn offered(conn: &mut PgConnection, on: Date) -> Result<Vec<Plan>, DbError> {
    let rows = sqlx::query!(
        r#"select p.id, p.name, p.rooms_from, p.rooms_to, p.users, p.features, r.id as price_id, r.basis, r.monthly_idr
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
    });
    Ok(plans.collect())
}
