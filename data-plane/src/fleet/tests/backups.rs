//! Backups of a tenant's database, and what comes back of them, by the programs of Postgres themselves.
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hotelhub_kernel::{Clock, Entropy, Ids, Key, Secret, Slug, TenantId, hex};
use hotelhub_protocol::{BackedUp, Outcome, Quarters, Restoration, Restored, Task};
use hotelhub_store::{Origin, S3Access, Store};
use hotelhub_vault::{Place, Shelf};
use tokio_postgres::Client;
use uuid::Uuid;

use super::super::database::Step;
use super::super::{Archive, Fleet, FleetError, login_password};
use super::{Yard, administrator, clean, cluster, connect, key, server};

pub(super) const MELATI: TenantId = TenantId(Uuid::from_u128(1));
pub(super) const BACKUP: Uuid = Uuid::from_u128(0xb);

/// A hotel with guests, a store of backups, and a name for a database to restore into.
pub(super) struct Cellar {
    pub(super) yard: Yard,
    pub(super) fleet: Fleet,
    folder: PathBuf,
    other: String,
}

fn fleet(folder: &Path, key: [u8; 32]) -> Fleet {
    fleet_on(Store::Folder(folder.to_path_buf()), key)
}

fn fleet_on(store: Store, key: [u8; 32]) -> Fleet {
    let entropy = Entropy::system();
    let shelf = Shelf::new(store, Key::new(key), entropy.clone());
    let clock = Clock::at("2026-07-03T18:30:00Z".parse().unwrap());
    let admins = BTreeMap::from([(cluster(), administrator())]);
    Fleet::new(admins, Some(Archive::new(shelf, None)), clock, Ids::counted(), entropy)
}

impl Cellar {
    pub(super) async fn of(test: &str) -> Self {
        Self::under(Yard::new(test).await).await
    }

    async fn under(yard: Yard) -> Self {
        yard.fleet.carry_out(&yard.create(1)).await.unwrap();
        let folder = std::env::temp_dir().join(format!("hotelhub-cellar-{}", hex(&Entropy::system().bytes::<8>())));
        std::fs::create_dir(&folder).unwrap();
        let own = Quarters::parse(&yard.database).unwrap().role();
        let other = format!("{}{}", &own[..33], if own.ends_with('f') { 'e' } else { 'f' });
        clean(&other).await;
        let cellar = Self { fleet: fleet(&folder, [5; 32]), yard, folder, other };
        cellar.guests(0..300).await;
        cellar
    }

    /// Writes guests as the hotel's own people do.
    async fn guests(&self, numbers: std::ops::Range<i32>) {
        let inside = self.yard.as_tenant(&self.yard.database).await.unwrap();
        let insert = "insert into guests (id, name, created_at, updated_at)
                      select gen_random_uuid(), 'Tamu ' || n, now(), now() from generate_series($1::int, $2) n";
        inside.execute(insert, &[&numbers.start, &(numbers.end - 1)]).await.unwrap();
    }

    pub(super) async fn back_up(&self) -> Result<BackedUp, FleetError> {
        let task = Task::BackUpTenant {
            cluster: cluster(),
            database: self.yard.database.clone(),
            tenant: MELATI,
            backup: BACKUP,
        };
        match self.fleet.carry_out(&task).await? {
            Outcome::BackedUp(taken) => Ok(taken),
            other => panic!("{other:?}"),
        }
    }

    fn restoration(&self, taken: &BackedUp, tenant: u128, drill: bool) -> Restoration {
        Restoration {
            backup: BACKUP,
            source: MELATI,
            sha256: taken.sha256.clone(),
            tenant: TenantId(Uuid::from_u128(tenant)),
            slug: Slug::parse("kenanga").unwrap(),
            drill,
        }
    }

    fn filling(&self, restoration: Restoration) -> Task {
        Task::RestoreTenant { cluster: cluster(), database: self.other.clone(), restoration }
    }

    async fn restore(&self, restoration: Restoration) -> Result<Restored, FleetError> {
        match self.fleet.carry_out(&self.filling(restoration)).await? {
            Outcome::Restored(restored) => Ok(restored),
            other => panic!("{other:?}"),
        }
    }

    /// Into the database that was restored, as its tenant comes in.
    async fn enter(&self) -> Result<Client, tokio_postgres::Error> {
        let mut config = server();
        let password = login_password(&key(), &self.other);
        config.dbname(&self.other).user(&self.other).password(password.expose());
        connect(&config).await
    }

    /// One number of the database that was restored.
    async fn count(&self, of: &str) -> i64 {
        let inside = self.enter().await.unwrap();
        inside.query_one(&format!("select count(*) from {of}"), &[]).await.unwrap().get(0)
    }

