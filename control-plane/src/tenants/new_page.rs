//! The page on which staff sign a hotel up: what was typed and chosen, and what is wrong with it.
use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use hotelhub_identity::StaffPermission;
use hotelhub_web::preferences::see_other;
use hotelhub_web::{AppError, Flash, FormBody, Kind, Lang, Page, Result, Visit};
use serde::{Deserialize, Serialize};

use super::creation::Creation;
use super::store::{self, Search};
use crate::App;
use crate::database::DbError;
use crate::fleet::clusters;
use crate::plans::{self, PlacedIn, Plan};
use crate::signup::ZONES;
use crate::staff::{Mode, VendorStaff};
use crate::vendor::{form_key, shell};

/// What was typed, as it was typed; what was left open is empty.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Form {
    hotel: String,
    owner: String,
    email: String,
    phone: String,
    rooms: String,
    slug: String,
    plan: String,
    time_zone: String,
    lang: String,
    placed_in: String,
    cluster: String,
}

impl Form {
    /// The hotel it asks for; what cannot even be read is refused here.
    fn creation(self) -> Result<Creation> {
        let wrong = |field: &str, text: &'static str| {
            AppError::new(Kind::Invalid, "invalid-signup", "Some of this cannot be right.").field(field, text)
        };
        let filled = |text: String| Some(text).filter(|text| !text.is_empty());
        let lang = filled(self.lang).map(|text| Lang::parse(&text).ok_or_else(|| wrong("lang", "id or en")));
        let placed_in = filled(self.placed_in)
            .map(|text| PlacedIn::read(&text).ok_or_else(|| wrong("placed_in", "database or schema")));
        Ok(Creation {
            rooms: self.rooms.trim().parse().map_err(|_| wrong("rooms", "a number"))?,
            hotel: self.hotel,
            owner: self.owner,
            email: self.email,
            phone: self.phone,
            slug: self.slug,
            plan: filled(self.plan),
            time_zone: filled(self.time_zone),
            lang: lang.transpose()?,
            placed_in: placed_in.transpose()?,
            cluster: filled(self.cluster),
        })
    }
}

/// A hotel to be signed up.
#[derive(Clone, Debug, Serialize)]
pub struct NewTenantPage {
    form_key: String,
    base_domain: String,
    /// The catalogue's key of what is wrong with the whole.
    refusal: Option<String>,
    suggestions: Vec<String>,
    hotel: Field,
    owner: Field,
    email: Field,
    phone: Field,
    rooms: Field,
    slug: Field,
    /// What is chosen from a list.
    picks: Vec<Pick>,
}

#[derive(Clone, Debug, Serialize)]
struct Field {
    value: String,
    /// The catalogue's key of what is wrong with it.
    wrong: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
struct Pick {
    name: &'static str,
    /// The catalogue's key of what it is called.
    key: &'static str,
    options: Vec<Choice>,
    /// The catalogue's key of what is wrong with it.
    wrong: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
struct Choice {
    value: String,
    /// The catalogue's key of its text; the text itself where it is a name.
    key: Option<String>,
    text: String,
    chosen: bool,
}

/// What may be chosen.
struct Offered {
    plans: Vec<Plan>,
    clusters: Vec<String>,
}

impl Offered {
    async fn of(app: &App, staff: &VendorStaff) -> Result<Self> {
        let mut conn = app.db.durable.acquire().await.map_err(DbError::from)?;
        let plans = plans::offered(&mut conn, crate::today(&app.clock)).await?;
        drop(conn);
        let mut clusters = Vec::new();
        if staff.can(StaffPermission::FleetRead) {
            let known = clusters::list(&app.db.durable).await?;
            clusters.extend(known.into_iter().filter(|known| known.state == "open").map(|known| known.id));
        }
        Ok(Self { plans, clusters })
    }
}

/// The catalogue's key of what is wrong with a field, if that is.
fn wrong_key(refusal: Option<&AppError>, name: &str) -> Option<String> {
    let refusal = refusal.filter(|refusal| refusal.fields().iter().any(|field| field.field == name))?;
    Some(match (name, refusal.code()) {
        ("slug", "slug-taken") => "signup.taken".to_owned(),
        ("lang" | "placed_in" | "cluster", code) => format!("tenant.new.refused.{code}"),
        _ => format!("signup.wrong.{name}"),
    })
}

/// The same of the whole, where no field is to blame.
fn refusal_key(refusal: Option<&AppError>) -> Option<String> {
    let refusal = refusal.filter(|refusal| refusal.fields().is_empty())?;
    Some(match refusal.code() {
        "no-room" => "tenant.new.refused.no-room".to_owned(),
        "key-reused" => "tenant.refused.key-reused".to_owned(),
        _ => "problem.invalid-body".to_owned(),
    })
}

impl NewTenantPage {
    fn filled(
        (form_key, base_domain): (String, String),
        offered: Offered,
        form: Form,
        refusal: Option<&AppError>,
    ) -> Self {
        let extra = refusal.and_then(|refusal| refusal.extra("suggestions")).and_then(|names| names.as_array());
        let suggestions = extra.into_iter().flatten().filter_map(|name| name.as_str().map(str::to_owned)).collect();
        let field = |name: &str, value: &str| Field { value: value.to_owned(), wrong: wrong_key(refusal, name) };
        Self {
            form_key,
            base_domain,
            refusal: refusal_key(refusal),
            suggestions,
            hotel: field("hotel", &form.hotel),
            owner: field("owner", &form.owner),
            email: field("email", &form.email),
            phone: field("phone", &form.phone),
            rooms: field("rooms", &form.rooms),
            slug: field("slug", &form.slug),
            picks: picks(offered, &form, refusal),
        }
    }
}

/// The lists, each with what was chosen of it.
fn picks(offered: Offered, form: &Form, refusal: Option<&AppError>) -> Vec<Pick> {
    let said = |value: &str, key: String| Choice {
        value: value.to_owned(),
        key: Some(key),
        text: String::new(),
        chosen: false,
    };
    let named = |value: &str, text: String| Choice { value: value.to_owned(), key: None, text, chosen: false };
    let zones = ZONES.map(|zone| said(zone, format!("zone.{}", zone.replace('/', "-").to_lowercase())));
    let plans = offered.plans.iter().map(|plan| named(&plan.id, plan.name.clone()));
    let placed_in = [PlacedIn::Database, PlacedIn::Schema]
        .map(|known| said(known.as_str(), format!("tenant.new.placed-in.{}", known.as_str())));
    let clusters = offered.clusters.iter().map(|cluster| named(cluster, cluster.clone()));
    let langs = Lang::ALL.map(|lang| said(lang.as_str(), format!("tenant.new.lang.{}", lang.as_str())));
    let open = |key: &str| said("", key.to_owned());
    let lists = [
        ("plan", "tenant.plan", &form.plan, led_by(open("tenant.new.plan.open"), plans)),
        ("time_zone", "signup.zone", &form.time_zone, zones.into()),
        ("lang", "tenant.new.lang", &form.lang, langs.into()),
        ("placed_in", "tenant.new.placed-in", &form.placed_in, led_by(open("tenant.new.placed-in.open"), placed_in)),
        ("cluster", "order.cluster", &form.cluster, led_by(open("tenant.new.cluster.open"), clusters)),
    ];
    let pick = |(name, key, chosen, mut options): (&'static str, &'static str, &String, Vec<Choice>)| {
        for option in &mut options {
            option.chosen = option.value == *chosen;
        }
        Pick { name, key, options, wrong: wrong_key(refusal, name) }
    };
    lists.into_iter().map(pick).collect()
}

fn led_by(first: Choice, rest: impl IntoIterator<Item = Choice>) -> Vec<Choice> {
    std::iter::once(first).chain(rest).collect()
}

impl Page for NewTenantPage {
    const TEMPLATE: &'static str = "vendor/new-tenant";

