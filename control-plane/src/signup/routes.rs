//! Where programs sign a hotel up.
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use hotelhub_kernel::Slug;
use hotelhub_web::{AppError, ClientAddress, Kind, Lang, Posted, Query, Result};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::sign_up::{SignedUp, Visitor, sign_up, suggestions};
use super::store::{self, Followed, Status};
use super::{Newcomer, Wish, Wrong};
use crate::App;
use crate::wakes::Wake;

/// The longest a follower is kept waiting.
const LONGEST: Duration = Duration::from_secs(25);

/// The JSON doors.
pub fn doors() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(create)).routes(routes!(read)).routes(routes!(slug))
}

/// Signs a hotel up.
#[utoipa::path(post, path = "/api/v1/signups", tag = "signup", request_body = Wish,
    responses((status = 201, body = SignedUp), (status = 409, description = "`slug-taken`, with `suggestions`"),
              (status = 422, description = "`invalid-signup`, each wrong field named"), (status = 429, description = "too many")))]
async fn create(
    State(app): State<App>,
    ClientAddress(address): ClientAddress,
    lang: Lang,
    wish: Posted<Wish>,
) -> Result<(StatusCode, Json<SignedUp>)> {
    let address = address.to_string();
    app.signups.admit(&address).await?;
    let newcomer = Newcomer::read(wish.value).map_err(|wrongs| Wrong::refuse(&wrongs))?;
    let signed_up = sign_up(&app, &newcomer, &Visitor { address, key: &wish.key, lang }).await?;
    Ok((StatusCode::CREATED, Json(signed_up)))
}

#[derive(Deserialize)]
struct Patience {
    #[serde(default)]
    wait_ms: u64,
}

/// How far a sign-up is.
#[derive(Serialize, utoipa::ToSchema)]
struct Progress {
    status: Status,
    /// Where the hotel is, or will be.
    address: String,
}

/// Tells how far a sign-up is; with `?wait_ms=` as soon as that changes.
#[utoipa::path(get, path = "/api/v1/signups/{id}", tag = "signup",
    params(("id" = Uuid, Path), ("wait_ms" = Option<u64>, Query, description = "at most 25,000")),
    responses((status = 200, body = Progress), (status = 404), (status = 429)))]
async fn read(
    State(app): State<App>,
    ClientAddress(address): ClientAddress,
    Path(id): Path<Uuid>,
    Query(patience): Query<Patience>,
) -> Result<Json<Progress>> {
    app.looks.admit(&address.to_string()).await?;
    let signup = follow(&app, id, Duration::from_millis(patience.wait_ms)).await?;
    Ok(Json(Progress { status: signup.status, address: app.settings.tenant_origin(&signup.slug) }))
}

/// A sign-up, waited for at most so long while it is being prepared.
pub(super) async fn follow(app: &App, id: Uuid, at_most: Duration) -> Result<Followed> {
    let until = Instant::now() + at_most.min(LONGEST);
    let mut ear = app.wakes.listen(Wake::Signups);
    loop {
        let unknown = || AppError::new(Kind::NotFound, "unknown-signup", "There is no such sign-up.");
        let signup = store::follow(&app.db.durable, id).await?.ok_or_else(unknown)?;
        let left = until.saturating_duration_since(Instant::now());
        if signup.status != Status::Preparing || left.is_zero() || app.stopping() {
            return Ok(signup);
        }
        app.wait(&mut ear, left).await;
    }
}

/// Whether a name can be had.
#[derive(Serialize, utoipa::ToSchema)]
struct SlugAnswer {
    free: bool,
    /// Why it is no name at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// Names like it that can be had, where it cannot.
    #[schema(value_type = Vec<String>)]
    suggestions: Vec<Slug>,
}

/// Tells whether a hotel may still take a name.
#[utoipa::path(get, path = "/api/v1/slugs/{slug}", tag = "signup", params(("slug" = String, Path)),
    responses((status = 200, body = SlugAnswer), (status = 429)))]
async fn slug(
    State(app): State<App>,
    ClientAddress(address): ClientAddress,
    Path(text): Path<String>,
) -> Result<Json<SlugAnswer>> {
    app.looks.admit(&address.to_string()).await?;
    let slug = match Slug::parse(&text) {
        Ok(slug) => slug,
        Err(bad) => {
            let suggestions = Slug::from_name(&text).into_iter().collect();
            return Ok(Json(SlugAnswer { free: false, reason: Some(bad.to_string()), suggestions }));
        }
    };
    let free = !store::free(&app.db.durable, std::slice::from_ref(&slug)).await?.is_empty();
    let suggestions = if free { Vec::new() } else { suggestions(&app, &slug, None).await? };
    Ok(Json(SlugAnswer { free, reason: None, suggestions }))
}
