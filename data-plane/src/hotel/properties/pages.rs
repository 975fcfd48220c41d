//! `/desk/property`: what the hotel is called, its hours and its taxes.
use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use hotelhub_identity::Permission;
use hotelhub_web::{FormBody, Page, Refused, Result, Visit, format};
use serde::{Deserialize, Serialize};

use super::{Property, PropertyChange};
use crate::hotel::fields::wrong;
use crate::hotel::step::{Clerk, or_typed};
use crate::hotel::{forms, shell};
use crate::node::Node;

/// The pages of this capability.
pub fn pages() -> Router<Node> {
    Router::new().route("/desk/property", get(show).post(save))
}

/// Everything the form holds, as it was typed; rates in per cent.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
struct Form {
    version: String,
    name: String,
    #[serde(default)]
    address: String,
    #[serde(default)]
    phone: String,
    #[serde(default)]
    email: String,
    time_zone: String,
    checkin_time: String,
    checkout_time: String,
    service: String,
    pb1: String,
    #[serde(default)]
    pb1_base_includes_service: bool,
    #[serde(default)]
    prices_include_tax: bool,
}

/// The page.
#[derive(Serialize)]
pub(crate) struct PropertyPage {
    form: Form,
    business_date: String,
    /// What links in letters begin with.
    links: String,
    may_change: bool,
    form_key: String,
    refused: Option<Refused>,
}

impl From<&Property> for Form {
    fn from(property: &Property) -> Self {
        let hour = |time: jiff::civil::Time| format!("{:02}:{:02}", time.hour(), time.minute());
        Self {
            version: property.version.to_string(),
            name: property.name.clone(),
            address: property.address.clone(),
            phone: property.phone.clone(),
            email: property.email.clone(),
            time_zone: property.time_zone.clone(),
            checkin_time: hour(property.checkin_time),
            checkout_time: hour(property.checkout_time),
            service: percent(property.service_bp),
            pb1: percent(property.pb1_bp),
            pb1_base_includes_service: property.pb1_base_includes_service,
            prices_include_tax: property.prices_include_tax,
        }
    }
}

impl Form {
    fn wish(&self) -> Result<PropertyChange> {
        Ok(PropertyChange {
            name: Some(self.name.clone()),
            address: Some(self.address.clone()),
            phone: Some(self.phone.clone()),
            email: Some(self.email.clone()),
            time_zone: Some(self.time_zone.clone()),
            checkin_time: Some(self.checkin_time.clone()),
            checkout_time: Some(self.checkout_time.clone()),
            service_bp: Some(basis_points("service_bp", &self.service)?),
            pb1_bp: Some(basis_points("pb1_bp", &self.pb1)?),
            pb1_base_includes_service: Some(self.pb1_base_includes_service),
            prices_include_tax: Some(self.prices_include_tax),
        })
    }
}

/// Basis points as per cent: 1,050 → `10,5`.
fn percent(bp: i32) -> String {
    let text = format!("{},{:02}", bp / 100, bp % 100);
    text.trim_end_matches('0').trim_end_matches(',').to_owned()
}

/// Per cent as basis points: `10`, `10,5` or `10.5`.
fn basis_points(field: &'static str, text: &str) -> Result<i32> {
    let text = text.trim().replace(',', ".");
    let (whole, part) = text.split_once('.').unwrap_or((&text, "0"));
    let digits = |text: &str| (!text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())).then_some(());
    let read = || {
        digits(whole).and(digits(part))?;
        let hundredths = format!("{part:0<2}").get(..2)?.parse::<i32>().ok().filter(|_| part.len() <= 2)?;
        whole.parse::<i32>().ok()?.checked_mul(100)?.checked_add(hundredths)
    };
    read().ok_or_else(|| wrong(field, "a percentage"))
}

async fn show(clerk: Clerk, visit: Visit) -> Result<Response> {
    page(&clerk, &visit, None, StatusCode::OK, None).await
}

async fn page(
    clerk: &Clerk,
    visit: &Visit,
    typed: Option<Form>,
    status: StatusCode,
    refused: Option<Refused>,
) -> Result<Response> {
    let Clerk { tenant, staff } = clerk;
    staff.may(Permission::PropertyRead)?;
    let db = tenant.connect().await?;
    let property = super::the_one(&db).await?;
    let shell = shell::of(&property, tenant, staff, visit, "nav.property");
    let page = PropertyPage {
        form: typed.unwrap_or_else(|| Form::from(&property)),
        business_date: format::date_long(property.business_date, visit.lang),
        links: tenant.origin(),
        may_change: staff.can(Permission::PropertyChange),
        form_key: forms::key(tenant),
        refused,
    };
    forms::shown(tenant, status, &shell, &page)
}

async fn save(clerk: Clerk, visit: Visit, FormBody(form, key): FormBody<Form>) -> Result<Response> {
    let step = clerk.step(Permission::PropertyChange, &key)?;
    let answer = step.land("flash.saved", async |tx| {
        let seen = forms::version(&form.version)?;
        super::amend(tx, &clerk.tenant, &clerk.actor(), seen, form.wish()?).await?;
        Ok("/desk/property".to_owned())
    });
    or_typed(answer.await, form, async |typed, status, refused| {
        page(&clerk, &visit, typed, status, Some(refused)).await
    })
    .await
}

impl Page for PropertyPage {
    const TEMPLATE: &'static str = "hotel/properties/property";

    fn sample() -> Self {
        let form = Form {
            version: "3".to_owned(),
            name: "Hotel Melati".to_owned(),
            address: "Jalan Cikini Raya 42, Jakarta 10330".to_owned(),
            phone: "+62 21 555 0142".to_owned(),
            email: "halo@melati.example".to_owned(),
            time_zone: "Asia/Jakarta".to_owned(),
            checkin_time: "14:00".to_owned(),
            checkout_time: "12:00".to_owned(),
            service: percent(1_000),
            pb1: percent(1_050),
            pb1_base_includes_service: true,
            prices_include_tax: false,
        };
        Self {
            form,
            business_date: "Jumat, 3 Juli 2026".to_owned(),
            links: "https://melati.hotelhub.id".to_owned(),
            may_change: true,
            form_key: "sample-key".to_owned(),
            refused: None,
        }
    }
}
