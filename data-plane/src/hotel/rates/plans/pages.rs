//! `/desk/rate-plans/{id}`: a rate plan's sheet, on which it is changed.
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use hotelhub_identity::Permission;
use hotelhub_web::{FormBody, IfMatch, Page, Refused, Result, Visit};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::RatePlanChange;
use super::routes::one;
use crate::hotel::rates::RatePlan;
use crate::hotel::step::{Clerk, or_typed};
use crate::hotel::{forms, properties, shell};
use crate::node::Node;

/// The pages of rate plans.
pub(in crate::hotel::rates) fn pages() -> Router<Node> {
    Router::new().route("/desk/rate-plans/{id}", get(show).post(save))
}

/// Everything the form holds, as it was typed.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Form {
    version: String,
    code: String,
    name: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    breakfast: bool,
    free_cancellation_days: String,
    #[serde(default)]
    public: bool,
    sort: String,
    /// Said by the button that archives or takes back.
    archived: Option<bool>,
}

/// The page.
#[derive(Serialize)]
pub(crate) struct PlanPage {
    id: Uuid,
    archived: bool,
    form: Form,
    form_key: String,
    refused: Option<Refused>,
}

impl From<&RatePlan> for Form {
    fn from(plan: &RatePlan) -> Self {
        Self {
            version: plan.version.to_string(),
            code: plan.code.clone(),
            name: plan.name.clone(),
            description: plan.description.clone(),
            breakfast: plan.breakfast,
            free_cancellation_days: plan.free_cancellation_days.to_string(),
            public: plan.public,
            sort: plan.sort.to_string(),
            archived: None,
        }
    }
}

impl Form {
    fn wish(&self) -> Result<RatePlanChange> {
        Ok(RatePlanChange {
            code: Some(self.code.clone()),
            name: Some(self.name.clone()),
            description: Some(self.description.clone()),
            breakfast: Some(self.breakfast),
            free_cancellation_days: Some(forms::whole("free_cancellation_days", &self.free_cancellation_days)?),
            public: Some(self.public),
            sort: Some(forms::whole("sort", &self.sort)?),
            archived: self.archived,
        })
    }
}

async fn show(clerk: Clerk, visit: Visit, Path(id): Path<Uuid>) -> Result<Response> {
    page(&clerk, &visit, id, None, StatusCode::OK, None).await
}

async fn page(
    clerk: &Clerk,
    visit: &Visit,
    id: Uuid,
    typed: Option<Form>,
    status: StatusCode,
    refused: Option<Refused>,
) -> Result<Response> {
    let Clerk { tenant, staff } = clerk;
    staff.may(Permission::RateChange)?;
    let db = tenant.connect().await?;
    let property = properties::the_one(&db).await?;
    let plan = one(&db, id).await?;
    let shell = shell::of(&property, tenant, staff, visit, "nav.rates").titled(&plan.name);
    let form = typed.unwrap_or_else(|| Form::from(&plan));
    let (archived, form_key) = (plan.archived, forms::key(tenant));
    let page = PlanPage { id, archived, form, form_key, refused };
    forms::shown(tenant, status, &shell, &page)
}

async fn save(
    clerk: Clerk,
    visit: Visit,
    Path(id): Path<Uuid>,
    FormBody(form, key): FormBody<Form>,
) -> Result<Response> {
    let step = clerk.step(Permission::RateChange, &key)?;
    let answer = step.land("flash.saved", async |tx| {
        let seen = forms::version(&form.version)?;
        super::amend_plan(tx, &clerk.tenant, &clerk.actor(), id, seen, form.wish()?).await?;
        Ok("/desk/rates".to_owned())
    });
    or_typed(answer.await, form, async |typed, status, refused| {
        page(&clerk, &visit, id, typed, status, Some(refused)).await
    })
    .await
}

impl Page for PlanPage {
    const TEMPLATE: &'static str = "hotel/rates/plan";

    fn sample() -> Self {
        let form = Form {
            version: "3".to_owned(),
            code: "BAR".to_owned(),
            name: "Fleksibel dengan sarapan".to_owned(),
            description: "Bayar di hotel".to_owned(),
            breakfast: true,
            free_cancellation_days: "1".to_owned(),
            public: true,
            sort: "10".to_owned(),
            archived: None,
        };
        let (id, form_key) = (Uuid::from_u128(1), "sample-key".to_owned());
        Self { id, archived: false, form, form_key, refused: IfMatch::stale().refused() }
    }
}
