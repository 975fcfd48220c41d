//! The pages behind the links of staff.
use axum::Router;
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use hotelhub_identity::{LinkToken, RecoveryCodes};
use hotelhub_web::{AppError, Layout, Page, Result, Shell, Visit};
use serde::Serialize;

use super::authenticator::{self, Entered};
use super::store::Addressee;
use crate::App;
use crate::staff::routes::with_session;
use crate::staff::sign_in::Visitor;
use crate::vendor::role_key;

pub(crate) fn pages() -> Router<App> {
    Router::new()
        .route("/vendor/join/{token}", get(show).post(begin))
        .route("/vendor/join/{token}/finish", post(finish))
}

/// What a link's page shows: its one button, the authenticator with its form, or that the link opens nothing.
#[derive(Serialize)]
pub struct LinkPage {
    /// `open`, `form` or `spent`.
    what: &'static str,
    /// Whether an account is there and gets a new authenticator.
    renewal: bool,
    name: String,
    email: String,
    /// The role's key in the catalogue.
    role_key: String,
    /// Where the button or the form posts to.
    action: String,
    enrolment: Option<Enrolment>,
    /// The catalogue's key of what was wrong.
    wrong: Option<String>,
}

/// A secret on its way into an authenticator.
#[derive(Serialize)]
struct Enrolment {
    secret: String,
    /// An `<svg>` element of our own making.
    qr_svg: String,
}

impl LinkPage {
    fn of(known: &Addressee, what: &'static str, action: String) -> Self {
        Self {
            what,
            renewal: known.staff.is_some(),
            name: known.name.clone(),
            email: known.email.clone(),
            role_key: role_key(known.role),
            action,
            enrolment: None,
            wrong: None,
        }
    }

    fn spent() -> Self {
        Self {
            what: "spent",
            renewal: false,
            name: String::new(),
            email: String::new(),
            role_key: String::new(),
            action: String::new(),
            enrolment: None,
            wrong: None,
        }
    }
}

impl Page for LinkPage {
    const TEMPLATE: &'static str = "staff/link";

    fn sample() -> Self {
        Self {
            what: "form",
            renewal: false,
            name: "Ratna Dewi".to_owned(),
            email: "ratna@hotelhub.id".to_owned(),
            role_key: "staff.role.support".to_owned(),
            action: "/vendor/join/4Zk0/finish".to_owned(),
            enrolment: Some(Enrolment { secret: "GEZDGNBVGY3TQOJQ".to_owned(), qr_svg: "<svg></svg>".to_owned() }),
            wrong: Some("staff.wrong.wrong-code".to_owned()),
        }
    }
}

/// Recovery codes, shown once.
#[derive(Serialize)]
pub struct CodesPage {
    codes: Vec<String>,
}

impl CodesPage {
    /// The page that shows these codes.
    pub(in crate::staff) fn of(codes: &RecoveryCodes) -> Self {
        Self { codes: codes.expose().to_vec() }
    }
}

impl Page for CodesPage {
    const TEMPLATE: &'static str = "staff/codes";

    fn sample() -> Self {
        Self { codes: vec!["7k2m-xw9q-3n5t".to_owned(), "p4hd-22wz-8s6v".to_owned()] }
    }
}

async fn show(State(app): State<App>, visit: Visit, Path(text): Path<String>) -> Result<Response> {
    let Some(token) = LinkToken::read(&text) else { return spent(&app, &visit) };
    match authenticator::addressee(&app, &token).await {
        Ok(known) => {
            let page = LinkPage::of(&known, "open", format!("/vendor/join/{text}"));
            rendered(&app, &visit, StatusCode::OK, &page)
        }
        Err(error) => refused(&app, &visit, error),
    }
}

async fn begin(State(app): State<App>, visitor: Visitor, visit: Visit, Path(text): Path<String>) -> Result<Response> {
    app.staff.admit_link(visitor.address).await?;
    form(&app, &visit, &text, StatusCode::OK, None).await
}

async fn finish(
    State(app): State<App>,
    visitor: Visitor,
    visit: Visit,
    Path(text): Path<String>,
    Form(entered): Form<Entered>,
) -> Result<Response> {
    app.staff.admit_link(visitor.address).await?;
    let Some(token) = LinkToken::read(&text) else { return spent(&app, &visit) };
    match authenticator::equip(&app, &visitor, &token, entered).await {
        Ok(equipped) => {
            let page = CodesPage::of(&equipped.codes);
            Ok(with_session(rendered(&app, &visit, StatusCode::OK, &page)?, &equipped.token))
        }
        Err(error) => match crate::staff::pages::said(&error) {
            Some(wrong) => form(&app, &visit, &text, error.kind().status(), Some(wrong)).await,
            None => refused(&app, &visit, error),
        },
    }
}

/// The authenticator's secret, and where password and code are entered.
async fn form(app: &App, visit: &Visit, text: &str, status: StatusCode, wrong: Option<String>) -> Result<Response> {
    let Some(token) = LinkToken::read(text) else { return spent(app, visit) };
    let known = match authenticator::addressee(app, &token).await {
        Ok(known) => known,
        Err(error) => return refused(app, visit, error),
    };
    let totp = super::authenticator(app, &token)?;
    let mut page = LinkPage::of(&known, "form", format!("/vendor/join/{text}/finish"));
    page.wrong = wrong;
    page.enrolment = Some(Enrolment {
        secret: totp.expose_base32(),
        qr_svg: totp.qr_svg("HotelHub", &known.email).unwrap_or_default(),
    });
    rendered(app, visit, status, &page)
}

fn refused(app: &App, visit: &Visit, error: AppError) -> Result<Response> {
    if error.code() == "link-spent" { spent(app, visit) } else { Err(error) }
}

/// 410, and whom to ask.
fn spent(app: &App, visit: &Visit) -> Result<Response> {
    rendered(app, visit, StatusCode::GONE, &LinkPage::spent())
}

fn rendered(app: &App, visit: &Visit, status: StatusCode, page: &impl Page) -> Result<Response> {
    let shell = Shell::new(visit, Layout::Plain, "HotelHub", "staff.link.title");
    Ok((status, app.templates.render(&shell, page)?).into_response())
}
