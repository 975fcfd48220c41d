//! The public first page.
use axum::Router;
use axum::extract::State;
use axum::response::Html;
use axum::routing::get;
use hotelhub_kernel::Rupiah;
use hotelhub_web::{Layout, Page, Result, Shell, Visit, format};
use serde::Serialize;

use crate::App;
use crate::database::DbError;
use crate::plans::{self, Plan, Price};

/// What HotelHub is and costs.
#[derive(Clone, Debug, Serialize)]
pub struct HomePage {
    plans: Vec<PlanCard>,
}

#[derive(Clone, Debug, Serialize)]
struct PlanCard {
    id: String,
    name: String,
    rooms_from: u32,
    rooms_to: Option<u32>,
    users: Option<u32>,
    /// For one room and month.
    per_room: Option<String>,
    /// For the whole house and month.
    fixed: Option<String>,
    features: Vec<Feature>,
}

#[derive(Clone, Debug, Serialize)]
struct Feature {
    key: String,
}

impl From<Plan> for PlanCard {
    fn from(plan: Plan) -> Self {
        let (per_room, fixed) = match plan.price {
            Price::PerRoom(amount) => (Some(format::rupiah(amount)), None),
            Price::Fixed(amount) => (None, Some(format::rupiah(amount))),
            Price::Agreed => (None, None),
        };
        let features = plan.features.iter().map(|name| Feature { key: format!("feature.{name}") }).collect();
        let Plan { id, name, rooms_from, rooms_to, users, .. } = plan;
        Self { id, name, rooms_from, rooms_to, users, per_room, fixed, features }
    }
}

impl Page for HomePage {
    const TEMPLATE: &'static str = "home/home";

    fn sample() -> Self {
        let card = |id: &str, name: &str, rooms_to, price: Option<i64>| PlanCard {
            id: id.to_owned(),
            name: name.to_owned(),
            rooms_from: 1,
            rooms_to,
            users: rooms_to,
            per_room: price.map(|price| format::rupiah(Rupiah(price))),
            fixed: None,
            features: vec![Feature { key: "feature.custom-domain".to_owned() }],
        };
        Self {
            plans: vec![
                card("starter", "Starter", Some(19), Some(35_000)),
                card("enterprise", "Enterprise", None, None),
            ],
        }
    }
}

/// The page.
pub fn pages() -> Router<App> {
    Router::new().route("/", get(home))
}

async fn home(State(app): State<App>, visit: Visit) -> Result<Html<String>> {
    let mut conn = app.db.durable.acquire().await.map_err(DbError::from)?;
    let plans = plans::offered(&mut conn, crate::today(&app.clock)).await?;
    let page = HomePage { plans: plans.into_iter().map(PlanCard::from).collect() };
    app.templates.render(&Shell::new(&visit, Layout::Public, "HotelHub", "home.title"), &page)
}
