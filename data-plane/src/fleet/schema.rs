//! A tenant's schema in a database that others share, and its login role: both made in one transaction, both gone when they are dropped.
//!
//! Those who share a database are members of a role of its name, which may enter it and nothing else; PUBLIC may not, and nobody may use its
//! `public`. A tenant's role may use its own schema, which is all of its search path.
use hotelhub_protocol::Quarters;
use hotelhub_tenant_migrations::{EXTENSIONS, Product, lay_out, migrate};
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use super::admin::lock;
use super::database::{self, DatabaseName, Step, lock_of};
use super::{Admin, FleetError, during, retire, template};

const FIND_DATABASE: &str = "select from pg_database where datname = $1";
const FIND_ROLE: &str = "select from pg_roles where rolname = $1";
const FIND_SCHEMA: &str = "select from pg_namespace where nspname = $1";

/// The last step of making a shared database lets those who share it in, and nobody else. A new one is open to PUBLIC.
const IS_OPEN: &str = "
    select from pg_database d join pg_roles r on r.rolname = d.datname
     where d.datname = $1
       and exists (select from aclexplode(d.datacl) a where a.grantee = r.oid and a.privilege_type = 'CONNECT')
       and not exists (select from aclexplode(d.datacl) a where a.grantee = 0)";

const EXPEL: &str = "select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = $1";

/// Tables that are dropped in one transaction: each of them and its indexes is locked until that ends. Last goes what says whose they were.
const PIECE: &str = "
    select quote_ident(relname) from pg_class
     where relnamespace = to_regnamespace($1) and relkind in ('r', 'p') order by relname = 'house', relname limit 12";

/// A schema of whoever lives in this database.
const INHABITANT: &str =
    "select nspname::text from pg_namespace where nspname !~ '^(pg_|public$|information_schema$)' limit 1";

/// Whether the schema or its role is there.
const LEFT: &str =
    "select exists (select from pg_namespace where nspname = $1) or exists (select from pg_roles where rolname = $1)";

/// Makes a tenant's schema with its role, and before that the database around it where it is the first to lie there. Whoever can sign in by
/// the role finds everything.
pub(super) async fn make(
    admin: &Admin,
    name: &DatabaseName,
    verifier: &str,
    halt: Option<Step>,
) -> Result<(), FleetError> {
    share(admin, name.quarters().database()).await?;
    Step::Clone.done(halt)?;
    let mut inside = admin.enter(name.as_str()).await?;
    lock(&inside, name.lock()).await?;
    move_in(&mut inside, name, verifier).await?;
    Step::Admit.done(halt)
}

/// Makes a schema anew with nothing in it and without a role, and before that the database around it.
pub(super) async fn make_empty(admin: &Admin, name: &DatabaseName) -> Result<(), FleetError> {
    share(admin, name.quarters().database()).await?;
    drop_one(admin, name, None).await?;
    let create = format!("create schema {}", name.quarters().role());
    let inside = admin.enter(name.as_str()).await?;
    inside.batch_execute(&create).await.map_err(during("making the schema"))
}

/// Brings a schema that was filled to this worker's version and makes its role.
pub(super) async fn open(admin: &Admin, name: &DatabaseName, verifier: &str) -> Result<(), FleetError> {
    let mut inside = admin.enter(name.as_str()).await?;
    lock(&inside, name.lock()).await?;
    migrate(&mut inside, Product::Hotel).await?;
    move_in(&mut inside, name, verifier).await
}

/// Sees to it that a shared database is there. It is open when everything else in it is done. Whoever waits for another to make it holds one
/// connection, and needs no second one while they have the lock.
async fn share(admin: &Admin, database: &str) -> Result<(), FleetError> {
    let making = during("making a shared database");
    let lent = admin.lend().await?;
    if lent.client().query_opt(IS_OPEN, &[&database]).await.map_err(&making)?.is_some() {
        return lent.give_back().await;
    }
    lent.lock(lock_of(database)).await?;
    if lent.client().query_opt(FIND_DATABASE, &[&database]).await.map_err(&making)?.is_none() {
        database::make_empty(lent.client(), database).await?;
    }
    lent.give_back().await?;
    let inside = admin.enter(database).await?;
    lock(&inside, lock_of(database)).await?;
    if inside.query_opt(IS_OPEN, &[&database]).await.map_err(&making)?.is_none() {
        let_in(&inside, database).await.map_err(&making)?;
        tracing::info!(database, "a database is made that tenants share");
    }
    Ok(())
}

/// Furnishes a shared database and lets those in who share it.
async fn let_in(inside: &Client, database: &str) -> Result<(), tokio_postgres::Error> {
    furnish(inside).await?;
    if inside.query_opt(FIND_ROLE, &[&database]).await?.is_none() {
        inside.batch_execute(&format!("create role {database} nologin")).await?;
    }
    let open =
        format!("revoke all on database {database} from public; grant connect on database {database} to {database}");
    inside.batch_execute(&open).await
}

