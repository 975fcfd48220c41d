//! The desk's HTML doors: the day, and one form per step with a guest.
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use hotelhub_identity::Permission;
use hotelhub_web::preferences::local;
use hotelhub_web::{Flash, FormBody, Refused, Result, Visit};
use serde::Deserialize;
use uuid::Uuid;

use super::dashboard::{DashboardPage, May};
use super::{Arriving, Placing, Seen, tape};
use crate::hotel::step::{Clerk, or_again};
use crate::hotel::{forms, night_audit, properties, reservations, shell};
use crate::node::Node;
use crate::notify;
use crate::tenancy::Session;

/// The pages of this capability.
pub fn pages() -> Router<Node> {
    Router::new()
        .route("/desk", get(dashboard))
        .route("/desk/close-day", post(close_day))
        .route("/desk/reservations/{id}/assign-room", post(assign))
        .route("/desk/reservations/{id}/unassign-room", post(unassign))
        .route("/desk/reservations/{id}/check-in", post(check_in))
        .route("/desk/reservations/{id}/revert-check-in", post(revert_check_in))
        .route("/desk/reservations/{id}/check-out", post(check_out))
        .route("/desk/reservations/{id}/revert-check-out", post(revert_check_out))
        .merge(tape::pages())
}

async fn dashboard(clerk: Clerk, visit: Visit) -> Result<Response> {
    show_day(&clerk, &visit, StatusCode::OK, None).await
}

/// The day, with why it does not end when that was refused.
async fn show_day(clerk: &Clerk, visit: &Visit, status: StatusCode, refused: Option<Refused>) -> Result<Response> {
    let Clerk { tenant, staff } = clerk;
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
    let mut shell = shell::of(&property, tenant, staff, visit, "nav.dashboard");
    if notify::withheld(&db).await? > 0 {
        shell.banners.push(Flash::bad("banner.withheld"));
    }
    let mut page = DashboardPage::of(&day, visit.lang, may);
    let today = tenant.clock().today(&shell::zone(&property));
    page.may_close = staff.can(Permission::PropertyChange) && property.business_date <= today;
    page.newcomer = (!staff.has_password).then(|| staff.email.clone());
    page.form_key = forms::key(tenant);
    page.refused = refused;
    forms::shown(tenant, status, &shell, &page)
}

/// The day that is to end, as its page showed it.
#[derive(Deserialize)]
struct DayForm {
    business_date: String,
}

async fn close_day(clerk: Clerk, visit: Visit, FormBody(form, key): FormBody<DayForm>) -> Result<Response> {
    let step = clerk.step(Permission::PropertyChange, &key)?;
    let answer = step.land("flash.desk.day-closed", async |tx| {
        let day = forms::date("business_date", &form.business_date)?;
        night_audit::close_day(tx, &clerk.tenant, &clerk.actor(), day).await?;
        Ok("/desk".to_owned())
    });
    or_again(answer.await, async |status, refused| show_day(&clerk, &visit, status, Some(refused)).await).await
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
        Ok(Seen { reservation, version: forms::version(&self.version)? })
    }

    fn back(&self, reservation: Uuid) -> String {
        if self.back.is_empty() { format!("/desk/reservations/{reservation}") } else { local(&self.back).to_owned() }
    }
}

/// A form about a stay, and who sent it.
type Sent = (Clerk, Visit, Path<Uuid>, FormBody<Form>);

/// Takes a step with a stay and leads back to where its form stood, or to the reservation with what was wrong.
async fn stepped(
    (clerk, visit, Path(id), FormBody(form, key)): &Sent,
    permission: Permission,
    flash: &str,
    act: impl AsyncFnOnce(&Session, Seen) -> Result<()>,
) -> Result<Response> {
    let answer = clerk.step(permission, key)?.land(flash, async |tx| {
        act(tx, form.seen(*id)?).await?;
        Ok(form.back(*id))
    });
    reservations::or_shown(clerk, visit, *id, answer.await).await
}

async fn assign(sent: Sent) -> Result<Response> {
    let (clerk, _, _, FormBody(form, _)) = &sent;
    stepped(&sent, Permission::FrontdeskAssign, "flash.desk.assigned", async |tx, seen| {
        let room = forms::choice("room_id", &form.room_id)?;
        let wish = Placing { room, from: None, may_change_type: clerk.staff.can(Permission::ReservationAmend) };
        super::assign(tx, &clerk.tenant, &clerk.actor(), seen, wish).await
    })
    .await
}

async fn unassign(sent: Sent) -> Result<Response> {
    let clerk = &sent.0;
    stepped(&sent, Permission::FrontdeskAssign, "flash.desk.unassigned", async |tx, seen| {
        super::unassign(tx, &clerk.tenant, &clerk.actor(), seen).await
    })
    .await
}

async fn check_in(sent: Sent) -> Result<Response> {
    let (clerk, _, _, FormBody(form, _)) = &sent;
    stepped(&sent, Permission::FrontdeskCheckin, "flash.desk.checked-in", async |tx, seen| {
        let room = forms::maybe_choice("room_id", &form.room_id)?;
        let may_change_type = clerk.staff.can(Permission::ReservationAmend);
        let guest = Arriving { room, accept_dirty: form.accept_dirty, may_change_type };
        super::check_in(tx, &clerk.tenant, &clerk.actor(), seen, guest).await
    })
    .await
}

async fn revert_check_in(sent: Sent) -> Result<Response> {
    let clerk = &sent.0;
    stepped(&sent, Permission::FrontdeskCheckin, "flash.desk.reverted", async |tx, seen| {
        super::revert_check_in(tx, &clerk.tenant, &clerk.actor(), seen).await
    })
    .await
}

async fn check_out(sent: Sent) -> Result<Response> {
    let clerk = &sent.0;
    stepped(&sent, Permission::FrontdeskCheckout, "flash.desk.checked-out", async |tx, seen| {
        super::check_out(tx, &clerk.tenant, &clerk.actor(), seen).await
    })
    .await
}

async fn revert_check_out(sent: Sent) -> Result<Response> {
    let clerk = &sent.0;
    stepped(&sent, Permission::FrontdeskCheckout, "flash.desk.check-out-reverted", async |tx, seen| {
        super::revert_check_out(tx, &clerk.tenant, &clerk.actor(), seen).await
    })
    .await
}
