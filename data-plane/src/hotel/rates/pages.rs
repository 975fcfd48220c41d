//! `/desk/rates`: rate plans, and a month of prices that is set in ranges.
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use hotelhub_identity::Permission;
use hotelhub_web::{FormBody, Lang, Page, Query, Refused, Result, Visit, format};
use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Asked, DayPrice, NewRatePlan, Prices};
use crate::hotel::forms::Choice;
use crate::hotel::step::{Clerk, or_again};
use crate::hotel::{fields, forms, properties, rooms, shell};
use crate::node::Node;

/// The pages of this capability.
pub fn pages() -> Router<Node> {
    Router::new()
        .route("/desk/rates", get(show))
        .route("/desk/rate-plans", post(add_plan))
        .route("/desk/rate-plans/{id}/prices", post(set_prices))
        .merge(super::plans::pages())
}

/// Which month of which plan and room type is seen.
#[derive(Clone, Debug, Default, Deserialize)]
struct Sight {
    #[serde(default)]
    plan: String,
    #[serde(default)]
    room_type: String,
    /// Any day of the month.
    #[serde(default)]
    month: String,
}

/// The page.
#[derive(Serialize)]
pub(crate) struct RatesPage {
    plans: Vec<Choice>,
    /// Plans that are no longer sold.
    archived: Vec<Choice>,
    room_types: Vec<Choice>,
    plan: Option<Uuid>,
    /// The plan's version: prices are saved against it.
    version: i32,
    room_type: String,
    month: String,
    month_name: String,
    earlier: String,
    later: String,
    weekdays: Vec<Choice>,
    blanks: Vec<i8>,
    days: Vec<DayCell>,
    form: PricesForm,
    may_change: bool,
    form_key: String,
    refused: Option<Refused>,
}

/// A night of the month.
#[derive(Serialize)]
struct DayCell {
    day: i8,
    class: &'static str,
    price: Option<String>,
    closed: bool,
    min_nights: i16,
}

async fn show(clerk: Clerk, visit: Visit, Query(sight): Query<Sight>) -> Result<Response> {
    page(&clerk, &visit, &sight, None, StatusCode::OK, None).await
}

async fn page(
    clerk: &Clerk,
    visit: &Visit,
    sight: &Sight,
    typed: Option<PricesForm>,
    status: StatusCode,
    refused: Option<Refused>,
) -> Result<Response> {
    let Clerk { tenant, staff } = clerk;
    staff.may(Permission::RateRead)?;
    let db = tenant.connect().await?;
    let property = properties::the_one(&db).await?;
    let plans = super::plans_of_house(&db, None, 200).await?;
    let (archived, plans): (Vec<_>, Vec<_>) = plans.into_iter().partition(|plan| plan.archived);
    let mut types = rooms::types_of_house(&db, None, 200).await?;
    types.retain(|of| !of.archived);
    let plan = plans.iter().find(|plan| plan.id.to_string() == sight.plan).or(plans.first());
    let of = types.iter().find(|of| of.id.to_string() == sight.room_type).or(types.first()).map(|of| of.id);
    let today = property.business_date;
    let month = sight.month.parse::<Date>().ok().and_then(|day| fields::date("month", day).ok());
    let month = month.unwrap_or(today).first_of_month();
    let prices = match (plan, of) {
        (Some(plan), Some(room_type)) => {
            let to = month.saturating_add(1.month());
            super::month(&db, Asked { rate_plan: plan.id, room_type, from: month, to }).await?
        }
        _ => Vec::new(),
    };
    let shell = shell::of(&property, tenant, staff, visit, "nav.rates");
    let text = |id: Option<Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
    let form = typed.unwrap_or_else(|| PricesForm::of(month.max(today), month));
    let mut page = RatesPage::of(month, &prices, form, visit.lang);
    page.plan = plan.map(|plan| plan.id);
    page.version = plan.map_or(0, |plan| plan.version);
    page.plans = plans.iter().map(|known| Choice::new(known.id, known.name.clone(), &text(page.plan))).collect();
    page.archived = archived.iter().map(|known| Choice::new(known.id, known.name.clone(), "")).collect();
    page.room_types = types.iter().map(|known| Choice::new(known.id, known.name.clone(), &text(of))).collect();
    page.room_type = text(of);
    page.may_change = staff.can(Permission::RateChange);
    page.form_key = forms::key(tenant);
    page.refused = refused;
    forms::shown(tenant, status, &shell, &page)
}

