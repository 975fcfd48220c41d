//! The runner's promises, against real Postgres (`HOTELHUB_TEST_POSTGRES`).
use std::collections::BTreeSet;
use std::path::Path;

use tokio::task::JoinHandle;
use tokio_postgres::{Client, NoTls};

use crate::runner::{MigrateError, run};
use crate::steps::{self, Product, Step};
use crate::{EXTENSIONS, lay_out, migrate, schema_version};

/// A database of the test's own, dropped first if an earlier run left it.
struct Scratch {
    name: &'static str,
}

impl Scratch {
    async fn new(name: &'static str) -> Self {
        let admin = connect("postgres").await;
        admin.batch_execute(&format!("drop database if exists {name} with (force)")).await.unwrap();
        admin.batch_execute(&format!("create database {name}")).await.unwrap();
        Self { name }
    }

    async fn connect(&self) -> Client {
        connect(self.name).await
    }

    async fn drop(self) {
        let admin = connect("postgres").await;
        admin.batch_execute(&format!("drop database {} with (force)", self.name)).await.unwrap();
    }
}

async fn connect(database: &str) -> Client {
    connect_in(database, "public").await
}

/// A session whose schema is this one.
async fn connect_in(database: &str, schema: &str) -> Client {
    #[expect(clippy::disallowed_methods, reason = "a test learns its server from the environment")]
    let dsn = std::env::var("HOTELHUB_TEST_POSTGRES").expect("HOTELHUB_TEST_POSTGRES names an administrator's server");
    let mut config: tokio_postgres::Config = dsn.parse().unwrap();
    config.dbname(database).options(format!("-c search_path={schema}"));
    let (client, connection) = config.connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

const A: Step = Step { file: "0001_create_a.sql", sql: "-- expand\ncreate table a (n int);" };
const B: Step = Step { file: "0002_create_b.sql", sql: "-- expand\ncreate table b (n int);" };

#[test]
fn every_file_of_the_folders_is_embedded_and_has_its_own_number() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let on_disk: BTreeSet<String> = ["common", "hotel"]
        .iter()
        .flat_map(|folder| root.join(folder).read_dir().unwrap())
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let steps = steps::of(Product::Hotel);
    let embedded: BTreeSet<String> = steps.iter().map(|step| step.file.to_owned()).collect();
    assert_eq!(embedded, on_disk);
    let numbers: BTreeSet<i32> = steps.iter().map(|step| step.number().unwrap()).collect();
    assert_eq!(numbers.len(), steps.len());
    assert!(steps.iter().all(|step| step.phase().is_some()), "a first line says neither expand nor contract");
}

#[test]
fn what_the_steps_need_of_a_database_is_named() {
    let steps = steps::of(Product::Hotel);
    let asked = steps.iter().flat_map(|step| step.sql.split("create extension if not exists ").skip(1));
    let needed: BTreeSet<&str> = asked.filter_map(|rest| rest.split(';').next()).collect();
    assert_eq!(needed, EXTENSIONS.iter().copied().collect());
    let all = steps.iter().filter(|step| step.sql.contains("create extension")).count();
    assert_eq!(all, needed.len(), "one is asked for in other words");
}

#[test]
fn the_version_moves_with_every_letter_of_every_step() {
    let version = schema_version(Product::Hotel);
    assert_eq!(version.len(), "0013_1a2b3c4d".len());
    let changed = Step { sql: "-- expand\ncreate table b (m int);", ..B };
    assert_ne!(steps::version(&[A, B]), steps::version(&[A, changed]));
    assert_ne!(steps::version(&[A, B]), steps::version(&[A]));
}

#[tokio::test]
async fn a_database_is_migrated_once_and_stays_small() {
    let scratch = Scratch::new("mig_once").await;
    let mut client = scratch.connect().await;
    let first = migrate(&mut client, Product::Hotel).await.unwrap();
    assert_eq!(first.applied.len(), steps::of(Product::Hotel).len());
    assert_eq!(first.version, schema_version(Product::Hotel));
    let again = migrate(&mut client, Product::Hotel).await.unwrap();
    assert!(again.applied.is_empty());
    let tables = "select count(*) from pg_tables where schemaname = 'public'";
    assert!(
        client.query_one(tables, &[]).await.unwrap().get::<_, i64>(0) < 60,
        "the hotel's template has under 60 tables"
    );
    // What a clone copies beyond the 300 or so files that every database of the server has.
    let files = "select count(*) - (select count(*) from pg_database d, pg_ls_dir('base/' || d.oid) where d.datname = 'template0')
        from pg_database d, pg_ls_dir('base/' || d.oid) where d.datname = current_database()";
    client.batch_execute("checkpoint").await.unwrap();
    let files = client.query_one(files, &[]).await.unwrap().get::<_, i64>(0);
    assert!((1..350).contains(&files), "the hotel's template has {files} files of its own");
    scratch.drop().await;
}

