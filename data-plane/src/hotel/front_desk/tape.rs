//! The tape chart's doors: looked at, and one form to move or extend a stay, which the dragging script fills in too.
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use hotelhub_identity::Permission;
use hotelhub_web::{FormBody, Query, Refused, Result, Visit};
use jiff::civil::Date;
use serde::Deserialize;
use uuid::Uuid;

use super::chart::TapePage;
use super::{LONGEST_CHART, Move, Seen};
use crate::hotel::step::{Clerk, or_again};
use crate::hotel::{forms, properties, shell};
use crate::node::Node;
use crate::people::Staff;
use crate::tenancy::Tenant;

/// The pages of the chart.
pub(super) fn pages() -> Router<Node> {
    Router::new().route("/desk/tape", get(tape)).route("/desk/reservations/{id}/move", post(relocate))
}

/// Which part of the chart is seen, and which stay's form stands open.
#[derive(Clone, Debug, Default, Deserialize)]
struct Sight {
    #[serde(default)]
    from: String,
    #[serde(default)]
    days: String,
    #[serde(default)]
    stay: String,
}

impl Sight {
    fn from(&self) -> Option<Date> {
        self.from.parse().ok()
    }

    fn days(&self) -> i32 {
        self.days.parse().ok().filter(|days| (1..=LONGEST_CHART).contains(days)).unwrap_or(14)
    }
}

async fn tape(tenant: Tenant, staff: Staff, visit: Visit, Query(sight): Query<Sight>) -> Result<Response> {
    show(&tenant, &staff, &visit, &sight, StatusCode::OK, None).await
}

async fn show(
    tenant: &Tenant,
    staff: &Staff,
    visit: &Visit,
    sight: &Sight,
    status: StatusCode,
    refused: Option<Refused>,
) -> Result<Response> {
    staff.may(Permission::FrontdeskRead)?;
    let db = tenant.connect().await?;
    let property = properties::the_one(&db).await?;
    let chart = super::tape_chart(&db, sight.from(), sight.days(), tenant.clock().now()).await?;
    let may_move = may_move(staff);
    let shell = shell::of(&property, tenant, staff, visit, "nav.tape");
    let mut page = TapePage::of(&chart, sight.stay.parse().ok(), visit.lang, may_move);
    page.form_key = forms::key(tenant);
    page.refused = refused;
    forms::shown(tenant, status, &shell, &page)
}

fn may_move(staff: &Staff) -> bool {
    staff.can(Permission::FrontdeskAssign) && staff.can(Permission::ReservationAmend)
}

/// Where a stay goes.
#[derive(Deserialize)]
struct MoveForm {
    version: String,
    #[serde(default)]
    room_id: String,
    arrival: String,
    departure: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    days: String,
}

async fn relocate(
    clerk: Clerk,
    visit: Visit,
    Path(id): Path<Uuid>,
    FormBody(form, key): FormBody<MoveForm>,
) -> Result<Response> {
    clerk.staff.may(Permission::ReservationAmend)?;
    let step = clerk.step(Permission::FrontdeskAssign, &key)?;
    let sight = Sight { from: form.from.clone(), days: form.days.clone(), stay: id.to_string() };
    let answer = step.land("flash.desk.moved", async |tx| {
        let (seen, wish) = form.understood(id)?;
        super::relocate(tx, &clerk.tenant, &clerk.actor(), seen, wish).await?;
        let from = sight.from().map(|from| format!("from={from}&")).unwrap_or_default();
        Ok(format!("/desk/tape?{from}days={}", sight.days()))
    });
    or_again(answer.await, async |status, refused| {
        show(&clerk.tenant, &clerk.staff, &visit, &sight, status, Some(refused)).await
    })
    .await
}

impl MoveForm {
    fn understood(&self, reservation: Uuid) -> Result<(Seen, Move)> {
        let seen = Seen { reservation, version: forms::version(&self.version)? };
        let room = forms::maybe_choice("room_id", &self.room_id)?;
        let (arrival, departure) = (forms::date("arrival", &self.arrival)?, forms::date("departure", &self.departure)?);
        Ok((seen, Move { room, arrival, departure, may_change_type: true }))
    }
}
