//! A hotel that staff sign up for its owner: as the owner would have, and where they choose.
use hotelhub_kernel::TenantId;
use hotelhub_web::{Lang, Result};
use serde_json::json;

use super::Newcomer;
use super::placing::{Chosen, Unplaced};
use super::sign_up::{begin, not_begun, order, plan_of, welcome};
use super::store::Made;
use crate::App;
use crate::audit;
use crate::database::Tx;
use crate::fleet::{clusters, orders};
use crate::plans::{PlacedIn, Plan};
use crate::staff::VendorStaff;

/// Signs a hotel up within the caller's transaction, who tells the workers and the post. Its owner is written to in this language.
pub(crate) async fn sign_up_for(
    app: &App,
    tx: &mut Tx,
    (newcomer, chosen): (&Newcomer, &Chosen),
    (staff, lang): (&VendorStaff, Lang),
) -> Result<TenantId> {
    let now = app.clock.now();
    let made = Made { id: app.ids.next(), tenant: TenantId(app.ids.next()) };
    let plan = plan_of(app, tx, newcomer).await?;
    if let Err(error) = begin(app, tx, made.tenant, newcomer, &plan, now).await {
        return Err(not_begun(app, newcomer, error).await);
    }
    // Behind the name, as in any sign-up: two of one name wait for each other there and nowhere else.
    let placed_in = place(tx, &plan, chosen).await?;
    let to = chosen.cluster.as_ref();
    let full = if to.is_some() { Unplaced::ClusterFull } else { Unplaced::NoRoom };
    let order = order(app, tx, &made, newcomer, (placed_in, to), now).await?.ok_or(full)?;
    orders::place(tx, &order, now).await?;
    welcome(app, tx, &made, newcomer, lang, now).await?;
    let (subject, cluster) = (made.tenant.to_string(), &order.task.cluster().0);
    let details = json!({
        "slug": newcomer.slug, "plan": plan.id, "rooms": newcomer.rooms, "placed_in": placed_in, "cluster": cluster,
    });
    audit::record(tx, now, &staff.actor(), "tenant.create", ("tenant", &subject), Some(made.tenant), details).await?;
    Ok(made.tenant)
}

/// What a hotel of this plan is placed in, where what was chosen can be had.
async fn place(tx: &mut Tx, plan: &Plan, chosen: &Chosen) -> Result<PlacedIn> {
    let need = clusters::need_of_plan(tx, &plan.id).await?;
    let placed_in = chosen.placed_in(plan, need)?;
    if let Some(cluster) = &chosen.cluster {
        let candidates = clusters::candidates(tx).await?;
        clusters::named(&candidates, need, cluster).map_err(Unplaced::from)?;
    }
    Ok(placed_in)
}
