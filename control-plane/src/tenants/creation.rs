//! Where staff sign a hotel up, and say where it is to lie if it shall not be as its plan says.
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use hotelhub_identity::StaffPermission;
use hotelhub_protocol::ClusterId;
use hotelhub_web::{Lang, Posted, Query, Result};
use serde::Deserialize;

use super::Refusal;
use super::store::{self, Detail};
use crate::App;
use crate::database::Tx;
use crate::plans::PlacedIn;
use crate::signup::{self, Chosen, Newcomer, Wish, Wrong};
use crate::staff::{Act, Asked, VendorStaff};
use crate::wakes::Wake;

/// A hotel that staff sign up: what its owner would say of it, and what staff choose for it.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TenantCreation)]
pub(super) struct Creation {
    /// The hotel's name.
    pub(super) hotel: String,
    /// The owner's name.
    pub(super) owner: String,
    /// The owner's mail address: the welcome letter goes there.
    pub(super) email: String,
    /// The owner's telephone number.
    pub(super) phone: String,
    /// How many rooms it has.
    pub(super) rooms: u32,
    /// Its name in its address.
    pub(super) slug: String,
    /// A plan; without one the smallest that covers the rooms.
    #[serde(default)]
    pub(super) plan: Option<String>,
    /// `Asia/Jakarta` (also without one), `Asia/Makassar` or `Asia/Jayapura`.
    #[serde(default)]
    pub(super) time_zone: Option<String>,
    /// The language of the welcome letter: `id` (also without one) or `en`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub(super) lang: Option<Lang>,
    /// A database of its own, or a schema in one that others share; without it, what the plan says.
    #[serde(default)]
    pub(super) placed_in: Option<PlacedIn>,
    /// The cluster it comes to; without one the one that is right for it.
    #[serde(default)]
    pub(super) cluster: Option<String>,
}

impl Creation {
    /// What is wished for the hotel, what is chosen for it, and how its owner is written to.
    fn parts(self) -> (Wish, Chosen, Lang) {
        let Self { hotel, owner, email, phone, rooms, slug, plan, time_zone, lang, placed_in, cluster } = self;
        let wish = Wish { hotel, owner, email, phone, rooms, slug, plan, time_zone };
        (wish, Chosen { placed_in, cluster: cluster.map(ClusterId) }, lang.unwrap_or_default())
    }
}

impl Act for Creation {
    type Told = Detail;
    const STATUS: StatusCode = StatusCode::CREATED;
    const WAKES: &'static [Wake] = &[Wake::Orders, Wake::Letters];

    fn needs(&self) -> StaffPermission {
        StaffPermission::TenantChange
    }

    async fn carry_out(self, app: &App, tx: &mut Tx, staff: &VendorStaff) -> Result<Detail> {
        let (wish, chosen, lang) = self.parts();
        let newcomer = Newcomer::read(wish).map_err(|wrongs| Wrong::refuse(&wrongs))?;
        let tenant = signup::sign_up_for(app, tx, (&newcomer, &chosen), (staff, lang)).await?;
        Ok(store::detail(tx, tenant).await?.ok_or(Refusal::Unknown)?)
    }
}

/// Signs a hotel up as its owner would: the owner gets the same letter. Where it lies its plan says, unless it is chosen here; it is served
/// when its database is `live`.
#[utoipa::path(post, path = "/api/v1/tenants", tag = "tenants", params(("dry_run" = Option<bool>, Query)), request_body = Creation,
    responses((status = 201, body = Detail), (status = 401), (status = 403), (status = 404, description = "`unknown-cluster`"),
              (status = 409, description = "`slug-taken`, with `suggestions`; `plan-lies-alone`, `cluster-closed`, `cluster-for-others`, \
               `cluster-full` or `no-room`"),
              (status = 422, description = "`invalid-signup`, each wrong field named; `unknown-plan` or `plan-too-small`")))]
pub(super) async fn create(
    State(app): State<App>,
    staff: VendorStaff,
    Query(asked): Query<Asked>,
    wish: Posted<Creation>,
) -> Result<Response> {
    staff.does(&app, wish.value, (&wish.key, asked.mode())).await
}
