//! `/desk/rooms`: room types, their rooms, how clean they are.
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use hotelhub_identity::Permission;
use hotelhub_web::{FormBody, Page, Refused, Result, Visit};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Housekeeping, NewRoomType, NewRooms, Room, RoomChange, RoomType, Service};
use crate::hotel::fields::wrong;
use crate::hotel::forms::Choice;
use crate::hotel::step::{Clerk, Step, or_again};
use crate::hotel::{forms, properties, shell};
use crate::node::Node;
use crate::tenancy::Session;

/// The pages of this capability.
pub fn pages() -> Router<Node> {
    Router::new()
        .route("/desk/rooms", get(show).post(add_rooms))
        .route("/desk/room-types", post(add_type))
        .route("/desk/rooms/{id}", post(change))
        .merge(super::types::pages())
}

/// The page.
#[derive(Serialize)]
pub(crate) struct RoomsPage {
    types: Vec<TypeCard>,
    choices: Vec<Choice>,
    /// Types that are no longer sold.
    archived: Vec<Choice>,
    may_change: bool,
    may_clean: bool,
    form_key: String,
    refused: Option<Refused>,
}

/// A room type and its rooms.
#[derive(Serialize)]
struct TypeCard {
    id: Uuid,
    name: String,
    code: String,
    count: i64,
    sleeps: String,
    rooms: Vec<Tile>,
}

/// A room.
#[derive(Serialize)]
struct Tile {
    id: Uuid,
    version: i32,
    number: String,
    housekeeping: &'static str,
    cleaning: Vec<Choice>,
    service: Vec<Choice>,
}

const CLEANING: [Housekeeping; 4] =
    [Housekeeping::Dirty, Housekeeping::Pickup, Housekeeping::Clean, Housekeeping::Inspected];
const SERVICE: [Service; 3] = [Service::Ok, Service::Oos, Service::Ooo];

/// All rooms of a house: more than any hotel has.
const ALL: usize = 5_000;

impl Tile {
    fn of(room: &Room) -> Self {
        let (housekeeping, service) = (room.housekeeping.as_str(), room.service.as_str());
        Self {
            id: room.id,
            version: room.version,
            number: room.number.clone(),
            housekeeping,
            cleaning: CLEANING.map(|is| Choice::new(is.as_str(), format!("room.{}", is.as_str()), housekeeping)).into(),
            service: SERVICE.map(|is| Choice::new(is.as_str(), format!("room.{}", is.as_str()), service)).into(),
        }
    }
}

impl TypeCard {
    fn of(of: &RoomType, rooms: &[Room]) -> Self {
        Self {
            id: of.id,
            name: of.name.clone(),
            code: of.code.clone(),
            count: of.rooms,
            sleeps: format!("{} + {}", of.max_adults, of.max_children),
            rooms: rooms.iter().filter(|room| room.room_type_id == of.id).map(Tile::of).collect(),
        }
    }
}

async fn show(clerk: Clerk, visit: Visit) -> Result<Response> {
    page(&clerk, &visit, StatusCode::OK, None).await
}

async fn page(clerk: &Clerk, visit: &Visit, status: StatusCode, refused: Option<Refused>) -> Result<Response> {
    let Clerk { tenant, staff } = clerk;
    staff.may(Permission::RoomRead)?;
    let db = tenant.connect().await?;
    let property = properties::the_one(&db).await?;
    let types = super::types_of_house(&db, None, ALL).await?;
    let rooms = super::of_house(&db, None, ALL).await?;
    let (archived, types): (Vec<_>, Vec<_>) = types.into_iter().partition(|of| of.archived);
    let choice = |of: &RoomType| Choice::new(of.id, of.name.clone(), "");
    let shell = shell::of(&property, tenant, staff, visit, "nav.rooms");
    let page = RoomsPage {
        choices: types.iter().map(choice).collect(),
        archived: archived.iter().map(choice).collect(),
        types: types.iter().map(|of| TypeCard::of(of, &rooms)).collect(),
        may_change: staff.can(Permission::RoomChange),
        may_clean: staff.can(Permission::HousekeepingUpdate),
        form_key: forms::key(tenant),
        refused,
    };
    forms::shown(tenant, status, &shell, &page)
}

/// Does what a form asks and leads back to the rooms, or shows them with what was wrong.
async fn saved(
    (clerk, visit): (&Clerk, &Visit),
    step: Step<'_>,
    act: impl AsyncFnOnce(&Session) -> Result<()>,
) -> Result<Response> {
    let answer = step.land("flash.saved", async |tx| act(tx).await.map(|()| "/desk/rooms".to_owned()));
    or_again(answer.await, async |status, refused| page(clerk, visit, status, Some(refused)).await).await
}

