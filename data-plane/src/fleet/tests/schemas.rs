//! Tenants that share a database: made whole or not at all, strangers to one another, and gone without a trace.
use hotelhub_kernel::{TenantId, hex, sha256};
use hotelhub_protocol::{Migrated, Outcome, Task};
use hotelhub_tenant_migrations::{Product, is_current, migrate_until};
use hotelhub_testkit::{dsn_in, env};
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;
use uuid::Uuid;

use super::super::FleetError;
use super::super::database::Step;
use super::{Yard, cluster, connect, worker};

/// What a schema left behind in its database and on its server.
const LEFT_OF: &str = "
    select (select count(*) from pg_namespace where nspname = $1) + (select count(*) from pg_roles where rolname = $1)
           + (select count(*) from pg_class where relnamespace not in
              (select oid from pg_namespace where nspname ~ '^(pg_|public$|information_schema$)'))";

impl Yard {
    /// Where a tenant will share a database with whoever else is in this yard.
    pub(super) async fn shared(test: &str) -> Self {
        let own = &hex(&sha256(test.as_bytes()))[..32];
        Self::at(format!("s_{own}.t_{own}")).await
    }

    /// Another tenant's place in the same database.
    pub(super) fn beside(&self, last: char) -> Self {
        let database = format!("{}{last}", &self.database[..self.database.len() - 1]);
        assert_ne!(database, self.database, "pick another last digit");
        Self { fleet: self.fleet.clone(), database }
    }

    /// A last digit that is not its own.
    pub(super) fn another(&self) -> char {
        if self.database.ends_with('a') { 'b' } else { 'a' }
    }

    fn parts(&self) -> (&str, &str) {
        self.database.split_once('.').unwrap()
    }

    /// An administrator in the tenant's schema.
    pub(super) async fn in_schema(&self) -> Client {
        connect(&dsn_in(&env::postgres(), &self.database).parse().unwrap()).await.unwrap()
    }

    async fn as_its_tenant(&self) -> Result<Client, tokio_postgres::Error> {
        self.as_tenant(&self.database).await
    }
}

