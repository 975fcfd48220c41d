//! A tenant's first rows, in one transaction: whose house it is, who owns it, what the product starts with.
use hotelhub_identity::HotelRole;
use hotelhub_kernel::{Clock, Ids};
use hotelhub_protocol::TenantSeed;
use hotelhub_tenant_migrations::Product;
use jiff::tz::TimeZone;
use tokio_postgres::{Client, Transaction};

use super::{FleetError, during};
use crate::hotel;

const TAKE_HOUSE: &str = "
    insert into house (tenant_id, slug, product, created_at)
    values ($1, $2, $3, $4)
    on conflict (only_row) do nothing";

const WHOSE_HOUSE: &str = "select tenant_id from house";

const ADD_OWNER: &str = "
    insert into users (id, email, name, phone, roles, created_at, updated_at)
    values ($1, $2, $3, $4, array[$5::text], $6, $6)";

const ADD_LOGIN_LINK: &str = "
    insert into one_time_links (token_hash, user_id, purpose, created_at, expires_at)
    values ($1, $2, 'login', $3, $4)";

const NOTE: &str = "
    insert into audit_log (at, actor_kind, action, subject_kind, subject_id)
    values ($1, 'system', 'tenant.create', 'tenant', $2)";

/// Every statement of this file.
pub(crate) const STATEMENTS: &[&str] = &[TAKE_HOUSE, WHOSE_HOUSE, ADD_OWNER, ADD_LOGIN_LINK, NOTE];

/// Gives a migrated database to its tenant. Planting the same seed again changes nothing; another tenant's house is refused.
pub(crate) async fn plant(client: &mut Client, clock: &Clock, ids: &Ids, seed: &TenantSeed) -> Result<(), FleetError> {
    let zone = TimeZone::get(&seed.time_zone).map_err(|_| FleetError::BadSeed("its time zone is not known"))?;
    let token = from_hex(&seed.owner.login_token_sha256).ok_or(FleetError::BadSeed("its login token is no SHA-256"))?;
    let tx = client.transaction().await.map_err(during("seeding the database"))?;
    if take_house(&tx, clock, seed).await? {
        add_owner(&tx, clock, seed, &token).await.map_err(during("seeding the database"))?;
        let property =
            hotel::Founding { name: &seed.hotel, time_zone: &seed.time_zone, business_date: clock.today(&zone) };
        hotel::found(&tx, clock, ids, &property).await.map_err(during("seeding the hotel"))?;
    }
    tx.commit().await.map_err(during("seeding the database"))
}

/// Whether the house was free; refused when it is another's.
async fn take_house(tx: &Transaction<'_>, clock: &Clock, seed: &TenantSeed) -> Result<bool, FleetError> {
    let product = Product::Hotel.name();
    let taken = tx.execute(TAKE_HOUSE, &[&seed.tenant.0, &seed.slug.as_str(), &product, &clock.now()]).await;
    if taken.map_err(during("taking the house"))? == 1 {
        return Ok(true);
    }
    let owner: uuid::Uuid = tx.query_one(WHOSE_HOUSE, &[]).await.map_err(during("asking whose house it is"))?.get(0);
    if owner == seed.tenant.0 { Ok(false) } else { Err(FleetError::Taken { owner: owner.to_string() }) }
}

async fn add_owner(
    tx: &Transaction<'_>,
    clock: &Clock,
    seed: &TenantSeed,
    token: &[u8],
) -> Result<(), tokio_postgres::Error> {
    let (now, owner) = (clock.now(), &seed.owner);
    let role = HotelRole::Owner.as_str();
    tx.execute(ADD_OWNER, &[&owner.user, &owner.email, &owner.name, &owner.phone, &role, &now]).await?;
    tx.execute(ADD_LOGIN_LINK, &[&token, &owner.user, &now, &owner.login_token_expires_at]).await?;
    tx.execute(NOTE, &[&now, &seed.tenant.0]).await?;
    Ok(())
}

/// 32 bytes out of 64 hexadecimal digits.
fn from_hex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 {
        return None;
    }
    for (byte, at) in bytes.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(text.get(at..at + 2)?, 16).ok()?;
    }
    Some(bytes)
}