impl RatesPage {
    fn of(month: Date, prices: &[DayPrice], form: PricesForm, lang: Lang) -> Self {
        let next = month.saturating_add(1.month());
        let days = month.series(1.day()).take_while(|day| *day < next);
        let monday = jiff::civil::date(2026, 6, 1);
        let week = monday.series(1.day()).zip(WEEK.into_iter().zip(form.ticked()));
        Self {
            plans: Vec::new(),
            archived: Vec::new(),
            room_types: Vec::new(),
            plan: None,
            version: 0,
            room_type: String::new(),
            month: month.to_string(),
            month_name: format::month_year(month, lang),
            earlier: month.saturating_sub(1.month()).to_string(),
            later: next.to_string(),
            weekdays: week
                .map(|(day, (name, chosen))| Choice {
                    value: name.to_owned(),
                    label: format::weekday_short(day, lang).to_owned(),
                    chosen,
                })
                .collect(),
            blanks: (0..month.weekday().to_monday_zero_offset()).collect(),
            days: days.map(|day| DayCell::of(day, prices.iter().find(|price| price.date == day))).collect(),
            form,
            may_change: false,
            form_key: String::new(),
            refused: None,
        }
    }
}

impl DayCell {
    fn of(day: Date, price: Option<&DayPrice>) -> Self {
        let weekend = matches!(day.weekday(), Weekday::Friday | Weekday::Saturday);
        let class = match price {
            None => "unpriced",
            Some(price) if price.closed => "closed",
            Some(_) if weekend => "weekend",
            Some(_) => "",
        };
        Self {
            day: day.day(),
            class,
            price: price.map(|price| format::amount(price.price)),
            closed: price.is_some_and(|price| price.closed),
            min_nights: price.map_or(1, |price| price.min_nights),
        }
    }
}

/// A range of nights and what they cost, as it was typed.
#[derive(Clone, Default, Deserialize, Serialize)]
struct PricesForm {
    version: String,
    room_type_id: String,
    from: String,
    until: String,
    price_idr: String,
    #[serde(default)]
    weekend_price_idr: String,
    #[serde(default)]
    closed: bool,
    min_nights: String,
    month: String,
    #[serde(default)]
    mon: bool,
    #[serde(default)]
    tue: bool,
    #[serde(default)]
    wed: bool,
    #[serde(default)]
    thu: bool,
    #[serde(default)]
    fri: bool,
    #[serde(default)]
    sat: bool,
    #[serde(default)]
    sun: bool,
}

/// The names of the boxes for the days of the week, Monday first.
const WEEK: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

impl PricesForm {
    /// An empty form for the rest of a month.
    fn of(first: Date, month: Date) -> Self {
        Self {
            from: first.to_string(),
            until: month.last_of_month().to_string(),
            min_nights: "1".to_owned(),
            ..Self::default()
        }
    }

    /// Which boxes are ticked, Monday first.
    fn ticked(&self) -> [bool; 7] {
        [self.mon, self.tue, self.wed, self.thu, self.fri, self.sat, self.sun]
    }

    /// The days that were ticked, 1 for Monday to 7 for Sunday.
    fn weekdays(&self) -> Vec<i32> {
        (1..).zip(self.ticked()).filter_map(|(day, ticked)| ticked.then_some(day)).collect()
    }