#[tokio::test]
async fn a_sign_up_into_a_schema_killed_after_any_step_is_finished_by_the_next_worker() {
    for step in [Step::Clone, Step::Admit, Step::Seed] {
        let yard = Yard::shared(&format!("schema killed {step:?}")).await;
        let killed = yard.fleet.carry_out_until(&yard.create(1), Some(step)).await;
        assert!(matches!(killed, Err(FleetError::Halted)), "{killed:?}");
        if step == Step::Clone {
            assert!(yard.as_its_tenant().await.is_err(), "nothing of the tenant is there yet");
        }
        for _ in 0..2 {
            worker().carry_out(&yard.create(1)).await.unwrap();
        }
        yard.assert_seeded_once().await;
        let refused = worker().carry_out(&yard.create(2)).await.unwrap_err();
        assert!(matches!(refused, FleetError::Taken { .. }), "{refused:?}");
        yard.clear().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tenants_who_come_to_a_new_shared_database_at_once_all_find_their_own_schema() {
    let yard = Yard::shared("a crowd").await;
    let crowd: Vec<Yard> =
        "01234".chars().filter(|last| !yard.database.ends_with(*last)).map(|last| yard.beside(last)).collect();
    let workers = [worker(), worker()];
    let coming = crowd.iter().zip(workers.iter().cycle()).enumerate().map(async |(n, (yard, worker))| {
        worker.carry_out(&yard.create(n as u128 + 1)).await.unwrap();
    });
    futures_util::future::join_all(coming).await;
    for yard in &crowd {
        yard.assert_seeded_once().await;
    }
    for yard in crowd {
        yard.clear().await;
    }
}

/// What a tenant's own role is not permitted in a database that it shares, by hostile SQL of every kind we know. `NEIGHBOUR` is another's schema.
const HOSTILE: &[&str] = &[
    "select * from NEIGHBOUR.house",
    "select count(*) from NEIGHBOUR.guests",
    "insert into NEIGHBOUR.settings (name, value, updated_at) values ('x', '1', now())",
    "update NEIGHBOUR.users set roles = '{owner}'",
    "begin; lock table NEIGHBOUR.inventory_days",
    "select NEIGHBOUR.is_first_change('house')",
    "create table NEIGHBOUR.mine (n int)",
    "create table public.house (tenant_id uuid)",
    "create function public.now() returns timestamptz language sql as 'select null::timestamptz'",
    "create temp table house (tenant_id uuid)",
    "create schema mine",
    "create table mine (n int)",
    "create extension hstore",
    "alter table house disable trigger all",
    "update house set tenant_id = gen_random_uuid()",
    "delete from audit_log",
    "drop schema NEIGHBOUR cascade",
    "set role NEIGHBOUR",
    "set session authorization NEIGHBOUR",
    "alter role NEIGHBOUR password 'mine'",
    "grant NEIGHBOUR to OWN",
    "copy NEIGHBOUR.guests to stdout",
    "select * from pg_authid",
    "select pg_read_file('/etc/passwd')",
    "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'NEIGHBOUR'",
    "select * from pg_largeobject",
];

/// What it does not even see.
const UNSEEN: &[&str] =
    &["set search_path = NEIGHBOUR; select * from house", "set search_path = public; select * from house"];

#[tokio::test]
async fn a_tenants_role_reaches_nothing_of_a_neighbours_by_any_sql() {
    let yard = Yard::shared("hostile").await;
    let other = yard.beside(yard.another());
    for (n, of) in [&yard, &other].into_iter().enumerate() {
        of.fleet.carry_out(&of.create(n as u128 + 1)).await.unwrap();
    }
    let guest =
        "insert into guests (id, name, created_at, updated_at) values (gen_random_uuid(), 'Rahasia', now(), now())";
    let neighbour = other.as_its_tenant().await.unwrap();
    neighbour.batch_execute(guest).await.unwrap();
    neighbour.batch_execute("select 'Rahasia'").await.unwrap();
    other.in_schema().await.batch_execute("analyze guests").await.unwrap();
    let not_permitted = HOSTILE.iter().map(|sql| (sql, SqlState::INSUFFICIENT_PRIVILEGE));
    for (sql, state) in not_permitted.chain(UNSEEN.iter().map(|sql| (sql, SqlState::UNDEFINED_TABLE))) {
        let own = yard.as_its_tenant().await.unwrap();
        let sql = sql.replace("NEIGHBOUR", other.parts().1).replace("OWN", yard.parts().1);
        let refused = own.batch_execute(&sql).await.unwrap_err();
        assert_eq!(refused.code(), Some(&state), "{sql}: {refused:?}");
    }
    let own = yard.as_its_tenant().await.unwrap();
    let listed = "
        select (select count(*) from guests)
               + (select count(*) from information_schema.tables where table_schema like 't\\_%' and table_schema <> current_schema())
               + (select count(*) from pg_stats where schemaname like 't\\_%' and schemaname <> current_schema())
               + (select count(*) from pg_stat_activity where query like '%Rahasia%' and pid <> pg_backend_pid())";
    assert_eq!(own.query_one(listed, &[]).await.unwrap().get::<_, i64>(0), 0);
    let path: String = own.query_one("select current_schemas(false)::text", &[]).await.unwrap().get(0);
    assert_eq!(path, format!("{{{}}}", yard.parts().1));
    yard.clear().await;
    other.clear().await;
}

#[tokio::test]
async fn a_name_without_a_schema_never_means_what_lies_in_public() {
    let yard = Yard::shared("public").await;
    yard.fleet.carry_out(&yard.create(1)).await.unwrap();
    let admin = yard.in_schema().await;
    admin.batch_execute("create table public.minibar (n int); grant all on public.minibar to public").await.unwrap();
    admin.batch_execute("drop table settings; create table public.settings as select 'theirs' as name").await.unwrap();
    let own = yard.as_its_tenant().await.unwrap();
    for sql in ["select * from minibar", "select * from settings", "select * from public.minibar"] {
        assert!(own.batch_execute(sql).await.is_err(), "{sql}");
    }
    yard.clear().await;
}

#[tokio::test]
async fn a_schema_is_dropped_with_its_role_also_after_a_kill_in_between_and_its_neighbour_stays() {
    let yard = Yard::shared("schema dropped").await;
    let other = yard.beside(yard.another());
    yard.fleet.carry_out(&yard.create(1)).await.unwrap();
    other.fleet.carry_out(&other.create(2)).await.unwrap();
    let drop_of = |tenant: u128| Task::DropDatabase {
        cluster: cluster(),
        database: yard.database.clone(),
        tenant: Some(TenantId(Uuid::from_u128(tenant))),
        source: None,
    };
    let refused = yard.fleet.carry_out(&drop_of(2)).await.unwrap_err();
    assert!(matches!(refused, FleetError::Taken { .. }), "{refused:?}");
    let inside = yard.as_its_tenant().await.unwrap();
    let killed = yard.fleet.carry_out_until(&drop_of(1), Some(Step::Drop)).await.unwrap_err();
    assert!(matches!(killed, FleetError::Halted), "{killed:?}");
    assert!(inside.batch_execute("select 1").await.is_err(), "who was in is put out");
    assert!(yard.as_its_tenant().await.is_err());
    for _ in 0..2 {
        assert_eq!(yard.fleet.carry_out(&drop_of(1)).await.unwrap(), Outcome::Gone);
    }
    other.assert_seeded_once().await;
    let seen = yard.fleet.inventory(&cluster()).await.unwrap();
    assert!(!seen.databases.contains(&yard.database) && !seen.roles.iter().any(|role| role == yard.parts().1));
    assert!(seen.databases.contains(&other.database) && seen.roles.iter().any(|role| role == other.parts().1));
    let all = Task::DropDatabase {
        cluster: cluster(),
        database: other.database.clone(),
        tenant: Some(TenantId(Uuid::from_u128(2))),
        source: None,
    };
    other.fleet.carry_out(&all).await.unwrap();
    let left: i64 = other.in_schema().await.query_one(LEFT_OF, &[&other.parts().1]).await.unwrap().get(0);
    assert_eq!(left, 0);
    other.clear().await;
}

#[tokio::test]
async fn a_shared_database_is_dropped_when_nobody_lies_in_it_also_after_a_kill_in_between() {
    let yard = Yard::shared("shared dropped").await;
    yard.fleet.carry_out(&yard.create(1)).await.unwrap();
    let (database, _) = yard.parts();
    let drop_it = Task::DropDatabase { cluster: cluster(), database: database.to_owned(), tenant: None, source: None };
    let refused = yard.fleet.carry_out(&drop_it).await.unwrap_err();
    assert!(matches!(refused, FleetError::Inhabited { .. }), "{refused:?}");
    yard.as_its_tenant().await.unwrap();
    let tenant = Some(TenantId(Uuid::from_u128(1)));
    let leave = Task::DropDatabase { cluster: cluster(), database: yard.database.clone(), tenant, source: None };
    yard.fleet.carry_out(&leave).await.unwrap();
    assert!(yard.fleet.inventory(&cluster()).await.unwrap().shared.iter().any(|name| name == database));
    let killed = yard.fleet.carry_out_until(&drop_it, Some(Step::Drop)).await.unwrap_err();
    assert!(matches!(killed, FleetError::Halted), "{killed:?}");
    for _ in 0..2 {
        assert_eq!(yard.fleet.carry_out(&drop_it).await.unwrap(), Outcome::Gone);
    }
    assert!(!yard.fleet.inventory(&cluster()).await.unwrap().shared.iter().any(|name| name == database));
    yard.fleet.carry_out(&yard.create(2)).await.unwrap();
    yard.assert_seeded_once().await;
    yard.clear().await;
}

#[tokio::test]
async fn a_schema_of_an_older_program_is_brought_up_to_date() {
    let yard = Yard::shared("older schema").await;
    let other = yard.beside(yard.another());
    other.fleet.carry_out(&other.create(2)).await.unwrap();
    let (_, role) = yard.parts();
    let mut inside = yard.in_schema().await;
    inside.batch_execute(&format!("create schema {role}; create role {role}")).await.unwrap();
    migrate_until(&mut inside, Product::Hotel, 19).await.unwrap();
    let databases = vec![yard.database.clone(), other.database.clone()];
    let task = Task::MigrateDatabases { cluster: cluster(), databases, to: yard.fleet.version().to_owned() };
    let Outcome::Migrated { databases } = yard.fleet.carry_out(&task).await.unwrap() else { panic!("{task:?}") };
    assert!(databases.iter().all(|Migrated { error, .. }| error.is_none()), "{databases:?}");
    assert!(is_current(&inside, Product::Hotel).await.unwrap());
    let grants = "select has_table_privilege(current_schema(), 'room_types', 'update'),
                         has_table_privilege(current_schema(), 'schema_steps', 'insert')";
    let row = inside.query_one(grants, &[]).await.unwrap();
    assert_eq!((row.get(0), row.get(1)), (true, false));
    yard.clear().await;
    other.clear().await;
}
