//! The public pages: search, rooms and prices, hold, confirm, and the booking behind its link.
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use hotelhub_web::{ClientAddress, FormBody, Nothing, Query, Refused, Result, Shell, Visit};
use jiff::ToSpan as _;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::leaves::{ConfirmPage, HomePage, ManagePage, OffersPage};
use crate::audit::Actor;
use crate::hotel::availability::{self, Availability, Party, Seen};
use crate::hotel::guests::NewGuest;
use crate::hotel::properties::{self, Property};
use crate::hotel::reservations::{Refusal, RoomWish, Status, Stay};
use crate::hotel::step::{Step, or_again};
use crate::hotel::{forms, shell};
use crate::node::Node;
use crate::tenancy::{Scope, Tenant};

/// The pages of this capability.
pub fn pages() -> Router<Node> {
    Router::new()
        .route("/", get(home))
        .route("/book", get(offers).post(hold))
        .route("/book/{id}", get(details))
        .route("/book/{id}/confirm", post(confirm))
        .route("/manage/{token}", get(manage))
        .route("/manage/{token}/cancel", post(cancel))
}

/// When and who, as it was typed.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Finder {
    #[serde(default)]
    pub(super) arrival: String,
    #[serde(default)]
    pub(super) departure: String,
    #[serde(default)]
    pub(super) adults: String,
    #[serde(default)]
    pub(super) children: String,
    /// The first day that can be booked.
    #[serde(skip_deserializing)]
    pub(super) first_day: String,
}

impl Finder {
    /// What is missing becomes one night from the hotel's own day for two.
    fn filled(mut self, today: Date) -> Self {
        let default = |field: &mut String, value: String| {
            if field.is_empty() {
                *field = value;
            }
        };
        default(&mut self.arrival, today.to_string());
        let arrival = self.arrival.parse::<Date>().unwrap_or(today);
        default(&mut self.departure, arrival.saturating_add(1.day()).to_string());
        default(&mut self.adults, "2".to_owned());
        default(&mut self.children, "0".to_owned());
        self.first_day = today.to_string();
        self
    }

    fn asked(&self, today: Date) -> Result<(Stay, Party)> {
        let (arrival, departure) = (forms::date("arrival", &self.arrival)?, forms::date("departure", &self.departure)?);
        let stay = Stay::new(arrival, departure).and_then(|stay| stay.sold_on(today));
        let stay = stay.map_err(|why| Refusal::stay("departure", why))?;
        let adults = forms::whole("adults", &self.adults)?;
        Ok((stay, Party::new(adults, forms::whole("children", &self.children)?, "")?))
    }
}

async fn home(tenant: Tenant, visit: Visit, Query(finder): Query<Finder>) -> Result<Response> {
    let db = tenant.connect().await?;
    let property = properties::the_one(&db).await?;
    let shell = shell::public(&property, &visit, "book.home");
    let page = HomePage::of(&property, finder.filled(property.business_date));
    forms::shown(&tenant, StatusCode::OK, &shell, &page)
}

async fn offers(tenant: Tenant, visit: Visit, Query(finder): Query<Finder>) -> Result<Response> {
    show_offers(&tenant, &visit, finder, StatusCode::OK, None).await
}

async fn show_offers(
    tenant: &Tenant,
    visit: &Visit,
    finder: Finder,
    status: StatusCode,
    refused: Option<Refused>,
) -> Result<Response> {
    let property = properties::the_one(&*tenant.connect().await?).await?;
    let finder = finder.filled(property.business_date);
    let (free, refused) = match find(tenant, &property, &finder).await {
        Ok(free) => (Some(free), refused),
        Err(error) => (None, refused.or(Some(forms::again(error)?.1))),
    };
    let shell = shell::public(&property, visit, "book.offers");
    let mut page = OffersPage::of(finder, free, property.business_date, visit.lang);
    page.form_key = forms::key(tenant);
    page.refused = refused;
    forms::shown(tenant, status, &shell, &page)
}

async fn find(tenant: &Tenant, property: &Property, finder: &Finder) -> Result<Availability> {
    let (stay, party) = finder.asked(property.business_date)?;
    availability::search(tenant, stay, party, Seen::ByPublic).await
}

/// A room that somebody chose.
#[derive(Deserialize)]
struct HoldForm {
    room_type_id: String,
    rate_plan_id: String,
    #[serde(flatten)]
    finder: Finder,
}

async fn hold(
    State(node): State<Node>,
    tenant: Tenant,
    visit: Visit,
    ClientAddress(address): ClientAddress,
    FormBody(form, key): FormBody<HoldForm>,
) -> Result<Response> {
    node.booking_gate.admit_hold(&tenant, address).await?;
    let step = Step::of(&tenant, Scope::guest(address), &key);
    let answer = step
        .land("", async |tx| {
            let held = super::hold(tx, &tenant, &Actor::guest(address), form.wish()?).await?;
            Ok(format!("/book/{}?t={}", held.booking.id, held.token))
        })
        .await;
    or_again(answer, async |status, refused| show_offers(&tenant, &visit, form.finder, status, Some(refused)).await)
        .await
}

