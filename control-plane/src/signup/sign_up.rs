//! The one transaction of a sign-up.
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hotelhub_identity::LinkToken;
use hotelhub_kernel::{Host, Slug, TenantId, hex};
use hotelhub_protocol::{ClusterId, OwnerSeed, Task, TenantSeed};
use hotelhub_web::{AppError, Kind, Lang, RequestKey, Result, once};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::store::{self, Beginning, Made, Met};
use super::{Newcomer, Welcome};
use crate::App;
use crate::audit::{self, Actor};
use crate::database::{DbError, Tx};
use crate::fleet::orders::{self, NewOrder};
use crate::fleet::ready;
use crate::mails::{self, NewLetter};
use crate::plans::{self, PlacedIn, Plan};
use crate::wakes::Wake;

/// Days without a bill.
const TRIAL_DAYS: i64 = 14;

/// Days in which the welcome letter's link opens.
const LINK_DAYS: i64 = 7;

/// Somebody waits.
const PRIORITY: i16 = 0;

/// What a hotel gets at once; the same for whoever asks again with the same key.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct SignedUp {
    /// The sign-up.
    pub(crate) id: Uuid,
    /// The tenant.
    pub(crate) tenant_id: Uuid,
    /// Its name in its address.
    #[schema(value_type = String)]
    pub(crate) slug: Slug,
    /// Where the hotel will be.
    pub(crate) address: String,
    /// Where its owner gets in, once.
    pub(crate) login_link: String,
    /// Where to follow it.
    pub(crate) status_url: String,
    /// `preparing`: follow it.
    pub(crate) status: store::Status,
}

/// Who signs up, and how.
pub(crate) struct Visitor<'a> {
    /// The address it comes from: the scope of its keys.
    pub(crate) address: String,
    /// Its key.
    pub(crate) key: &'a RequestKey,
    /// The language of its letters.
    pub(crate) lang: Lang,
}

/// Signs a hotel up, or answers what was answered to the same key.
pub(crate) async fn sign_up(app: &App, newcomer: &Newcomer, visitor: &Visitor<'_>) -> Result<SignedUp> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let made = Made { id: app.ids.next(), tenant: TenantId(app.ids.next()) };
    match store::take_key(&mut tx, &visitor.address, visitor.key, &made, now).await? {
        Met::New => {}
        Met::Repeated(made) => return Ok(answer(app, &made, &newcomer.slug)),
        Met::Reused => return Err(once::reused()),
    }
    let plan = plan_of(app, &mut tx, newcomer).await?;
    if let Err(error) = begin(app, &mut tx, made.tenant, newcomer, &plan, now).await {
        drop(tx);
        return Err(not_begun(app, newcomer, error).await);
    }
    let order = order(app, &mut tx, &made, newcomer, (plan.placed_in, None), now).await?.ok_or_else(no_room)?;
    let in_hand = orders::place_in_hand(app, &mut tx, order, now).await?;
    welcome(app, &mut tx, &made, newcomer, visitor.lang, now).await?;
    note(&mut tx, &made, newcomer, &plan, visitor, now).await?;
    tx.commit().await.map_err(DbError::from)?;
    orders::hand_over(app, in_hand).await;
    app.wakes.wake(Wake::Letters);
    Ok(answer(app, &made, &newcomer.slug))
}

/// The plan that a newcomer gets.
pub(crate) async fn plan_of(app: &App, tx: &mut Tx, newcomer: &Newcomer) -> Result<Plan> {
    let plans = plans::offered(tx, crate::today(&app.clock)).await?;
    Ok(plans::choose(&plans, newcomer.rooms, newcomer.plan.as_deref())?.clone())
}

/// Writes a tenant, its address and its trial. A slug that is taken breaks `tenants_slug_unique` or `domains_pkey`.
pub(crate) async fn begin(
    app: &App,
    tx: &mut Tx,
    tenant: TenantId,
    newcomer: &Newcomer,
    plan: &Plan,
    now: Timestamp,
) -> Result<(), DbError> {
    let zone = TimeZone::get(newcomer.time_zone).unwrap_or(TimeZone::UTC);
    let host = Host::of_slug(&newcomer.slug, &app.settings.base_domain);
    let begun = Beginning {
        tenant,
        subscription: app.ids.next(),
        newcomer,
        host: &host,
        plan,
        now,
        anchor: now.to_zoned(zone).date(),
        trial_ends_at: days_later(now, TRIAL_DAYS),
    };
    store::begin_tenant(tx, &begun).await
}