    async fn is_there(&self) -> bool {
        let admin = connect(&server()).await.unwrap();
        let find = "select from pg_database where datname = $1";
        admin.query_opt(find, &[&self.other]).await.unwrap().is_some()
    }

    /// The data of the backup as they lie in the store.
    fn data(&self) -> PathBuf {
        let place = self.folder.join(MELATI.to_string()).join(BACKUP.to_string());
        let mut files = std::fs::read_dir(place).unwrap().map(|file| file.unwrap().path());
        files.find(|path| path.file_name().unwrap().to_string_lossy().starts_with("data-")).unwrap()
    }

    pub(super) async fn clear(self) {
        let _ = std::fs::remove_dir_all(&self.folder);
        clean(&self.other).await;
        self.yard.clear().await;
    }
}

#[tokio::test]
async fn a_hotel_comes_back_as_it_was_when_it_was_backed_up() {
    let cellar = Cellar::of("comes back").await;
    let taken = cellar.back_up().await.unwrap();
    assert!(taken.rows > 300 && taken.stored_bytes > 1_000, "{taken:?}");
    cellar.guests(300..310).await;
    let restored = cellar.restore(cellar.restoration(&taken, 1, false)).await.unwrap();
    assert_eq!((restored.rows, restored.template.as_str()), (taken.rows, cellar.fleet.version()));
    assert_eq!(cellar.count("guests").await, 300);
    assert_eq!(cellar.count("house where tenant_id = '00000000-0000-0000-0000-000000000001'").await, 1);
    assert_eq!(cellar.count("audit_log where action = 'tenant.restore'").await, 1);
    assert_eq!(cellar.count("one_time_links").await, 0, "who was let in by a letter asks for another");
    let inside = cellar.enter().await.unwrap();
    let forbidden = inside.batch_execute("delete from schema_steps").await.unwrap_err();
    assert_eq!(forbidden.code().unwrap().code(), "42501", "its role may do what it may do anywhere");
    let book = "insert into guests (id, name, created_at, updated_at) values (gen_random_uuid(), 'Made', now(), now())";
    inside.batch_execute(book).await.unwrap();
    let again = cellar.restore(cellar.restoration(&taken, 1, false)).await.unwrap();
    assert_eq!(again.rows, taken.rows);
    assert_eq!(cellar.count("guests").await, 301, "what is served is not filled a second time");
    cellar.clear().await;
}

/// The bucket of the S3 service that this run of the tests lends, if it does.
fn bucket() -> Option<Store> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let lent = hotelhub_testkit::env::s3()?;
    let (login, host) = lent.strip_prefix("http://")?.split_once('@')?;
    let (key_id, secret) = login.split_once(':')?;
    let access = S3Access {
        endpoint: Some(format!("http://{host}")),
        region: "us-east-1".to_owned(),
        key_id: key_id.to_owned(),
        secret: Secret::new(secret.to_owned()),
    };
    let origin: Origin = format!("s3://hotelhub/{}", hex(&Entropy::system().bytes::<8>())).parse().unwrap();
    Some(origin.open(Some(&access)).unwrap())
}

#[tokio::test]
async fn a_hotel_comes_back_out_of_a_bucket_as_it_does_out_of_a_folder() {
    let Some(store) = bucket() else { return };
    let mut cellar = Cellar::of("out of a bucket").await;
    cellar.fleet = fleet_on(store.clone(), [5; 32]);
    let taken = cellar.back_up().await.unwrap();
    let restored = cellar.restore(cellar.restoration(&taken, 1, false)).await.unwrap();
    assert_eq!((restored.rows, cellar.count("guests").await), (taken.rows, 300));
    let place = Place { tenant: MELATI, backup: BACKUP };
    assert_eq!(store.names(place).await.unwrap().len(), 2, "the data and the manifest");
    cellar
        .fleet
        .carry_out(&Task::PruneBackups { cluster: cluster(), tenant: MELATI, backups: vec![BACKUP] })
        .await
        .unwrap();
    assert!(store.names(place).await.unwrap().is_empty());
    let refused = cellar.restore(cellar.restoration(&taken, 2, false)).await.unwrap_err();
    assert!(!refused.is_final(), "it may be on its way: {refused}");
    cellar.clear().await;
}