#[tokio::test]
async fn a_step_changed_after_it_ran_is_refused() {
    let scratch = Scratch::new("mig_changed").await;
    let mut client = scratch.connect().await;
    run(&mut client, &[A, B]).await.unwrap();
    let changed = Step { sql: "-- expand\ncreate table a (n bigint);", ..A };
    let refused = run(&mut client, &[changed, B]).await;
    assert!(matches!(refused, Err(MigrateError::Changed { file }) if file == A.file));
    scratch.drop().await;
}

#[tokio::test]
async fn a_database_of_a_newer_program_is_refused_and_so_is_a_step_put_in_between() {
    let scratch = Scratch::new("mig_newer").await;
    let mut client = scratch.connect().await;
    run(&mut client, &[A, B]).await.unwrap();
    assert!(matches!(run(&mut client, &[A]).await, Err(MigrateError::Newer { file }) if file == B.file));
    let late = Step { file: "0003_create_c.sql", sql: "-- expand\ncreate table c (n int);" };
    let early = Step { file: "0001_create_c.sql", ..late };
    run(&mut client, &[A, B, late]).await.unwrap();
    let four = Step { file: "0004_create_d.sql", sql: "-- expand\ncreate table d (n int);" };
    assert!(matches!(run(&mut client, &[early, A, B]).await, Err(MigrateError::Malformed { .. })));
    assert!(matches!(run(&mut client, &[A, late, four]).await, Err(MigrateError::Newer { file }) if file == B.file));
    scratch.drop().await;
}

#[tokio::test]
async fn a_step_put_before_others_that_ran_is_refused() {
    let scratch = Scratch::new("mig_order").await;
    let mut client = scratch.connect().await;
    let third = Step { file: "0003_create_c.sql", sql: "-- expand\ncreate table c (n int);" };
    run(&mut client, &[A, third]).await.unwrap();
    assert!(matches!(run(&mut client, &[A, B, third]).await, Err(MigrateError::OutOfOrder { file }) if file == B.file));
    scratch.drop().await;
}

#[tokio::test]
async fn a_file_without_its_first_line_is_refused_before_anything_runs() {
    let scratch = Scratch::new("mig_malformed").await;
    let mut client = scratch.connect().await;
    let bare = Step { sql: "create table b (n int);", ..B };
    assert!(matches!(run(&mut client, &[A, bare]).await, Err(MigrateError::Malformed { file }) if file == B.file));
    assert!(client.query("select 1 from a", &[]).await.is_err(), "nothing ran");
    scratch.drop().await;
}

#[tokio::test]
async fn two_runners_at_once_apply_each_step_once() {
    let scratch = Scratch::new("mig_two").await;
    let runners: Vec<JoinHandle<usize>> = {
        let mut runners = Vec::new();
        for _ in 0..4 {
            let mut client = scratch.connect().await;
            runners
                .push(tokio::spawn(async move { migrate(&mut client, Product::Hotel).await.unwrap().applied.len() }));
        }
        runners
    };
    let mut applied = 0;
    for runner in runners {
        applied += runner.await.unwrap();
    }
    assert_eq!(applied, steps::of(Product::Hotel).len());
    scratch.drop().await;
}

#[tokio::test]
async fn a_runner_killed_halfway_leaves_whole_steps_and_the_next_resumes() {
    let scratch = Scratch::new("mig_killed").await;
    let slow = Step { sql: "-- expand\ncreate table b (n int); select pg_sleep(30);", ..B };
    let mut client = scratch.connect().await;
    let runner = tokio::spawn(async move { run(&mut client, &[A, slow]).await });
    let other = scratch.connect().await;
    let kill = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query like '%pg_sleep(30)%' and pid <> pg_backend_pid()";
    while other.query(kill, &[]).await.unwrap().is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert!(runner.await.unwrap().is_err());
    let mut client = scratch.connect().await;
    assert_eq!(run(&mut client, &[A, B]).await.unwrap().applied, [B.file]);
    scratch.drop().await;
}

