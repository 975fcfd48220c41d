//! Drops what nobody lives in any more: looked at once more before it goes, for what is dropped does not come back, and once more after.
use hotelhub_kernel::TenantId;
use hotelhub_protocol::Quarters;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use super::database::{DatabaseName, Step};
use super::template::{self, PREFIX};
use super::{Admin, FleetError, during, moves, schema};

pub(super) const WHOSE_HOUSE: &str = "select tenant_id from house";
const TEMPLATES: &str = "select datname::text from pg_database where starts_with(datname, $1) order by 1";
const FIND: &str = "select from pg_database where datname = $1";

/// Whether a database or the role of its name is left.
pub(super) const LEFT: &str =
    "select exists (select from pg_database where datname = $1) or exists (select from pg_roles where rolname = $1)";

/// Drops a database, or a schema in a shared one, that was given to nobody, or to one of these, and its role. One that is somebody else's
/// house is refused; one that is gone is gone.
pub(super) async fn database(
    admin: &Admin,
    name: &DatabaseName,
    whose: impl IntoIterator<Item = TenantId>,
    halt: Option<Step>,
) -> Result<(), FleetError> {
    let whose: Vec<TenantId> = whose.into_iter().collect();
    if let Some(owner) = owner(admin, name).await?.filter(|owner| !whose.contains(owner)) {
        return Err(FleetError::Taken { owner: owner.to_string() });
    }
    match name.quarters() {
        Quarters::Database(alone) => drop_alone(admin, name, alone, halt).await?,
        Quarters::Schema { .. } => schema::drop_one(admin, name, halt).await?,
    }
    tracing::info!(database = name.as_str(), ?whose, "a database nobody lives in is dropped");
    Ok(())
}

async fn drop_alone(admin: &Admin, of: &DatabaseName, name: &str, halt: Option<Step>) -> Result<(), FleetError> {
    let lent = admin.lend().await?;
    lent.lock(of.lock()).await?;
    let dropping = during("dropping the database");
    let drop_it = format!("drop database if exists {name} with (force)");
    match lent.client().batch_execute(&drop_it).await {
        // One that subscribes to another is not dropped.
        Err(error) if error.code() == Some(&SqlState::OBJECT_IN_USE) => {
            moves::let_go_of_all(admin, name).await?;
            lent.client().batch_execute(&drop_it).await.map_err(&dropping)?;
        }
        dropped => dropped.map_err(&dropping)?,
    }
    Step::Drop.done(halt)?;
    lent.client().batch_execute(&format!("drop role if exists {name}")).await.map_err(&dropping)?;
    if lent.client().query_one(LEFT, &[&name]).await.map_err(&dropping)?.get(0) {
        return Err(FleetError::StillThere(name.to_owned()));
    }
    lent.give_back().await
}

/// Whose house a database is, if it is there and anybody's.
pub(super) async fn owner(admin: &Admin, name: &DatabaseName) -> Result<Option<TenantId>, FleetError> {
    let inside = match admin.enter(name.as_str()).await {
        Err(error) if error.code() == Some(&SqlState::INVALID_CATALOG_NAME) => return Ok(None),
        inside => inside?,
    };
    owner_of(&inside).await
}

/// Whose house this database is, if it is anybody's.
pub(super) async fn owner_of(inside: &Client) -> Result<Option<TenantId>, FleetError> {
    match inside.query_opt(WHOSE_HOUSE, &[]).await {
        // It was never finished.
        Err(error) if error.code() == Some(&SqlState::UNDEFINED_TABLE) => Ok(None),
        found => {
            let row = found.map_err(during("asking whose house it is"))?;
            Ok(row.map(|row| TenantId(row.get(0))))
        }
    }
}

/// Drops a template, if it is older than `current`.
pub(super) async fn template(admin: &Admin, version: &str, current: &str) -> Result<(), FleetError> {
    if !is_older(version, current) {
        return Err(FleetError::TemplateInUse(version.to_owned()));
    }
    let lent = admin.lend().await?;
    lent.lock(template::LOCK).await?;
    let name = template::name(version);
    let there = lent.client().query_opt(FIND, &[&name]).await.map_err(during("looking for the template"))?;
    if there.is_some() {
        for step in [format!("alter database {name} is_template false"), format!("drop database {name} with (force)")] {
            lent.client().batch_execute(&step).await.map_err(during("dropping the template"))?;
        }
        tracing::info!(template = name, "a template nothing is copied from any more is dropped");
    }
    lent.give_back().await
}

/// The versions of the templates on a server that are older than `current`.
pub(super) async fn older_templates(admin: &Admin, current: &str) -> Result<Vec<String>, FleetError> {
    let lent = admin.lend().await?;
    let rows = lent.client().query(TEMPLATES, &[&PREFIX]).await.map_err(during("looking for templates"))?;
    let older =
        rows.iter().filter_map(|row| row.get::<_, &str>(0).strip_prefix(PREFIX)).filter(|v| is_older(v, current));
    let older = older.map(str::to_owned).collect();
    lent.give_back().await?;
    Ok(older)
}

/// Whether both are versions, `0013_1a2b3c4d`, and the first has fewer steps. One with as many and another sum is no older: it stays.
fn is_older(version: &str, current: &str) -> bool {
    let steps = |text: &str| {
        let (number, sum) = text.split_once('_')?;
        let well_formed = sum.len() == 8 && sum.bytes().all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase());
        number.parse::<u32>().ok().filter(|_| well_formed && number.len() == 4)
    };
    steps(version).zip(steps(current)).is_some_and(|(version, current)| version < current)
}