    fn wish(&self) -> Result<Prices> {
        Ok(Prices {
            room_type_id: forms::choice("room_type_id", &self.room_type_id)?,
            from: forms::date("from", &self.from)?,
            to: forms::date("to", &self.until)?.saturating_add(1.day()),
            price_idr: forms::rupiah("price_idr", &self.price_idr)?,
            weekend_price_idr: forms::maybe_rupiah("weekend_price_idr", &self.weekend_price_idr)?,
            closed: self.closed,
            weekdays: self.weekdays(),
            min_nights: forms::whole("min_nights", &self.min_nights)?,
        })
    }
}

async fn set_prices(
    clerk: Clerk,
    visit: Visit,
    Path(plan): Path<Uuid>,
    FormBody(form, key): FormBody<PricesForm>,
) -> Result<Response> {
    let sight = Sight { plan: plan.to_string(), room_type: form.room_type_id.clone(), month: form.month.clone() };
    let step = clerk.step(Permission::RateChange, &key)?;
    let answer = step.land("flash.rates.set", async |tx| {
        let (seen, wish) = (forms::version(&form.version)?, form.wish()?);
        let (room_type, from) = (wish.room_type_id, wish.from);
        super::set_prices(tx, &clerk.tenant, &clerk.actor(), plan, seen, wish).await?;
        let month = form.month.parse::<Date>().unwrap_or(from);
        Ok(format!("/desk/rates?plan={plan}&room_type={room_type}&month={month}"))
    });
    // Who was slower sees the prices the other saved, and their own ready to be saved again.
    or_again(answer.await, async |status, refused| {
        page(&clerk, &visit, &sight, Some(form), status, Some(refused)).await
    })
    .await
}

#[derive(Deserialize)]
struct PlanForm {
    code: String,
    name: String,
    #[serde(default)]
    breakfast: bool,
    free_cancellation_days: String,
    #[serde(default)]
    public: bool,
}

async fn add_plan(clerk: Clerk, visit: Visit, FormBody(form, key): FormBody<PlanForm>) -> Result<Response> {
    let step = clerk.step(Permission::RateChange, &key)?;
    let answer = step.land("flash.saved", async |tx| {
        let wish = NewRatePlan {
            code: form.code,
            name: form.name,
            description: String::new(),
            breakfast: form.breakfast,
            free_cancellation_days: forms::whole("free_cancellation_days", &form.free_cancellation_days)?,
            public: form.public,
            sort: 0,
        };
        super::add_plan(tx, &clerk.tenant, &clerk.actor(), wish).await?;
        Ok("/desk/rates".to_owned())
    });
    let sight = Sight::default();
    or_again(answer.await, async |status, refused| page(&clerk, &visit, &sight, None, status, Some(refused)).await)
        .await
}

impl Page for RatesPage {
    const TEMPLATE: &'static str = "hotel/rates/rates";

    fn sample() -> Self {
        let month = jiff::civil::date(2026, 7, 1);
        let price = |day: i8, closed| DayPrice {
            date: jiff::civil::date(2026, 7, day),
            price: hotelhub_kernel::Rupiah(if day % 7 < 3 { 950_000 } else { 750_000 }),
            closed,
            min_nights: if day == 17 { 2 } else { 1 },
        };
        let prices: Vec<DayPrice> = (1..=28).map(|day| price(day, day == 9)).collect();
        Self {
            plans: vec![Choice::new("1", "Fleksibel dengan sarapan", "1"), Choice::new("2", "Kamar saja", "1")],
            room_types: vec![Choice::new("1", "Deluxe", "1"), Choice::new("2", "Suite", "1")],
            plan: Some(Uuid::from_u128(1)),
            version: 3,
            room_type: "1".to_owned(),
            may_change: true,
            form_key: "sample-key".to_owned(),
            ..Self::of(month, &prices, PricesForm::of(month, month), Lang::Id)
        }
    }
}
