//! The frozen template: a migrated database with its grants, which nobody can enter and every tenant's database is a copy of.
use hotelhub_tenant_migrations::{Product, migrate};
use tokio_postgres::Client;

use super::{Admin, FleetError, TENANT_GROUP, during};

/// One worker makes a template at a time, per server.
pub(super) const LOCK: i64 = 0x686f_7465_6c5f_746d;
const FIND: &str = "select datistemplate and not datallowconn from pg_database where datname = $1";
const FIND_GROUP: &str = "select from pg_roles where rolname = $1";

/// A tenant reads and writes its rows; what must stay as it was written it only reads. Copied with the template, so no sign-up grants. In
/// `public` all tenants' roles are meant, for one alone gets in there; in a schema of a shared database the role of its name.
pub(super) const GRANTS: &str = "
    do $$
    declare
        house constant text := current_schema();
        tenant constant text := case house when 'public' then 'hotelhub_tenant' else house end;
    begin
        execute format('
            grant usage on schema %1$I to %2$I;
            grant select, insert, update, delete on all tables in schema %1$I to %2$I;
            grant usage, select on all sequences in schema %1$I to %2$I;
            revoke insert, update, delete on schema_steps from %2$I;
            revoke update, delete on house from %2$I;
            revoke update, delete on audit_log from %2$I', house, tenant);
    end $$";

/// What the names of templates begin with.
pub(super) const PREFIX: &str = "hotel_template_";

/// The name of the template of a version.
pub(super) fn name(version: &str) -> String {
    format!("{PREFIX}{version}")
}

/// Makes the group role and the template where they are missing. It bears its name only when it is whole: what a killed worker left
/// under the other name is dropped and made anew.
pub(super) async fn freeze(admin: &Admin, version: &str) -> Result<(), FleetError> {
    let lent = admin.lend().await?;
    lent.lock(LOCK).await?;
    let client = lent.client();
    make_group(client).await?;
    let name = name(version);
    let found = client.query_opt(FIND, &[&name]).await.map_err(during("looking for the template"))?;
    let frozen: Option<bool> = found.map(|row| row.get(0));
    if frozen.is_none() {
        build(admin, client, &name).await?;
    }
    if frozen != Some(true) {
        let freeze = format!("alter database {name} with allow_connections false is_template true");
        client.batch_execute(&freeze).await.map_err(during("freezing the template"))?;
        tracing::info!(template = name, "the template is frozen");
    }
    lent.give_back().await
}

async fn make_group(client: &Client) -> Result<(), FleetError> {
    let found = client.query_opt(FIND_GROUP, &[&TENANT_GROUP]).await.map_err(during("looking for the group role"))?;
    if found.is_none() {
        let create = format!("create role {TENANT_GROUP} nologin");
        client.batch_execute(&create).await.map_err(during("making the group role"))?;
    }
    Ok(())
}

async fn build(admin: &Admin, client: &Client, name: &str) -> Result<(), FleetError> {
    let making = format!("{name}_making");
    let steps = [
        format!("drop database if exists {making} with (force)"),
        format!("create database {making} template template0 encoding 'UTF8' locale 'C.UTF-8'"),
        format!("revoke all on database {making} from public"),
    ];
    for step in &steps {
        client.batch_execute(step).await.map_err(during("making the template"))?;
    }
    let mut inside = admin.enter(&making).await?;
    bring_up_to_date(&mut inside).await?;
    inside.batch_execute("vacuum (freeze, analyze)").await.map_err(during("making the template"))?;
    drop(inside);
    // The connection closes in its own time; a rename needs the database empty.
    let leave = format!("alter database {making} with allow_connections false");
    let expel = format!("select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = '{making}'");
    let rename = format!("alter database {making} rename to {name}");
    for step in [&leave, &expel, &rename] {
        client.batch_execute(step).await.map_err(during("making the template"))?;
    }
    Ok(())
}

/// Migrates a database and grants its tenant what is new.
pub(super) async fn bring_up_to_date(inside: &mut Client) -> Result<(), FleetError> {
    migrate(inside, Product::Hotel).await?;
    inside.batch_execute(GRANTS).await.map_err(during("granting the tenant its tables"))
}
