//! The tape chart's doors: looked at, and one form to move or extend a stay, which the dragging script fills in too.
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use hotelhub_identity::Permission;
use hotelhub_web::{FormBody, IfMatch, Query, Refused, RequestKey, Result, Visit};
use jiff::civil::Date;
use serde::Deserialize;
use uuid::Uuid;

use super::chart::TapePage;
use super::{LONGEST_CHART, Move, Seen};
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
    tenant: Tenant,
    staff: Staff,
    visit: Visit,
    Path(id): Path<Uuid>,
    FormBody(form, key): FormBody<MoveForm>,
) -> Result<Response> {
    staff.may(Permission::FrontdeskAssign)?;
    staff.may(Permission::ReservationAmend)?;
    let sight = Sight { from: form.from.clone(), days: form.days.clone(), stay: id.to_string() };
    match try_relocate(&tenant, &staff, id, &sight, form, &key).await {
        Ok(response) => Ok(response),
        Err(error) => {
            let (status, refused) = forms::again(error)?;
            show(&tenant, &staff, &visit, &sight, status, Some(refused)).await
        }
    }
}

async fn try_relocate(
    tenant: &Tenant,
    staff: &Staff,
    reservation: Uuid,
    sight: &Sight,
    form: MoveForm,
    key: &RequestKey,
) -> Result<Response> {
    let seen = Seen { reservation, version: IfMatch(forms::whole("version", &form.version)?) };
    let room = if form.room_id.is_empty() { None } else { Some(forms::choice("room_id", &form.room_id)?) };
    let wish = Move {
        room,
        arrival: forms::date("arrival", &form.arrival)?,
        departure: forms::date("departure", &form.departure)?,
        may_change_type: true,
    };
    let tx = match forms::begin(tenant, &staff.scope(), key).await? {
        Ok(tx) => tx,
        Err(answer) => return Ok(answer),
    };
    let outcome = super::relocate(&tx, tenant, &staff.actor(), seen, wish).await;
    let from = sight.from().map(|from| format!("from={from}&")).unwrap_or_default();
    forms::land(tx, outcome, &format!("/desk/tape?{from}days={}", sight.days()), "flash.desk.moved").await
}
