//! The target of a move: an empty database that subscribes to the source, and is nobody's until the switch.
use hotelhub_tenant_migrations::{Product, is_current};
use tokio_postgres::Client;
use tokio_postgres::config::Host;
use tokio_postgres::error::SqlState;

use super::{Ends, ask, fence, names};
use crate::fleet::admin::Lent;
use crate::fleet::{Admin, FleetError, during, retire, template};

pub(super) const DATABASE: &str = "
    select shobj_description(oid, 'pg_database'), exists (select from pg_roles where rolname = datname)
      from pg_database where datname = $1";
pub(super) const TABLES: &str = "
    select format('%I.%I', schemaname, tablename) from pg_tables where schemaname = current_schema() order by 1";
pub(super) const NAMED: &str = "select exists (select from pg_namespace where nspname = $1)";
pub(super) const SUBSCRIPTION: &str = "
    select exists (select from pg_subscription s join pg_database d on d.oid = s.subdbid
                    where s.subname = $1 and d.datname = current_database())";

pub(super) const SUBSCRIPTIONS: &str = "
    select quote_ident(s.subname) from pg_subscription s join pg_database d on d.oid = s.subdbid where d.datname = current_database()";

/// Tables of which not every row has come.
pub(super) const MISSING: &str = "
    select count(*) from pg_subscription s join pg_subscription_rel r on r.srsubid = s.oid
     where s.subname = $1 and r.srsubstate <> 'r'";
pub(super) const TROUBLE: &str = "
    select coalesce((select apply_error_count + sync_error_count from pg_stat_subscription_stats where subname = $1), 0)";
pub(super) const SIZE: &str = "select pg_database_size($1::name)";

/// The server is not to write the password of the move's role into its log, whatever becomes of the statement that has it.
const BE_SILENT: &str = "
    set log_statement = 'none'; set log_min_duration_statement = -1; set log_min_duration_sample = -1;
    set log_transaction_sample_rate = 0; set log_min_error_statement = 'panic'";

/// Triggers stand aside: what follows from a row came with the row.
const AS_REPLICA: &str = "set session_replication_role = 'replica'";

/// Makes the target where it is missing and empties it where nothing has come yet. One that is anybody else's is refused.
pub(super) async fn make(lent: &Lent<'_>, ends: &Ends<'_>) -> Result<(), FleetError> {
    let name = ends.to.as_str();
    let making = during("making the target");
    let found = lent.client().query_opt(DATABASE, &[&name]).await.map_err(&making)?;
    let (is_there, mark, has_role) = found.map_or((false, None, false), |row| (true, row.get(0), row.get(1)));
    let mark: Option<String> = mark;
    if mark.as_ref() == Some(&ends.mark()) {
        return Ok(());
    }
    if let Some(owner) = mark.or_else(|| has_role.then(|| format!("the role {name}"))) {
        return Err(FleetError::Taken { owner });
    }
    if let Some(owner) = retire::owner(ends.target, &ends.to).await? {
        return Err(FleetError::Taken { owner: owner.to_string() });
    }
    let client = lent.client();
    if !is_there {
        let create = format!("create database {name} template {} strategy wal_log", template::name(ends.version));
        client.batch_execute(&create).await.map_err(&making)?;
    }
    client.batch_execute(&format!("revoke all on database {name} from public")).await.map_err(&making)?;
    empty(ends).await?;
    client.batch_execute(&format!("comment on database {name} is '{}'", ends.mark())).await.map_err(&making)
}

/// Empties the target of what the template brought: all of it comes from the source. Nobody writes there until it is its turn.
async fn empty(ends: &Ends<'_>) -> Result<(), FleetError> {
    let emptying = during("emptying the target");
    let inside = enter(ends).await?;
    if !is_current(&inside, Product::Hotel).await? && !ask_is_empty(&inside).await? {
        return Err(FleetError::Behind);
    }
    let tables = names(&inside, TABLES).await?.join(", ");
    inside.batch_execute(&format!("{AS_REPLICA}; truncate {tables}; {}", fence::SHUT_OUT)).await.map_err(emptying)
}

/// Refuses what is no copy of this move, or none any more: it is dropped, or served.
pub(super) async fn must_bear_mark(lent: &Lent<'_>, ends: &Ends<'_>) -> Result<(), FleetError> {
    let found = lent.client().query_opt(DATABASE, &[&ends.to.as_str()]).await;
    let mark: Option<String> = found.map_err(during("looking for the target"))?.and_then(|row| row.get(0));
    if mark == Some(ends.mark()) {
        return Ok(());
    }
    Err(FleetError::CannotMove("its target is gone, or no copy of this move any more".to_owned()))
}

/// Whether there is such a database at all.
pub(super) async fn is_there(lent: &Lent<'_>, ends: &Ends<'_>) -> Result<bool, FleetError> {
    let found = lent.client().query_opt(DATABASE, &[&ends.to.as_str()]).await;
    Ok(found.map_err(during("looking for the target"))?.is_some())
}