#[tokio::test]
async fn a_hotel_that_shares_a_database_is_backed_up_alone_and_comes_back_in_one_of_its_own() {
    let yard = Yard::shared("shared and backed up").await;
    let neighbour = yard.beside(yard.another());
    neighbour.fleet.carry_out(&neighbour.create(2)).await.unwrap();
    let cellar = Cellar::under(yard).await;
    let taken = cellar.back_up().await.unwrap();
    let rows = "select count(*) from pg_class where relkind in ('r', 'v', 'S') and relnamespace = current_schema()::text::regnamespace";
    let there: i64 = cellar.yard.in_schema().await.query_one(rows, &[]).await.unwrap().get(0);
    let restored = cellar.restore(cellar.restoration(&taken, 1, false)).await.unwrap();
    assert_eq!((restored.rows, cellar.count("guests").await), (taken.rows, 300));
    let inside = cellar.enter().await.unwrap();
    assert_eq!(inside.query_one(rows, &[]).await.unwrap().get::<_, i64>(0), there, "in public, and nothing else");
    let schemas = "select string_agg(nspname, ' ') from pg_namespace where nspname !~ '^(pg_|information_schema)'";
    assert_eq!(inside.query_one(schemas, &[]).await.unwrap().get::<_, &str>(0), "public");
    let book = "insert into guests (id, name, created_at, updated_at) values (gen_random_uuid(), 'Made', now(), now())";
    inside.batch_execute(book).await.unwrap();
    cellar.yard.assert_seeded_once().await;
    let crowded = Task::RestoreTenant {
        cluster: cluster(),
        database: neighbour.database.clone(),
        restoration: cellar.restoration(&taken, 1, false),
    };
    let refused = cellar.fleet.carry_out(&crowded).await.unwrap_err();
    assert!(matches!(refused, FleetError::NotAlone(_)), "{refused:?}");
    neighbour.clear().await;
    cellar.clear().await;
}

#[tokio::test]
async fn a_copy_is_another_house_and_writes_to_nobody() {
    let cellar = Cellar::of("a copy").await;
    let inside = cellar.yard.as_tenant(&cellar.yard.database).await.unwrap();
    let job = "insert into jobs (id, queue, name, payload, due_at, created_at)
               values (gen_random_uuid(), 'letters', 'letter.send', '{}', now(), now())";
    inside.batch_execute(job).await.unwrap();
    let taken = cellar.back_up().await.unwrap();
    cellar.restore(cellar.restoration(&taken, 2, false)).await.unwrap();
    let house = "house where slug = 'kenanga' and tenant_id = '00000000-0000-0000-0000-000000000002'";
    assert_eq!(cellar.count(house).await, 1);
    assert_eq!((cellar.count("jobs").await, cellar.count("guests").await), (0, 300));
    cellar.clear().await;
}

#[tokio::test]
async fn a_copy_lets_go_of_rooms_that_are_held_and_forgets_letters_that_were_kept_back() {
    let cellar = Cellar::of("held in a copy").await;
    let inside = cellar.yard.as_tenant(&cellar.yard.database).await.unwrap();
    let waiting = "
        insert into jobs (id, queue, name, payload, due_at, created_at)
        values (gen_random_uuid(), 'default', 'release-expired-holds', '{}', now(), now());
        insert into letters (id, kind, to_address, subject, body_text, body_html, message_id, state, created_at)
        select gen_random_uuid(), 'booking', 'made@example.com', 'Hi', 'Hi', 'Hi', s, s, now()
          from unnest(array['queued', 'withheld', 'sent']) s";
    inside.batch_execute(waiting).await.unwrap();
    let taken = cellar.back_up().await.unwrap();
    cellar.restore(cellar.restoration(&taken, 2, false)).await.unwrap();
    assert_eq!(cellar.count("jobs where name = 'release-expired-holds' and state = 'queued'").await, 1);
    assert_eq!((cellar.count("letters").await, cellar.count("letters where state = 'sent'").await), (1, 1));
    cellar.clear().await;
}

#[tokio::test]
async fn a_drill_compares_everything_and_leaves_nothing() {
    let cellar = Cellar::of("drill").await;
    let taken = cellar.back_up().await.unwrap();
    let drilled = cellar.restore(cellar.restoration(&taken, 1, true)).await.unwrap();
    assert_eq!(drilled.rows, taken.rows);
    assert!(!cellar.is_there().await);
    cellar.clear().await;
}

#[tokio::test]
async fn a_backup_that_was_cut_off_or_changed_is_refused_and_leaves_nothing() {
    let cellar = Cellar::of("spoilt").await;
    let taken = cellar.back_up().await.unwrap();
    let good = std::fs::read(cellar.data()).unwrap();
    let mut flipped = good.clone();
    flipped[good.len() / 2] ^= 1;
    for spoilt in [&good[..good.len() - 1], &good[..good.len() / 2], &flipped] {
        std::fs::write(cellar.data(), spoilt).unwrap();
        let refused = cellar.restore(cellar.restoration(&taken, 1, false)).await.unwrap_err();
        assert!(refused.is_final() && matches!(refused, FleetError::Vault(_)), "{refused:?}");
        assert!(!cellar.is_there().await);
    }
    std::fs::write(cellar.data(), &good).unwrap();
    cellar.restore(cellar.restoration(&taken, 1, false)).await.unwrap();
    cellar.clear().await;
}

