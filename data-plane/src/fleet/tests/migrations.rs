//! Databases of an older program, brought to this one's schema.
use std::collections::HashMap;
use std::time::Duration;

use hotelhub_protocol::{Migrated, Outcome, Task};
use hotelhub_tenant_migrations::{Product, is_current, migrate_until};
use tokio_postgres::Client;

use super::super::FleetError;
use super::{Yard, cluster, connect, server};

/// The last step of the older program.
const OLDER: i32 = 19;

impl Yard {
    /// With a database as the older program left it.
    async fn older(test: &str) -> Self {
        let yard = Self::new(test).await;
        let admin = connect(&server()).await.unwrap();
        admin.batch_execute(&format!("create database {}", yard.database)).await.unwrap();
        migrate_until(&mut yard.inside().await, Product::Hotel, OLDER).await.unwrap();
        yard
    }

    async fn inside(&self) -> Client {
        connect(server().dbname(&self.database)).await.unwrap()
    }

    async fn is_current(&self) -> bool {
        is_current(&self.inside().await, Product::Hotel).await.unwrap()
    }
}

async fn migrated(yard: &Yard, databases: &[&str]) -> HashMap<String, Option<String>> {
    let databases = databases.iter().map(|&name| name.to_owned()).collect();
    let task = Task::MigrateDatabases { cluster: cluster(), databases, to: yard.fleet.version().to_owned() };
    let Outcome::Migrated { databases } = yard.fleet.carry_out(&task).await.unwrap() else { panic!("{task:?}") };
    databases.into_iter().map(|Migrated { database, error, .. }| (database, error)).collect()
}

#[tokio::test]
async fn older_databases_are_brought_up_to_date_and_one_that_fails_keeps_nobody_from_it() {
    let (one, other) = (Yard::older("older 1").await, Yard::older("older 2").await);
    let gone = "t_00000000000000000000000000000bad";
    assert!(!one.is_current().await);
    let all = [one.database.as_str(), gone, "postgres", &other.database];
    let told = migrated(&one, &all).await;
    assert_eq!(told.len(), 4);
    assert_eq!((&told[&one.database], &told[&other.database]), (&None, &None));
    assert!(told[gone].as_deref().is_some_and(|why| why.contains("does not exist")), "{told:?}");
    assert!(told["postgres"].as_deref().is_some_and(|why| why.contains("no tenant database's name")), "{told:?}");
    assert!(one.is_current().await && other.is_current().await);
    let grants = "select has_table_privilege('hotelhub_tenant', 'room_types', 'update'),
                         has_table_privilege('hotelhub_tenant', 'schema_steps', 'insert')";
    let row = one.inside().await.query_one(grants, &[]).await.unwrap();
    assert_eq!((row.get(0), row.get(1)), (true, false));
    assert_eq!(migrated(&one, &all[..1]).await[&one.database], None, "a second time there is nothing to do");
    one.clear().await;
    other.clear().await;
}

#[tokio::test]
async fn a_database_whose_tables_are_in_use_is_waited_for_and_its_guests_are_let_through() {
    let yard = Yard::older("in use").await;
    let report = yard.inside().await;
    report.batch_execute("begin; select count(*) from rate_plans").await.unwrap();
    let ends = async {
        tokio::time::sleep(Duration::from_secs(4)).await;
        report.batch_execute("commit").await.unwrap();
    };
    let database = [yard.database.as_str()];
    let (told, ()) = tokio::join!(migrated(&yard, &database), ends);
    assert_eq!(told[&yard.database], None);
    assert!(yard.is_current().await);
    yard.clear().await;
}

#[tokio::test]
async fn who_grants_on_the_same_tables_meanwhile_holds_a_migration_up_and_does_not_fail_it() {
    let yard = Yard::older("granted").await;
    migrated(&yard, &[&yard.database]).await;
    let (other, watch) = (yard.inside().await, yard.inside().await);
    other.batch_execute("begin; grant select on rate_plans to hotelhub_tenant").await.unwrap();
    let ends = async {
        let waits = "select exists (select from pg_stat_activity
                                     where datname = current_database() and wait_event_type = 'Lock')";
        while !watch.query_one(waits, &[]).await.unwrap().get::<_, bool>(0) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        other.batch_execute("commit").await.unwrap();
    };
    let database = [yard.database.as_str()];
    let (told, ()) = tokio::join!(migrated(&yard, &database), ends);
    assert_eq!(told[&yard.database], None);
    yard.clear().await;
}

#[tokio::test]
async fn an_order_for_another_programs_schema_is_refused() {
    let yard = Yard::older("other program").await;
    let databases = vec![yard.database.clone()];
    let task = Task::MigrateDatabases { cluster: cluster(), databases, to: "9999_0ddba11a".to_owned() };
    assert!(matches!(yard.fleet.carry_out(&task).await, Err(FleetError::OtherTemplate { .. })));
    assert!(!yard.is_current().await);
    yard.clear().await;
}