/// Nothing in `public` is anybody's; what the tables need of their database lies there.
async fn furnish(inside: &Client) -> Result<(), tokio_postgres::Error> {
    inside.batch_execute("revoke all on schema public from public").await?;
    for extension in EXTENSIONS {
        inside.batch_execute(&format!("create extension if not exists {extension} schema public")).await?;
    }
    Ok(())
}

/// The role and the schema in one transaction; safe twice.
async fn move_in(inside: &mut Client, name: &DatabaseName, verifier: &str) -> Result<(), FleetError> {
    let Quarters::Schema { database, schema: role } = name.quarters() else {
        return Err(FleetError::BadName(name.as_str().to_owned()));
    };
    let making = during("making the schema and its role");
    let tx = inside.transaction().await.map_err(&making)?;
    let known = tx.query_opt(FIND_ROLE, &[&role]).await.map_err(&making)?.is_some();
    let login = match known {
        // Perhaps with the password of an older key.
        true => format!("alter role {role} login password '{verifier}'; grant {database} to {role}"),
        false => format!("create role {role} login password '{verifier}' in role {database}"),
    };
    let bind = format!("{login}; alter role {role} set search_path = {role}");
    tx.batch_execute(&bind).await.map_err(&making)?;
    if tx.query_opt(FIND_SCHEMA, &[&role]).await.map_err(&making)?.is_none() {
        tx.batch_execute(&format!("create schema {role}")).await.map_err(&making)?;
        lay_out(&tx, Product::Hotel).await?;
    }
    tx.batch_execute(template::GRANTS).await.map_err(&making)?;
    tx.commit().await.map_err(&making)
}

/// Drops a schema, some tables at a time, and then its role. Who is in is put out, and nobody comes in meanwhile. The database around it stays.
pub(super) async fn drop_one(admin: &Admin, name: &DatabaseName, halt: Option<Step>) -> Result<(), FleetError> {
    let (role, dropping) = (name.quarters().role(), during("dropping the schema"));
    let inside = match admin.enter(name.as_str()).await {
        Err(error) if error.code() == Some(&SqlState::INVALID_CATALOG_NAME) => admin.enter_nowhere().await?,
        inside => inside?,
    };
    lock(&inside, name.lock()).await?;
    if inside.query_opt(FIND_ROLE, &[&role]).await.map_err(&dropping)?.is_some() {
        inside.batch_execute(&format!("alter role {role} nologin")).await.map_err(&dropping)?;
        inside.query(EXPEL, &[&role]).await.map_err(&dropping)?;
    }
    loop {
        let piece = inside.query(PIECE, &[&role]).await.map_err(&dropping)?;
        if piece.is_empty() {
            break;
        }
        let tables: Vec<String> = piece.iter().map(|row| format!("{role}.{}", row.get::<_, &str>(0))).collect();
        let drop = format!("drop table {} cascade", tables.join(", "));
        inside.batch_execute(&drop).await.map_err(&dropping)?;
    }
    inside.batch_execute(&format!("drop schema if exists {role} cascade")).await.map_err(&dropping)?;
    Step::Drop.done(halt)?;
    inside.batch_execute(&format!("drop role if exists {role}")).await.map_err(&dropping)?;
    if inside.query_one(LEFT, &[&role]).await.map_err(&dropping)?.get(0) {
        return Err(FleetError::StillThere(name.as_str().to_owned()));
    }
    Ok(())
}

/// Drops a database that tenants shared, and the role of its name. One in which a schema lies is refused; while somebody is in, it stays.
pub(super) async fn drop_shared(admin: &Admin, database: &str, halt: Option<Step>) -> Result<(), FleetError> {
    let dropping = during("dropping the shared database");
    let lent = admin.lend().await?;
    lent.lock(lock_of(database)).await?;
    if lent.client().query_opt(FIND_DATABASE, &[&database]).await.map_err(&dropping)?.is_some() {
        let inside = admin.enter(database).await?;
        if let Some(row) = inside.query_opt(INHABITANT, &[]).await.map_err(&dropping)? {
            return Err(FleetError::Inhabited { database: database.to_owned(), schema: row.get(0) });
        }
        drop(inside);
        lent.client().batch_execute(&format!("drop database if exists {database}")).await.map_err(&dropping)?;
    }
    Step::Drop.done(halt)?;
    lent.client().batch_execute(&format!("drop role if exists {database}")).await.map_err(&dropping)?;
    if lent.client().query_one(retire::LEFT, &[&database]).await.map_err(&dropping)?.get(0) {
        return Err(FleetError::StillThere(database.to_owned()));
    }
    tracing::info!(database, "a shared database in which nobody lives is dropped");
    lent.give_back().await
}
