//! What staff have done about imports: rule, row, order and audit line in one transaction.
use hotelhub_identity::StaffPermission;
use hotelhub_kernel::{Slug, TenantId};
use hotelhub_protocol::{Arrival, ClusterId, Task};
use hotelhub_web::Result;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::model::{MOST_PIECES, Refusal};
use super::store::{self, Listed};
use crate::App;
use crate::audit;
use crate::database::Tx;
use crate::fleet::orders::{self, NewOrder};
use crate::fleet::ready;
use crate::plans::PlacedIn;
use crate::signup::{self, Newcomer, Wish, Wrong};
use crate::staff::{Act, VendorStaff};

/// Somebody waits for it.
const ASKED: i16 = 40;

/// What staff have done.
pub(super) enum Deed {
    /// A hotel is awaited: what it is to be.
    Await(Wish),
    /// The file is there.
    Begin(Uuid, File),
}

/// What was sent of a file.
#[derive(Clone, Copy, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    /// How many pieces.
    pub(super) pieces: i64,
    /// How many bytes.
    pub(super) bytes: i64,
}

impl Act for Deed {
    type Told = Listed;

    fn needs(&self) -> StaffPermission {
        StaffPermission::TenantChange
    }

    async fn carry_out(self, app: &App, tx: &mut Tx, staff: &VendorStaff) -> Result<Listed> {
        match self {
            Self::Await(wish) => awaited(app, tx, staff, wish).await,
            Self::Begin(import, file) => begun(app, tx, staff, (import, file)).await,
        }
    }
}

async fn awaited(app: &App, tx: &mut Tx, staff: &VendorStaff, wish: Wish) -> Result<Listed> {
    if app.exchange.is_none() {
        return Err(Refusal::NoExchange.into());
    }
    let newcomer = Newcomer::read(wish.clone()).map_err(|wrongs| Wrong::refuse(&wrongs))?;
    let plan = signup::plan_of(app, tx, &newcomer).await?;
    must_be_free(app, &newcomer.slug).await?;
    let (id, tenant, now) = (app.ids.next(), app.ids.next(), app.clock.now());
    store::roomiest(tx, &plan.id, now).await?.ok_or(Refusal::NoRoom)?;
    store::note_awaited(tx, (id, tenant), (&wish, &staff.name), now).await?;
    let (subject, details) = (id.to_string(), json!({ "slug": newcomer.slug, "tenant": tenant }));
    audit::record(tx, now, &staff.actor(), "tenant.import", ("import", &subject), None, details).await?;
    Ok(store::find(tx, id).await?.ok_or(Refusal::Unknown)?)
}

async fn must_be_free(app: &App, slug: &Slug) -> Result<()> {
    let free = signup::free(&app.db.durable, std::slice::from_ref(slug)).await?;
    if free.is_empty() { Err(Refusal::SlugTaken.into()) } else { Ok(()) }
}

async fn begun(app: &App, tx: &mut Tx, staff: &VendorStaff, (import, file): (Uuid, File)) -> Result<Listed> {
    let now = app.clock.now();
    let state = store::hold(tx, import).await?.ok_or(Refusal::Unknown)?;
    if state != "awaited" {
        return Err(Refusal::Begun.into());
    }
    let known = store::find(tx, import).await?.ok_or(Refusal::Unknown)?;
    let newcomer = Newcomer::read(known.wish.clone()).map_err(|wrongs| Wrong::refuse(&wrongs))?;
    must_be_free(app, &newcomer.slug).await?;
    let pieces = store::pieces(tx, import).await?;
    let in_a_row = (0..MOST_PIECES).zip(&pieces).all(|(number, (found, _))| number == *found);
    if !in_a_row || pieces.is_empty() || (known.pieces, known.bytes) != (file.pieces, file.bytes) {
        return Err(Refusal::Incomplete.into());
    }
    let plan = signup::plan_of(app, tx, &newcomer).await?;
    let cluster = store::roomiest(tx, &plan.id, now).await?.ok_or(Refusal::NoRoom)?;
    let (order, database) = (app.ids.next(), room(app, tx, plan.placed_in, &cluster).await?);
    let pieces = pieces.into_iter().map(|(_, piece)| piece).collect();
    let arrival = Arrival { import, pieces, tenant: TenantId(known.tenant_id), slug: newcomer.slug };
    let task = Task::ImportTenant { cluster, database: database.clone(), arrival };
    orders::place(tx, &NewOrder { id: order, tenant: None, priority: ASKED, task }, now).await?;
    store::note_ordered(tx, import, (order, &database)).await?;
    let (subject, details) = (import.to_string(), json!({ "bytes": file.bytes }));
    audit::record(tx, now, &staff.actor(), "tenant.import_begun", ("import", &subject), None, details).await?;
    Ok(store::find(tx, import).await?.ok_or(Refusal::Unknown)?)
}

/// Names what the hotel comes into, as its plan says.
async fn room(app: &App, tx: &mut Tx, placed_in: PlacedIn, cluster: &ClusterId) -> Result<String> {
    let now = app.clock.now();
    match placed_in {
        PlacedIn::Schema => {
            let fresh = [app.ids.next(), app.ids.next()];
            Ok(ready::name_schema(tx, cluster, ("restoring", None), fresh, now).await?)
        }
        PlacedIn::Database => {
            let name = ready::name(app.ids.next());
            store::note_database(tx, &name, cluster, now).await?;
            Ok(name)
        }
    }
}