/// Whether the tenant lives there: it is its house, and no move bears on it any more.
pub(super) async fn is_lived_in(ends: &Ends<'_>) -> Result<bool, FleetError> {
    let nowhere = ends.target.enter_nowhere().await?;
    let found = nowhere.query_opt(DATABASE, &[&ends.to.as_str()]).await.map_err(during("looking for the target"))?;
    drop(nowhere);
    let is_marked = |row: &tokio_postgres::Row| row.get::<_, Option<String>>(0).is_some();
    if found.as_ref().is_none_or(is_marked) {
        return Ok(false);
    }
    Ok(retire::owner(ends.target, &ends.to).await? == Some(ends.moving.tenant))
}

/// An administrator's connection to the target, whose tables lie in `public` for it.
pub(super) async fn enter(ends: &Ends<'_>) -> Result<Client, FleetError> {
    let inside = ends.target.enter(ends.to.as_str()).await?;
    name_public(&inside, ends).await?;
    Ok(inside)
}

/// Gives the target's schema the name it is served by.
pub(super) async fn name_public(inside: &Client, ends: &Ends<'_>) -> Result<(), FleetError> {
    let Some(schema) = ends.schema() else { return Ok(()) };
    if ask::<bool>(inside, NAMED, schema).await? {
        let rename = format!("alter schema {schema} rename to public");
        inside.batch_execute(&rename).await.map_err(during("naming the target's schema"))?;
    }
    Ok(())
}

/// The same while it copies: Postgres copies into the table that bears the source's name, and that may lie in a schema of a shared database.
pub(super) async fn enter_as_source(ends: &Ends<'_>) -> Result<Client, FleetError> {
    let inside = ends.target.enter(ends.to.as_str()).await?;
    let Some(schema) = ends.schema() else { return Ok(inside) };
    let naming = during("naming the target's schema as the source's");
    if !ask::<bool>(&inside, NAMED, schema).await? {
        inside.batch_execute(&format!("alter schema public rename to {schema}")).await.map_err(&naming)?;
    }
    inside.batch_execute(&format!("set search_path = {schema}")).await.map_err(&naming)?;
    Ok(inside)
}

/// Whether an attempt before has emptied it.
async fn ask_is_empty(inside: &Client) -> Result<bool, FleetError> {
    let row = inside.query_one("select not exists (select from schema_steps)", &[]).await;
    Ok(row.map_err(during("emptying the target"))?.get(0))
}

/// Has the target copy the source and keep up with it. Safe twice.
pub(super) async fn subscribe(inside: &Client, ends: &Ends<'_>) -> Result<(), FleetError> {
    let link = ends.link();
    let subscribing = during("subscribing to the source");
    inside.batch_execute(BE_SILENT).await.map_err(&subscribing)?;
    let way = literal(&way(ends));
    let create = format!(
        "create subscription {link} connection {way} publication {link}
           with (slot_name = {link}, create_slot = false, copy_data = true, synchronous_commit = 'local')"
    );
    inside.batch_execute(&create).await.map_err(subscribing)
}

/// How the target's server signs in at the source's.
fn way(ends: &Ends<'_>) -> String {
    let config = ends.source.config();
    let host = match config.get_hosts().first() {
        Some(Host::Tcp(host)) => host.clone(),
        Some(Host::Unix(folder)) => folder.to_string_lossy().into_owned(),
        None => "localhost".to_owned(),
    };
    let port = config.get_ports().first().copied().unwrap_or(5432).to_string();
    let (link, password) = (ends.link(), ends.source.keys().password(&ends.link()));
    let members = [
        ("host", host.as_str()),
        ("port", &port),
        ("dbname", ends.from.quarters().database()),
        ("user", &link),
        ("password", password.expose()),
        ("connect_timeout", "5"),
        ("sslmode", "disable"),
    ];
    let quoted = |text: &str| text.replace('\\', "\\\\").replace('\'', "\\'");
    members.map(|(name, value)| format!("{name}='{}'", quoted(value))).join(" ")
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Lets go of the source without asking it: its slot is its own matter. Nothing where there is no subscription, or no database.
pub(super) async fn let_go(ends: &Ends<'_>) -> Result<(), FleetError> {
    let inside = match ends.target.enter(ends.to.as_str()).await {
        Err(error) if error.code() == Some(&SqlState::INVALID_CATALOG_NAME) => return Ok(()),
        inside => inside?,
    };
    let link = ends.link();
    if !ask::<bool>(&inside, SUBSCRIPTION, &link).await? {
        return Ok(());
    }
    unsubscribe(&inside, &link).await
}

/// Lets go of every source of a database that nobody is to have any more: of a move whose target was away while it was undone.
pub(in crate::fleet) async fn let_go_of_all(admin: &Admin, database: &str) -> Result<(), FleetError> {
    let inside = admin.enter(database).await?;
    for link in names(&inside, SUBSCRIPTIONS).await? {
        unsubscribe(&inside, &link).await?;
    }
    Ok(())
}

async fn unsubscribe(inside: &Client, link: &str) -> Result<(), FleetError> {
    for step in [
        format!("alter subscription {link} disable"),
        format!("alter subscription {link} set (slot_name = none)"),
        format!("drop subscription {link}"),
    ] {
        inside.batch_execute(&step).await.map_err(during("letting go of the source"))?;
    }
    Ok(())
}
