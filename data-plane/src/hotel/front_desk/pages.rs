//! The desk's HTML doors: the day, and one form per step with a guest.
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use hotelhub_identity::Permission;
use hotelhub_web::preferences::local;
use hotelhub_web::{FormBody, IfMatch, Result, Visit};
use serde::Deserialize;
use uuid::Uuid;

use super::dashboard::{DashboardPage, May};
use super::{Arriving, Placing, Seen, tape};
use crate::hotel::step::Clerk;
use crate::hotel::{forms, properties, reservations, shell};
use crate::node::Node;
use crate::people::Staff;
use crate::tenancy::Tenant;

/// The pages of this capability.
pub fn pages() -> Router<Node> {
    Router::new()
        .route("/desk", get(dashboard))
        .route("/desk/reservations/{id}/assign-room", post(assign))
        .route("/desk/reservations/{id}/unassign-room", post(unassign))
        .route("/desk/reservations/{id}/check-in", post(check_in))
        .route("/desk/reservations/{id}/revert-check-in", post(revert_check_in))
        .route("/desk/reservations/{id}/check-out", post(check_out))
        .merge(tape::pages())
}

async fn dashboard(tenant: Tenant, staff: Staff, visit: Visit) -> Result<Response> {
    staff.may(Permission::FrontdeskRead)?;
    let db = tenant.connect().await?;
    let property = properties::the_one(&db).await?;
    let day = super::front_desk(&db).await?;
    let may = May {
        book: staff.can(Permission::ReservationCreate),
        assign: staff.can(Permission::FrontdeskAssign),
        check_in: staff.can(Permission::FrontdeskCheckin),
        check_out: staff.can(Permission::FrontdeskCheckout),
    };
    let shell = shell::of(&property, &tenant, &staff, &visit, "nav.dashboard");
    let mut page = DashboardPage::of(&day, visit.lang, may);
    page.form_key = forms::key(&tenant);
    page.newcomer = (!staff.has_password).then_some(staff.email);
    forms::shown(&tenant, StatusCode::OK, &shell, &page)
}

/// What every step's form carries: the version seen, and where to go afterwards.
#[derive(Deserialize)]
struct Form {
    version: String,
    #[serde(default)]
    back: String,
    #[serde(default)]
    room_id: String,
    #[serde(default)]
    accept_dirty: bool,
}

impl Form {
    fn seen(&self, reservation: Uuid) -> Result<Seen> {
        Ok(Seen { reservation, version: IfMatch(forms::whole("version", &self.version)?) })
    }

    fn room(&self) -> Result<Option<Uuid>> {
        if self.room_id.is_empty() { Ok(None) } else { forms::choice("room_id", &self.room_id).map(Some) }
    }

    fn back(&self, reservation: Uuid) -> String {
        if self.back.is_empty() { format!("/desk/reservations/{reservation}") } else { local(&self.back).to_owned() }
    }
}

async fn assign(
    clerk: Clerk,
    visit: Visit,
    Path(id): Path<Uuid>,
    FormBody(form, key): FormBody<Form>,
) -> Result<Response> {
    let step = clerk.step(Permission::FrontdeskAssign, &key)?;
    let answer = step.land("flash.desk.assigned", async |tx| {
        let room = forms::choice("room_id", &form.room_id)?;
        let wish = Placing { room, from: None, may_change_type: clerk.staff.can(Permission::ReservationAmend) };
        super::assign(tx, &clerk.tenant, &clerk.actor(), form.seen(id)?, wish).await?;
        Ok(form.back(id))
    });
    reservations::or_shown(&clerk, &visit, id, answer.await).await
}

async fn unassign(
    clerk: Clerk,
    visit: Visit,
    Path(id): Path<Uuid>,
    FormBody(form, key): FormBody<Form>,
) -> Result<Response> {
    let step = clerk.step(Permission::FrontdeskAssign, &key)?;
    let answer = step.land("flash.desk.unassigned", async |tx| {
        super::unassign(tx, &clerk.tenant, &clerk.actor(), form.seen(id)?).await?;
        Ok(form.back(id))
    });
    reservations::or_shown(&clerk, &visit, id, answer.await).await
}

async fn check_in(
    clerk: Clerk,
    visit: Visit,
    Path(id): Path<Uuid>,
    FormBody(form, key): FormBody<Form>,
) -> Result<Response> {
    let step = clerk.step(Permission::FrontdeskCheckin, &key)?;
    let answer = step.land("flash.desk.checked-in", async |tx| {
        let may_change_type = clerk.staff.can(Permission::ReservationAmend);
        let guest = Arriving { room: form.room()?, accept_dirty: form.accept_dirty, may_change_type };
        super::check_in(tx, &clerk.tenant, &clerk.actor(), form.seen(id)?, guest).await?;
        Ok(form.back(id))
    });
    reservations::or_shown(&clerk, &visit, id, answer.await).await
}

async fn revert_check_in(
    clerk: Clerk,
    visit: Visit,
    Path(id): Path<Uuid>,
    FormBody(form, key): FormBody<Form>,
) -> Result<Response> {
    let step = clerk.step(Permission::FrontdeskCheckin, &key)?;
    let answer = step.land("flash.desk.reverted", async |tx| {
        super::revert_check_in(tx, &clerk.tenant, &clerk.actor(), form.seen(id)?).await?;
        Ok(form.back(id))
    });
    reservations::or_shown(&clerk, &visit, id, answer.await).await
}

async fn check_out(
    clerk: Clerk,
    visit: Visit,
    Path(id): Path<Uuid>,
    FormBody(form, key): FormBody<Form>,
) -> Result<Response> {
    let step = clerk.step(Permission::FrontdeskCheckout, &key)?;
    let answer = step.land("flash.desk.checked-out", async |tx| {
        super::check_out(tx, &clerk.tenant, &clerk.actor(), form.seen(id)?).await?;
        Ok(form.back(id))
    });
    reservations::or_shown(&clerk, &visit, id, answer.await).await
}
