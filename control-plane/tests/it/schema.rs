//! The central schema: which programs may serve from it, and what it refuses by itself.
use hotelhub_central_migrations::{Unfit, check, migrate};
use hotelhub_control_plane::database::Database;
use hotelhub_testkit::{Scratch, env};

use crate::office::Office;

#[tokio::test]
async fn a_program_serves_only_from_exactly_its_own_schema() {
    let scratch = Scratch::create(&env::postgres(), None).await.unwrap();
    let db = Database::open(&scratch.dsn(), 4).unwrap();
    let refused = check(&db.durable).await.unwrap_err();
    assert!(matches!(refused, Unfit::Missing(1)));
    assert!(refused.to_string().contains("run `hotelhub-control migrate`"), "{refused}");

    let dsn = scratch.dsn();
    let (first, second) = tokio::join!(migrate(&dsn), migrate(&dsn));
    let ran = first.unwrap() + second.unwrap();
    assert_eq!(ran, hotelhub_central_migrations::migrations().len(), "two at once: each migration runs once");
    check(&db.durable).await.unwrap();

    let sql = scratch.connect().await.unwrap();
    sql.execute("update _sqlx_migrations set checksum = '\\x00' where version = 1", &[]).await.unwrap();
    assert!(matches!(check(&db.durable).await, Err(Unfit::Changed(1))));
    sql.execute("delete from _sqlx_migrations where version = 1", &[]).await.unwrap();
    assert!(matches!(check(&db.durable).await, Err(Unfit::Missing(1))));
}

#[tokio::test]
async fn a_newer_schema_is_left_alone() {
    let office = Office::open().await;
    let newer = "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
        values (9999, 'from the future', true, '\\x00', 0)";
    office.scratch.connect().await.unwrap().execute(newer, &[]).await.unwrap();
    assert!(matches!(check(&office.app.db.durable).await, Err(Unfit::Unknown(9999))));
}

#[tokio::test]
async fn the_audit_log_only_grows() {
    let office = Office::open().await;
    office.sign_up("melati").await;
    let sql = office.scratch.connect().await.unwrap();
    for change in ["delete from audit_log", "update audit_log set action = 'nothing.done'", "truncate audit_log"] {
        let refused = sql.batch_execute(change).await.unwrap_err();
        assert!(refused.as_db_error().unwrap().message().contains("only ever added"), "{change}");
    }
}

#[tokio::test]
async fn the_schema_refuses_what_no_program_should_write() {
    let office = Office::open().await;
    office.sign_up("melati").await;
    let sql = office.scratch.connect().await.unwrap();
    let cases = [
        ("update tenants set slug = 'Melati'", "tenants_slug_shape"),
        ("update tenants set slug = 'xn--a'", "tenants_slug_shape"),
        ("update tenants set status = 'gone'", "tenants_status_known"),
        ("update tenants set status = 'suspended'", "tenants_suspended_remembers"),
        ("update domains set host = 'Melati.test'", "domains_host_lower"),
        ("update subscriptions set rooms = 0", "subscriptions_rooms_positive"),
        ("update plan_prices set monthly_idr = -1 where plan_id = 'pro'", "plan_prices_not_negative"),
        ("update plan_prices set monthly_idr = null where plan_id = 'pro'", "plan_prices_amount_fits_basis"),
        ("update databases set tenant_id = null", "databases_claimed_has_tenant"),
        ("update work_orders set state = 'leased'", "work_orders_lease_has_holder"),
        ("insert into routes_head values (false, 1)", "routes_head_has_one_row"),
    ];
    for (change, constraint) in cases {
        let refused = sql.batch_execute(change).await.unwrap_err();
        assert_eq!(refused.as_db_error().and_then(|error| error.constraint()), Some(constraint), "{change}");
    }
}