#[tokio::test]
async fn a_wrong_key_another_backup_and_another_tenants_are_refused() {
    let cellar = Cellar::of("foreign").await;
    let taken = cellar.back_up().await.unwrap();
    let wrong_key =
        fleet(&cellar.folder, [6; 32]).carry_out(&cellar.filling(cellar.restoration(&taken, 1, false))).await;
    let wrong_key = wrong_key.unwrap_err();
    assert!(wrong_key.is_final() && wrong_key.reason().contains("was sealed under the key"), "{wrong_key:?}");

    let other_sum = Restoration { sha256: "0".repeat(64), ..cellar.restoration(&taken, 1, false) };
    assert!(matches!(cellar.restore(other_sum).await, Err(FleetError::OtherBackup)));

    let theirs = TenantId(Uuid::from_u128(2));
    let copied = cellar.folder.join(theirs.to_string());
    std::fs::rename(cellar.folder.join(MELATI.to_string()), &copied).unwrap();
    let foreign = Restoration { source: theirs, tenant: theirs, ..cellar.restoration(&taken, 1, false) };
    let foreign = cellar.restore(foreign).await.unwrap_err();
    assert!(foreign.is_final() && foreign.reason().contains("not the one that was asked for"), "{foreign:?}");
    assert!(!cellar.is_there().await);

    let of_nobody = Task::BackUpTenant {
        cluster: cluster(),
        database: cellar.yard.database.clone(),
        tenant: theirs,
        backup: BACKUP,
    };
    assert!(matches!(cellar.fleet.carry_out(&of_nobody).await, Err(FleetError::Taken { .. })));
    assert!(matches!(cellar.yard.fleet.carry_out(&of_nobody).await, Err(FleetError::NoArchive)));
    cellar.clear().await;
}

#[tokio::test]
async fn a_house_that_is_served_is_never_restored_over() {
    let cellar = Cellar::of("served").await;
    let taken = cellar.back_up().await.unwrap();
    cellar.guests(300..310).await;
    let over = Task::RestoreTenant {
        cluster: cluster(),
        database: cellar.yard.database.clone(),
        restoration: cellar.restoration(&taken, 1, false),
    };
    assert!(matches!(cellar.fleet.carry_out(&over).await, Err(FleetError::Taken { .. })), "guests live there");
    let served = cellar.yard.as_tenant(&cellar.yard.database).await.unwrap();
    let guests: i64 = served.query_one("select count(*) from guests", &[]).await.unwrap().get(0);
    assert_eq!(guests, 310, "all that came since is there");
    cellar.restore(cellar.restoration(&taken, 1, false)).await.unwrap();
    let other = Restoration { tenant: TenantId(Uuid::from_u128(3)), ..cellar.restoration(&taken, 1, false) };
    assert!(matches!(cellar.restore(other).await, Err(FleetError::Taken { .. })), "it is melati's now");
    assert_eq!(cellar.count("guests").await, 300);
    cellar.clear().await;
}

#[tokio::test]
async fn a_worker_killed_in_the_middle_leaves_no_half_backup_and_no_half_hotel() {
    let cellar = Cellar::of("killed middle").await;
    let copy = Task::BackUpTenant {
        cluster: cluster(),
        database: cellar.yard.database.clone(),
        tenant: MELATI,
        backup: BACKUP,
    };
    assert!(matches!(cellar.fleet.carry_out_until(&copy, Some(Step::Copy)).await, Err(FleetError::Halted)));
    let nothing = BackedUp {
        taken_at: "2026-07-03T18:30:00Z".parse().unwrap(),
        took_ms: 0,
        schema: String::new(),
        rows: 0,
        stored_bytes: 0,
        sha256: String::new(),
    };
    let refused = cellar.restore(cellar.restoration(&nothing, 1, false)).await.unwrap_err();
    assert!(!refused.is_final() && refused.reason().contains("there is no"), "{refused:?}");
    let taken = cellar.back_up().await.unwrap();

    let refill = cellar.filling(cellar.restoration(&taken, 1, false));
    assert!(matches!(cellar.fleet.carry_out_until(&refill, Some(Step::Refill)).await, Err(FleetError::Halted)));
    assert!(cellar.enter().await.is_err(), "nobody gets into half a hotel");
    cellar.restore(cellar.restoration(&taken, 1, false)).await.unwrap();
    assert_eq!(cellar.count("guests").await, 300);
    let prune = Task::PruneBackups { cluster: cluster(), tenant: MELATI, backups: vec![BACKUP] };
    for _ in 0..2 {
        assert_eq!(cellar.fleet.carry_out(&prune).await.unwrap(), Outcome::Pruned);
    }
    assert!(!cellar.folder.join(MELATI.to_string()).join(BACKUP.to_string()).exists());
    cellar.clear().await;
}