#[tokio::test]
async fn a_step_outside_a_transaction_may_run_twice_also_while_another_runner_waits() {
    let index = Step {
        file: "0003_index_a.sql",
        sql: "-- expand\n-- no transaction\ndrop index concurrently if exists a_by_n;\n-- then\ncreate index concurrently a_by_n on a (n);",
    };
    let scratch = Scratch::new("mig_loose").await;
    let mut client = scratch.connect().await;
    run(&mut client, &[A, B]).await.unwrap();
    client.batch_execute("create index concurrently a_by_n on a (n)").await.unwrap();
    let mut other = scratch.connect().await;
    let steps = [A, B, index];
    let (one, two) = tokio::join!(run(&mut client, &steps), run(&mut other, &steps));
    let ran = one.unwrap().applied.len() + two.unwrap().applied.len();
    assert_eq!(ran, 1);
    scratch.drop().await;
}

/// Every table, column, constraint, index, trigger and function of the schema `public` or of `house`, as a text without the schema's name.
const SHAPE: &str = "
    select string_agg(line, E'\\n' order by line) from (
        select format('%s.%s %s %s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull) as line
          from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
         where c.relnamespace = current_schema()::text::regnamespace and c.relkind in ('r', 'v')
        union all
        select pg_get_constraintdef(oid) || conname from pg_constraint where connamespace = current_schema()::text::regnamespace
        union all
        select replace(indexdef, schemaname || '.', '') from pg_indexes where schemaname = current_schema()
        union all
        select replace(pg_get_triggerdef(t.oid), current_schema() || '.', '')
          from pg_trigger t join pg_class c on c.oid = t.tgrelid
         where c.relnamespace = current_schema()::text::regnamespace and not t.tgisinternal
        union all
        select proname || prosrc from pg_proc where pronamespace = current_schema()::text::regnamespace and prolang = (select oid from pg_language where lanname = 'plpgsql')) shape";

#[tokio::test]
async fn a_schema_that_is_laid_out_at_once_is_the_one_the_steps_make_and_two_in_one_database_do_not_meet() {
    let scratch = Scratch::new("scratch_migrate_laid_out").await;
    let stepwise = {
        let mut client = scratch.connect().await;
        migrate(&mut client, Product::Hotel).await.unwrap();
        client.query_one(SHAPE, &[]).await.unwrap().get::<_, String>(0)
    };
    assert!(stepwise.contains("room_assignments_room_free"), "{stepwise}");
    for name in ["one", "other"] {
        let mut client = connect_in("scratch_migrate_laid_out", name).await;
        client.batch_execute(&format!("create schema {name}")).await.unwrap();
        let tx = client.transaction().await.unwrap();
        lay_out(&tx, Product::Hotel).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(client.query_one(SHAPE, &[]).await.unwrap().get::<_, String>(0), stepwise);
        assert!(migrate(&mut client, Product::Hotel).await.unwrap().applied.is_empty(), "nothing is left to do");
    }
    scratch.drop().await;
}

#[tokio::test]
async fn who_shares_a_database_does_not_wait_for_a_neighbours_migration() {
    let scratch = Scratch::new("scratch_migrate_neighbours").await;
    let slow = Step { file: "0001_sleep.sql", sql: "-- expand\nselect pg_sleep(20);" };
    let mut clients = Vec::new();
    for name in ["one", "other"] {
        let client = connect_in("scratch_migrate_neighbours", name).await;
        client.batch_execute(&format!("create schema {name}")).await.unwrap();
        clients.push(client);
    }
    let [mut one, mut other] = <[Client; 2]>::try_from(clients).unwrap();
    let sleeps: JoinHandle<_> = tokio::spawn(async move { run(&mut one, &[slow]).await });
    let watch = scratch.connect().await;
    let asleep =
        "select exists (select from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep')";
    while !watch.query_one(asleep, &[]).await.unwrap().get::<_, bool>(0) {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(run(&mut other, &[A, B]).await.unwrap().applied, [A.file, B.file]);
    assert!(!sleeps.is_finished());
    sleeps.abort();
    scratch.drop().await;
}