    fn sample() -> Self {
        let form = Form { hotel: "Hotel Melati".to_owned(), slug: "melati".to_owned(), ..Form::default() };
        let form = Form { placed_in: "schema".to_owned(), cluster: "jkt-1".to_owned(), ..form };
        let refused = AppError::new(Kind::Conflict, "cluster-full", "this cluster is full")
            .field("cluster", "full")
            .field("rooms", "1 to 5000")
            .with("suggestions", ["melati-2", "hotel-melati"]);
        let offered = Offered { plans: Vec::new(), clusters: vec!["jkt-1".to_owned()] };
        Self::filled(("01980f6e-7b9a".to_owned(), "hotelhub.id".to_owned()), offered, form, Some(&refused))
    }
}

/// The empty form.
pub(super) async fn show(State(app): State<App>, visit: Visit, staff: VendorStaff) -> Result<Html<String>> {
    staff.may(StaffPermission::TenantChange)?;
    rendered(&app, (&visit, &staff), Form::default(), None).await
}

async fn rendered(
    app: &App,
    (visit, staff): (&Visit, &VendorStaff),
    form: Form,
    refusal: Option<&AppError>,
) -> Result<Html<String>> {
    let around = (form_key(app), app.settings.base_domain.to_string());
    let page = NewTenantPage::filled(around, Offered::of(app, staff).await?, form, refusal);
    app.templates.render(&shell(visit, staff, "tenant.new"), &page)
}

/// Signs the hotel up and leads to its page; what is wrong is shown beside what was typed.
pub(super) async fn create(
    State(app): State<App>,
    visit: Visit,
    staff: VendorStaff,
    FormBody(form, key): FormBody<Form>,
) -> Result<Response> {
    staff.may(StaffPermission::TenantChange)?;
    let slug = form.slug.trim().to_owned();
    let outcome = match form.clone().creation() {
        Ok(creation) => staff.does(&app, creation, (&key, Mode::ForGood)).await,
        Err(refusal) => Err(refusal),
    };
    match outcome {
        Ok(_) => created(&app, &slug).await,
        Err(refusal) if refusal.kind().status().is_client_error() => {
            let html = rendered(&app, (&visit, &staff), form, Some(&refusal)).await?;
            Ok((refusal.kind().status(), html).into_response())
        }
        Err(error) => Err(error),
    }
}

/// To the page of the hotel that has this name now.
async fn created(app: &App, slug: &str) -> Result<Response> {
    let search = Search { status: None, text: None, slug: Some(slug) };
    let found = store::list(&app.db.durable, &search, None, 1).await?.items.pop();
    let page = found.map_or_else(|| "/vendor/tenants".to_owned(), |tenant| format!("/vendor/tenants/{}", tenant.id));
    Ok(see_other(&page, Some(&Flash::good("tenant.said.created"))))
}