#[derive(Deserialize)]
struct TypeForm {
    code: String,
    name: String,
    #[serde(default)]
    description: String,
    max_adults: String,
    max_children: String,
}

async fn add_type(clerk: Clerk, visit: Visit, FormBody(form, key): FormBody<TypeForm>) -> Result<Response> {
    let step = clerk.step(Permission::RoomChange, &key)?;
    saved((&clerk, &visit), step, async |tx| {
        let wish = NewRoomType {
            code: form.code,
            name: form.name,
            description: form.description,
            max_adults: forms::whole("max_adults", &form.max_adults)?,
            max_children: forms::whole("max_children", &form.max_children)?,
            sort: 0,
        };
        super::add_type(tx, &clerk.tenant, &clerk.actor(), wish).await.map(drop)
    })
    .await
}

#[derive(Deserialize)]
struct RoomsForm {
    room_type_id: String,
    #[serde(default)]
    floor: String,
    numbers: String,
}

async fn add_rooms(clerk: Clerk, visit: Visit, FormBody(form, key): FormBody<RoomsForm>) -> Result<Response> {
    let step = clerk.step(Permission::RoomChange, &key)?;
    saved((&clerk, &visit), step, async |tx| {
        let wish = NewRooms {
            room_type_id: forms::choice("room_type_id", &form.room_type_id)?,
            floor: form.floor,
            numbers: numbers(&form.numbers)?,
        };
        super::add(tx, &clerk.tenant, &clerk.actor(), wish).await.map(drop)
    })
    .await
}

/// `101-105, 201, VIP` → 101, 102, 103, 104, 105, 201, VIP.
fn numbers(text: &str) -> Result<Vec<String>> {
    let mut all = Vec::new();
    for part in text.split([',', ' ', '\n']).map(str::trim).filter(|part| !part.is_empty()) {
        let ends = part.split_once('-').and_then(|(a, b)| Some((a.parse::<u32>().ok()?, b.parse::<u32>().ok()?)));
        match ends {
            Some((first, last)) if first <= last && last - first < 500 => {
                all.extend((first..=last).map(|n| n.to_string()))
            }
            Some(_) => return Err(wrong("numbers", "numbers like 101-120, 201")),
            None => all.push(part.to_owned()),
        }
    }
    Ok(all)
}

#[derive(Deserialize)]
struct ChangeForm {
    version: String,
    housekeeping: Option<Housekeeping>,
    service: Option<Service>,
}

async fn change(
    clerk: Clerk,
    visit: Visit,
    Path(id): Path<Uuid>,
    FormBody(form, key): FormBody<ChangeForm>,
) -> Result<Response> {
    let wish = RoomChange { housekeeping: form.housekeeping, service: form.service, ..RoomChange::default() };
    wish.permissions().try_for_each(|permission| clerk.staff.may(permission))?;
    let step = Step::of(&clerk.tenant, clerk.staff.scope(), &key);
    saved((&clerk, &visit), step, async |tx| {
        let seen = forms::version(&form.version)?;
        super::amend(tx, &clerk.tenant, &clerk.actor(), id, seen, wish).await.map(drop)
    })
    .await
}

impl Page for RoomsPage {
    const TEMPLATE: &'static str = "hotel/rooms/rooms";

    fn sample() -> Self {
        let room = |n: u128, housekeeping, service| Room {
            id: Uuid::from_u128(n),
            number: (200 + n).to_string(),
            floor: "2".to_owned(),
            room_type_id: Uuid::from_u128(1),
            housekeeping,
            service,
            version: 1,
        };
        let rooms = [
            room(1, Housekeeping::Inspected, Service::Ok),
            room(2, Housekeeping::Dirty, Service::Ok),
            room(3, Housekeeping::Clean, Service::Oos),
            room(4, Housekeeping::Pickup, Service::Ooo),
        ];
        let deluxe = RoomType {
            id: Uuid::from_u128(1),
            code: "DLX".to_owned(),
            name: "Deluxe".to_owned(),
            description: String::new(),
            max_adults: 2,
            max_children: 1,
            sort: 1,
            rooms: 4,
            archived: false,
            version: 1,
        };
        Self {
            types: vec![TypeCard::of(&deluxe, &rooms)],
            choices: vec![Choice::new("1", "Deluxe", "1")],
            archived: vec![Choice::new("2", "Bungalow", "")],
            may_change: true,
            may_clean: true,
            form_key: "sample-key".to_owned(),
            refused: None,
        }
    }
}
