//! A tenant's first rows, in one transaction: whose house it is, who owns it, what the product starts with.
use hotelhub_identity::HotelRole;
use hotelhub_kernel::{Clock, Ids, Slug, TenantId, unhex};
use hotelhub_protocol::{OwnerSeed, TenantSeed};
use hotelhub_tenant_migrations::Product;
use jiff::tz::TimeZone;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Statement};

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

/// The statements of a seed, prepared on one connection: planting is two flights from then on.
pub(crate) struct Seeding {
    take_house: Statement,
    add_owner: Statement,
    add_login_link: Statement,
    note: Statement,
    founding: Statement,
}

/// Gives a migrated database to its tenant. Planting the same seed again changes nothing; another tenant's house is refused.
pub(crate) async fn plant(client: &Client, clock: &Clock, ids: &Ids, seed: &TenantSeed) -> Result<(), FleetError> {
    Seeding::prepare(client).await?.plant(client, clock, ids, seed).await
}

impl Seeding {
    /// Prepares a connection to a database that waits for its tenant.
    pub(super) async fn prepare(client: &Client) -> Result<Self, FleetError> {
        let (take_house, add_owner, add_login_link, note, founding) = tokio::try_join!(
            client.prepare(TAKE_HOUSE),
            client.prepare(ADD_OWNER),
            client.prepare(ADD_LOGIN_LINK),
            client.prepare(NOTE),
            hotel::prepare_founding(client),
        )
        .map_err(during("preparing the seed"))?;
        Ok(Self { take_house, add_owner, add_login_link, note, founding })
    }

    /// [`plant`] on the connection that was prepared.
    pub(super) async fn plant(
        &self,
        client: &Client,
        clock: &Clock,
        ids: &Ids,
        seed: &TenantSeed,
    ) -> Result<(), FleetError> {
        self.run(client, clock, ids, seed, "commit").await
    }

    /// Plants nobody's seed and takes it back: the server has planned every statement then and read what their checks need.
    pub(super) async fn rehearse(&self, client: &Client, clock: &Clock, ids: &Ids) -> Result<(), FleetError> {
        self.run(client, clock, ids, &nobody(clock, ids), "rollback").await
    }

    async fn run(
        &self,
        client: &Client,
        clock: &Clock,
        ids: &Ids,
        seed: &TenantSeed,
        end: &str,
    ) -> Result<(), FleetError> {
        let zone = TimeZone::get(&seed.time_zone).map_err(|_| FleetError::BadSeed("its time zone is not known"))?;
        let token =
            token_hash(&seed.owner.login_token_sha256).ok_or(FleetError::BadSeed("its login token is no SHA-256"))?;
        if !self.take_house(client, clock, seed).await? {
            return Ok(());
        }
        let today = clock.today(&zone);
        let hotel = hotel::Founding { name: &seed.hotel, time_zone: &seed.time_zone, business_date: today };
        // One flight, in this order. After a statement that failed, `commit` rolls back, and the failure is what is told.
        let (owner, founded, ended) = tokio::join!(biased;
            self.add_owner(client, clock, seed, &token),
            hotel::found(client, &self.founding, clock, ids, &hotel),
            client.batch_execute(end));
        owner.map_err(during("seeding the database"))?;
        founded.map_err(during("seeding the hotel"))?;
        ended.map_err(during("seeding the database"))
    }

    /// Begins the transaction and takes the house in it. Where it was not free the transaction is over: planted before, or refused.
    async fn take_house(&self, client: &Client, clock: &Clock, seed: &TenantSeed) -> Result<bool, FleetError> {
        let (product, now) = (Product::Hotel.name(), clock.now());
        let (tenant, slug) = (seed.tenant.0, seed.slug.as_str());
        let values: [&(dyn ToSql + Sync); 4] = [&tenant, &slug, &product, &now];
        let (begun, taken) =
            tokio::join!(biased; client.batch_execute("begin"), client.execute(&self.take_house, &values));
        begun.map_err(during("seeding the database"))?;
        if taken.map_err(during("taking the house"))? == 1 {
            return Ok(true);
        }
        let owner = client.query_one(WHOSE_HOUSE, &[]).await.map_err(during("asking whose house it is"))?;
        let owner: uuid::Uuid = owner.get(0);
        client.batch_execute("rollback").await.map_err(during("leaving the house as it is"))?;
        if owner == tenant { Ok(false) } else { Err(FleetError::Taken { owner: owner.to_string() }) }
    }

    /// The owner, the way in and a note, in one flight.
    async fn add_owner(
        &self,
        client: &Client,
        clock: &Clock,
        seed: &TenantSeed,
        token: &[u8],
    ) -> Result<(), tokio_postgres::Error> {
        let (now, owner, role) = (clock.now(), &seed.owner, HotelRole::Owner.as_str());
        let (tenant, expires) = (seed.tenant.0, owner.login_token_expires_at);
        let account: [&(dyn ToSql + Sync); 6] = [&owner.user, &owner.email, &owner.name, &owner.phone, &role, &now];
        let link: [&(dyn ToSql + Sync); 4] = [&token, &owner.user, &now, &expires];
        let line: [&(dyn ToSql + Sync); 2] = [&now, &tenant];
        let (added, linked, noted) = tokio::join!(biased;
            client.execute(&self.add_owner, &account),
            client.execute(&self.add_login_link, &link),
            client.execute(&self.note, &line));
        added.and(linked).and(noted).map(drop)
    }
}

/// The seed of a rehearsal.
fn nobody(clock: &Clock, ids: &Ids) -> TenantSeed {
    let owner = OwnerSeed {
        user: ids.next(),
        name: "nobody".to_owned(),
        email: "nobody@hotel.invalid".to_owned(),
        phone: String::new(),
        login_token_sha256: "0".repeat(64),
        login_token_expires_at: clock.now(),
    };
    TenantSeed {
        tenant: TenantId(ids.next()),
        slug: Slug::parse("nobody").expect("a well-formed slug"),
        hotel: "nobody".to_owned(),
        time_zone: "Asia/Jakarta".to_owned(),
        owner,
    }
}

fn token_hash(text: &str) -> Option<[u8; 32]> {
    unhex(text)?.try_into().ok()
}
