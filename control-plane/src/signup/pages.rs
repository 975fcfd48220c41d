//! Where people sign a hotel up and see it open.
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, REFRESH, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hotelhub_kernel::hex;
use hotelhub_web::preferences::see_other;
use hotelhub_web::{AppError, ClientAddress, FormBody, Layout, Page, Query, Result, Shell, Visit, cookies};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::form::{Form, SignupPage};
use super::routes::follow;
use super::sign_up::{Visitor, login_link, sign_up};
use super::store::Status;
use super::{Newcomer, Wrong};
use crate::App;

/// A first look waits so long: most hotels are open by then.
const FIRST_LOOK: Duration = Duration::from_millis(1_500);

/// The pages.
pub fn pages() -> Router<App> {
    Router::new().route("/signup", get(form).post(post)).route("/signup/{id}", get(status))
}

#[derive(Deserialize)]
struct Preset {
    #[serde(default)]
    plan: Option<String>,
}

/// The empty form.
async fn form(State(app): State<App>, visit: Visit, Query(preset): Query<Preset>) -> Result<Response> {
    let form = Form { plan: preset.plan.unwrap_or_default(), ..Form::default() };
    let page = SignupPage::of(&app, form, None);
    Ok(app.templates.render(&shell(&visit, "signup.title"), &page)?.into_response())
}

/// Signs up and leads to the page that follows it; what is wrong is shown beside what was typed.
async fn post(
    State(app): State<App>,
    ClientAddress(address): ClientAddress,
    visit: Visit,
    FormBody(form, key): FormBody<Form>,
) -> Result<Response> {
    let address = address.to_string();
    let outcome = match app.signups.admit(&address).await.and_then(|()| form.clone().wish()) {
        Ok(wish) => match Newcomer::read(wish) {
            Ok(newcomer) => sign_up(&app, &newcomer, &Visitor { address, key: &key, lang: visit.lang }).await,
            Err(wrongs) => Err(Wrong::refuse(&wrongs)),
        },
        Err(refusal) => Err(refusal),
    };
    match outcome {
        Ok(signed_up) => {
            let mut response = see_other(&format!("/signup/{}", signed_up.id), None);
            let cookie = cookies::set_host("signup", &proof(&app, signed_up.id), Duration::from_secs(3_600));
            response.headers_mut().append(SET_COOKIE, cookie);
            Ok(response)
        }
        Err(refusal) if refusal.kind().status().is_client_error() => refused(&app, &visit, form, &refusal),
        Err(error) => Err(error),
    }
}

fn refused(app: &App, visit: &Visit, form: Form, refusal: &AppError) -> Result<Response> {
    let page = SignupPage::of(app, form, Some(refusal));
    let html = app.templates.render(&shell(visit, "signup.title"), &page)?;
    Ok((refusal.kind().status(), html).into_response())
}

/// How far a sign-up is, and the way in for the browser that made it.
#[derive(Clone, Debug, Serialize)]
pub struct StatusPage {
    hotel: String,
    email: String,
    address: String,
    preparing: bool,
    ready: bool,
    /// The page that logs the owner in; only for the browser that signed up.
    login_link: Option<String>,
    status_url: String,
}

impl Page for StatusPage {
    const TEMPLATE: &'static str = "signup/status";

    fn sample() -> Self {
        Self {
            hotel: "Hotel Melati".to_owned(),
            email: "budi@melati.id".to_owned(),
            address: "https://melati.hotelhub.id".to_owned(),
            preparing: false,
            ready: true,
            login_link: Some("https://melati.hotelhub.id/login/link/c2FtcGxl".to_owned()),
            status_url: "/api/v1/signups/01980f6e-7b9a-7000-8000-000000000001".to_owned(),
        }
    }
}

/// Shows how far it is; comes again by itself, with or without scripts, until it is done.
async fn status(
    State(app): State<App>,
    ClientAddress(address): ClientAddress,
    visit: Visit,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
) -> Result<Response> {
    app.looks.admit(&address.to_string()).await?;
    let signup = follow(&app, id, FIRST_LOOK).await?;
    let own = cookies::read(&headers, "signup") == Some(proof(&app, id).as_str());
    let ready = signup.status == Status::Ready;
    let page = StatusPage {
        address: app.settings.tenant_origin(&signup.slug),
        login_link: (own && ready).then(|| login_link(&app, id, &signup.slug)),
        hotel: signup.hotel,
        email: if own { signup.email } else { String::new() },
        preparing: signup.status == Status::Preparing,
        ready,
        status_url: format!("/api/v1/signups/{id}"),
    };
    let mut response = app.templates.render(&shell(&visit, "signup.status"), &page)?.into_response();
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if page.preparing {
        response.headers_mut().insert(REFRESH, HeaderValue::from_static("3"));
    }
    *response.status_mut() = StatusCode::OK;
    Ok(response)
}

fn shell(visit: &Visit, title: &str) -> Shell {
    Shell::new(visit, Layout::Public, "HotelHub", title)
}

/// What only the browser that signed up carries: the address of the page may be shared without giving the hotel away.
fn proof(app: &App, id: Uuid) -> String {
    let mac = app.secret.derive("signup-cookie").mac(id.as_bytes());
    format!("{id}.{}", hex(&mac[..16]))
}
