//! The property's row.
use jiff::Timestamp;

use super::{Property, Sign};
use crate::tenancy::{DbError, Row, Session};

/// Reads the property; also what a bench compares a bare handler with.
pub const THE_ONE: &str = "
    select id, name, address, phone, email, time_zone, business_date, checkin_time, checkout_time,
           service_bp, pb1_bp, pb1_base_includes_service, prices_include_tax, version
      from properties
     order by created_at, id
     limit 1";

const CHANGE: &str = "
    update properties
       set name = $3, address = $4, phone = $5, email = $6, time_zone = $7, checkin_time = $8, checkout_time = $9,
           service_bp = $10, pb1_bp = $11, pb1_base_includes_service = $12, prices_include_tax = $13,
           version = version + 1, updated_at = $14
     where id = $1 and version = $2";

/// Every statement of this file.
pub(crate) const STATEMENTS: &[&str] = &[THE_ONE, CHANGE];

/// The tenant's property: the one that the seed wrote.
pub async fn the_one(db: &Session) -> Result<Property, DbError> {
    Ok(property(&db.query_one(THE_ONE, &[]).await?))
}

/// What the property shows to strangers: the same row, of which only that is read.
pub(super) async fn the_sign(db: &Session) -> Result<Sign, DbError> {
    let row = db.query_one(THE_ONE, &[]).await?;
    Ok(Sign {
        name: row.get("name"),
        address: row.get("address"),
        phone: row.get("phone"),
        email: row.get("email"),
        checkin_time: row.get("checkin_time"),
        checkout_time: row.get("checkout_time"),
        business_date: row.get("business_date"),
    })
}

/// Writes a changed property over the version it was read in; false when somebody was faster.
pub(super) async fn change(db: &Session, now: Timestamp, p: &Property) -> Result<bool, DbError> {
    let rows = db
        .execute(
            CHANGE,
            &[
                &p.id,
                &p.version,
                &p.name,
                &p.address,
                &p.phone,
                &p.email,
                &p.time_zone,
                &p.checkin_time,
                &p.checkout_time,
                &p.service_bp,
                &p.pb1_bp,
                &p.pb1_base_includes_service,
                &p.prices_include_tax,
                &now,
            ],
        )
        .await?;
    Ok(rows == 1)
}

fn property(row: &Row) -> Property {
    Property {
        id: row.get("id"),
        name: row.get("name"),
        address: row.get("address"),
        phone: row.get("phone"),
        email: row.get("email"),
        time_zone: row.get("time_zone"),
        business_date: row.get("business_date"),
        checkin_time: row.get("checkin_time"),
        checkout_time: row.get("checkout_time"),
        service_bp: row.get("service_bp"),
        pb1_bp: row.get("pb1_bp"),
        pb1_base_includes_service: row.get("pb1_base_includes_service"),
        prices_include_tax: row.get("prices_include_tax"),
        version: row.get("version"),
    }
}