impl HoldForm {
    fn wish(&self) -> Result<RoomWish> {
        Ok(RoomWish {
            room_type_id: forms::choice("room_type_id", &self.room_type_id)?,
            rate_plan_id: forms::choice("rate_plan_id", &self.rate_plan_id)?,
            arrival: forms::date("arrival", &self.finder.arrival)?,
            departure: forms::date("departure", &self.finder.departure)?,
            adults: forms::whole("adults", &self.finder.adults)?,
            children: forms::whole("children", &self.finder.children)?,
        })
    }
}

/// The proof that a held room is the visitor's.
#[derive(Deserialize)]
struct Proof {
    #[serde(default)]
    t: String,
}

async fn details(
    State(node): State<Node>,
    tenant: Tenant,
    visit: Visit,
    ClientAddress(address): ClientAddress,
    Path(id): Path<Uuid>,
    Query(proof): Query<Proof>,
) -> Result<Response> {
    node.booking_gate.admit_token(&tenant, address).await?;
    show_details(&tenant, &visit, id, &proof.t, NewGuest::default(), StatusCode::OK, None).await
}

async fn show_details(
    tenant: &Tenant,
    visit: &Visit,
    id: Uuid,
    token: &str,
    guest: NewGuest,
    status: StatusCode,
    refused: Option<Refused>,
) -> Result<Response> {
    let db = tenant.connect().await?;
    super::must_open(&db, token, id).await?;
    let booking = super::find(&db, tenant, token).await?;
    if !matches!(booking.status, Status::Hold | Status::Expired) {
        return Ok(hotelhub_web::preferences::see_other(&format!("/manage/{token}"), None));
    }
    let property = properties::the_one(&db).await?;
    let shell = shell::public(&property, visit, "book.details");
    let now = tenant.clock().now();
    let mut page = ConfirmPage::of(&booking, token, guest, &shell::zone(&property), visit.lang, now);
    page.form_key = forms::key(tenant);
    page.refused = refused;
    forms::shown(tenant, status, &shell, &page)
}

/// Who sleeps in the held room.
#[derive(Deserialize)]
struct GuestForm {
    token: String,
    name: String,
    email: String,
    #[serde(default)]
    phone: String,
}

async fn confirm(
    State(node): State<Node>,
    tenant: Tenant,
    visit: Visit,
    ClientAddress(address): ClientAddress,
    Path(id): Path<Uuid>,
    FormBody(form, key): FormBody<GuestForm>,
) -> Result<Response> {
    node.booking_gate.admit_token(&tenant, address).await?;
    let guest = NewGuest { name: form.name, email: form.email, phone: form.phone, nationality: String::new() };
    let (token, who) = (form.token.as_str(), Actor::guest(address));
    let answer = Step::of(&tenant, Scope::guest(address), &key)
        .land("flash.book.confirmed", async |tx| {
            super::must_open(tx, token, id).await?;
            super::confirm(tx, &tenant, &who, token, &guest, visit.lang).await?;
            Ok(format!("/manage/{token}"))
        })
        .await;
    or_again(answer, async |status, refused| {
        show_details(&tenant, &visit, id, token, guest, status, Some(refused)).await
    })
    .await
}

async fn manage(
    State(node): State<Node>,
    tenant: Tenant,
    visit: Visit,
    ClientAddress(address): ClientAddress,
    Path(token): Path<String>,
) -> Result<Response> {
    node.booking_gate.admit_token(&tenant, address).await?;
    show_booking(&tenant, &visit, &token, StatusCode::OK, None).await
}

async fn show_booking(
    tenant: &Tenant,
    visit: &Visit,
    token: &str,
    status: StatusCode,
    refused: Option<Refused>,
) -> Result<Response> {
    let db = tenant.connect().await?;
    let booking = super::find(&db, tenant, token).await?;
    let property = properties::the_one(&db).await?;
    let shell: Shell = shell::public(&property, visit, "book.manage").titled(booking.code.clone());
    let mut page = ManagePage::of(&booking, token, visit.lang);
    page.form_key = forms::key(tenant);
    page.refused = refused;
    forms::shown(tenant, status, &shell, &page)
}

async fn cancel(
    State(node): State<Node>,
    tenant: Tenant,
    visit: Visit,
    ClientAddress(address): ClientAddress,
    Path(token): Path<String>,
    FormBody(Nothing {}, key): FormBody<Nothing>,
) -> Result<Response> {
    node.booking_gate.admit_token(&tenant, address).await?;
    let answer = Step::of(&tenant, Scope::guest(address), &key).land("flash.book.cancelled", async |tx| {
        super::cancel(tx, &tenant, &Actor::guest(address), &token).await?;
        Ok(format!("/manage/{token}"))
    });
    or_again(answer.await, async |status, refused| show_booking(&tenant, &visit, &token, status, Some(refused)).await)
        .await
}