/// The order by which a newcomer's place is made, in what and on which cluster it is to be; none where there is no room for it.
pub(super) async fn order(
    app: &App,
    tx: &mut Tx,
    made: &Made,
    newcomer: &Newcomer,
    (placed_in, to): (PlacedIn, Option<&ClusterId>),
    now: Timestamp,
) -> Result<Option<NewOrder>, DbError> {
    let whom = (made.tenant, to);
    let claimed = match placed_in {
        PlacedIn::Database => ready::claim(tx, whom, app.ids.next(), now).await?,
        PlacedIn::Schema => ready::claim_schema(tx, whom, [app.ids.next(), app.ids.next()], now).await?,
    };
    let Some(claimed) = claimed else { return Ok(None) };
    let owner = OwnerSeed {
        user: app.ids.next(),
        name: newcomer.owner.clone(),
        email: newcomer.email.clone(),
        phone: newcomer.phone.clone(),
        login_token_sha256: hex(&login_token(app, made.id).hash()),
        login_token_expires_at: days_later(now, LINK_DAYS),
    };
    let seed = TenantSeed {
        tenant: made.tenant,
        slug: newcomer.slug.clone(),
        hotel: newcomer.hotel.clone(),
        time_zone: newcomer.time_zone.to_owned(),
        owner,
    };
    let task = Task::CreateTenant { cluster: claimed.cluster, database: claimed.name, seed };
    Ok(Some(NewOrder { id: app.ids.next(), tenant: Some(made.tenant), priority: PRIORITY, task }))
}

fn no_room() -> AppError {
    let detail = "We have no room for another hotel at this moment; try again a little later.";
    AppError::new(Kind::Unavailable, "no-room", detail).retry_after(60).because("no open cluster has capacity left")
}

/// Writes the letter that opens the door to the owner.
pub(super) async fn welcome(
    app: &App,
    tx: &mut Tx,
    made: &Made,
    newcomer: &Newcomer,
    lang: Lang,
    now: Timestamp,
) -> Result<()> {
    let welcome = Welcome {
        owner: newcomer.owner.clone(),
        hotel: newcomer.hotel.clone(),
        address: app.settings.tenant_origin(&newcomer.slug),
        login_link: login_link(app, made.id, &newcomer.slug),
        link_days: LINK_DAYS,
        trial_days: TRIAL_DAYS,
    };
    let letter = NewLetter {
        kind: "welcome",
        to_address: &newcomer.email,
        to_name: &newcomer.owner,
        lang,
        tenant: Some(made.tenant),
    };
    mails::enqueue(app, tx, &letter, &welcome, now).await
}

async fn note(
    tx: &mut Tx,
    made: &Made,
    newcomer: &Newcomer,
    plan: &Plan,
    visitor: &Visitor<'_>,
    now: Timestamp,
) -> Result<(), DbError> {
    let actor = Actor::Visitor(visitor.address.clone());
    let details = json!({ "slug": newcomer.slug, "plan": plan.id, "rooms": newcomer.rooms });
    let tenant = made.tenant.to_string();
    audit::record(tx, now, &actor, "tenant.sign_up", ("tenant", &tenant), Some(made.tenant), details).await
}

/// What is told where [`begin`] failed: other names, where another hotel has this one.
pub(super) async fn not_begun(app: &App, newcomer: &Newcomer, error: DbError) -> AppError {
    if !matches!(error.constraint(), Some("tenants_slug_unique" | "domains_pkey")) {
        return error.into();
    }
    match suggestions(app, &newcomer.slug, Some(&newcomer.hotel)).await {
        Ok(suggestions) => {
            let refusal = AppError::new(Kind::Conflict, "slug-taken", "Another hotel has this name already.");
            refusal.field("slug", "taken").with("suggestions", suggestions)
        }
        Err(error) => error,
    }
}

/// Up to three names like this one that nobody has.
pub(super) async fn suggestions(app: &App, slug: &Slug, hotel: Option<&str>) -> Result<Vec<Slug>> {
    let named = hotel.and_then(Slug::from_name).filter(|named| named != slug);
    let wished: Vec<Slug> = named.into_iter().chain((2..=40).filter_map(|n| slug.numbered(n))).collect();
    let mut free = store::free(&app.db.durable, &wished).await?;
    free.truncate(3);
    Ok(free)
}

fn answer(app: &App, made: &Made, slug: &Slug) -> SignedUp {
    SignedUp {
        id: made.id,
        tenant_id: made.tenant.0,
        slug: slug.clone(),
        address: app.settings.tenant_origin(slug),
        login_link: login_link(app, made.id, slug),
        status_url: format!("/api/v1/signups/{}", made.id),
        status: store::Status::Preparing,
    }
}

/// Derived, so that a repeated request gets the same link and no table holds it.
fn login_token(app: &App, signup: Uuid) -> LinkToken {
    let derived = app.secret.derive("signup-login").mac(signup.as_bytes());
    LinkToken::read(&URL_SAFE_NO_PAD.encode(derived)).unwrap_or_else(|| LinkToken::mint(&app.entropy))
}

/// The page with the one button that logs the owner in.
pub(super) fn login_link(app: &App, signup: Uuid, slug: &Slug) -> String {
    format!("{}/login/link/{}", app.settings.tenant_origin(slug), login_token(app, signup).as_text())
}

fn days_later(now: Timestamp, days: i64) -> Timestamp {
    now + SignedDuration::from_hours(24 * days)
}
