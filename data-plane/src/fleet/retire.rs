//! Drops what nobody will be given any more: looked at once more before it goes, for what is dropped does not come back.
use tokio_postgres::error::SqlState;

use super::database::DatabaseName;
use super::template::{self, PREFIX};
use super::{Admin, FleetError, during};

const WHOSE_HOUSE: &str = "select tenant_id from house";
const TEMPLATES: &str = "select datname::text from pg_database where starts_with(datname, $1) order by 1";
const FIND: &str = "select from pg_database where datname = $1";

/// Drops a database that was made ready and given to nobody, and its role. One that is somebody's house is refused; one that is gone is
/// gone.
pub(super) async fn database(admin: &Admin, name: &DatabaseName) -> Result<(), FleetError> {
    if let Some(owner) = owner(admin, name).await? {
        return Err(FleetError::Taken { owner });
    }
    let lent = admin.lend().await?;
    lent.lock(name.lock()).await?;
    let name = name.as_str();
    for step in [format!("drop database if exists {name} with (force)"), format!("drop role if exists {name}")] {
        lent.client().batch_execute(&step).await.map_err(during("dropping the database"))?;
    }
    tracing::info!(database = name, "a database that was given to nobody is dropped");
    lent.give_back().await
}

/// Whose house a database is, if it is there and anybody's.
async fn owner(admin: &Admin, name: &DatabaseName) -> Result<Option<String>, FleetError> {
    let inside = match admin.enter(name.as_str()).await {
        Err(error) if error.code() == Some(&SqlState::INVALID_CATALOG_NAME) => return Ok(None),
        inside => inside?,
    };
    match inside.query_opt(WHOSE_HOUSE, &[]).await {
        // It was never finished.
        Err(error) if error.code() == Some(&SqlState::UNDEFINED_TABLE) => Ok(None),
        found => {
            let row = found.map_err(during("asking whose house it is"))?;
            Ok(row.map(|row| row.get::<_, uuid::Uuid>(0).to_string()))
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
