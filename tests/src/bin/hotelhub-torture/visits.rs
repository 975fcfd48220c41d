//! What people do at a hotel, and how often.
use std::net::Ipv4Addr;

use hotelhub_data_plane::tenancy::Guard;
use hotelhub_tests::{address_of, get, page, post, post_seen};
use serde_json::json;

use crate::dice::Dice;
use crate::guesthouse::Guesthouse;
use crate::town::{PASSWORD, Town, email_of_owner};
use crate::visit::{Visit, Worth};

/// Where the guest comes from whose answer another hotel was given a copy of.
pub(crate) const HEIR: Ipv4Addr = Ipv4Addr::new(127, 9, 9, 9);

/// The key under which it was given.
pub(crate) const INHERITED: &str = "inherited-answer";

/// Days ahead that are booked.
const HORIZON: u32 = 300;

/// Who goes where.
pub(crate) struct Scene<'a> {
    pub(crate) town: &'a Town,
    /// The place of the hotel in the town.
    pub(crate) place: usize,
    pub(crate) dice: &'a Dice,
    /// Counts up over all visits.
    pub(crate) number: u64,
}

type Idea = fn(&Scene<'_>) -> Option<Visit>;

/// How often, of a hundred visits, each is made.
const IDEAS: [(u32, Idea); 19] = [
    (12, look_at_hotel),
    (14, search),
    (8, search_as_staff),
    (5, open_public_page),
    (5, open_desk),
    (13, list),
    (12, book),
    (7, read_booking),
    (3, read_reservation),
    (2, read_folio),
    (4, hold),
    (4, confirm),
    (2, cancel),
    (2, repeat_booking),
    (1, sign_in),
    (2, ask_for_another_hotels),
    (2, come_with_another_hotels_session),
    (1, inherit_an_answer),
    (1, look_for_nobody),
];

/// The next visit.
pub(crate) fn next(scene: &Scene<'_>) -> Visit {
    let mut throw = scene.dice.below(IDEAS.iter().map(|(often, _)| often).sum());
    let idea = IDEAS.iter().find_map(|(often, idea)| match throw.checked_sub(*often) {
        Some(rest) => {
            throw = rest;
            None
        }
        None => Some(idea),
    });
    idea.and_then(|idea| idea(scene)).unwrap_or_else(|| visit_hotel(scene.hotel()))
}

impl<'a> Scene<'a> {
    /// The hotel.
    pub(crate) fn hotel(&self) -> &'a Guesthouse {
        &self.town.hotels[self.place]
    }

    /// The hotel whose session and answer this one was given copies of.
    fn neighbour(&self) -> &'a Guesthouse {
        let hotels = &self.town.hotels;
        &hotels[(self.place + hotels.len() - 1) % hotels.len()]
    }

    fn read(&self, name: &'static str, path: &str) -> Visit {
        let door = &self.hotel().door;
        Visit::asking(name, get(&door.host, path, Some(&door.cookie)))
    }

    fn stay(&self) -> (i32, i32) {
        let number = |below| i32::try_from(self.dice.below(below)).unwrap_or_default();
        (number(HORIZON), 1 + number(3))
    }

    fn availability(&self) -> String {
        let (ahead, nights) = self.stay();
        let room = self.hotel().stock.room(0, ahead, nights);
        let day = |name: &str| room[name].as_str().unwrap_or_default().to_owned();
        format!("arrival={}&departure={}", day("arrival"), day("departure"))
    }
}

pub(crate) fn visit_hotel(hotel: &Guesthouse) -> Visit {
    let asked = get(&hotel.door.host, "/api/v1/public/property", None);
    Visit { shows: Some(hotel.mark.clone()), ..Visit::asking("look at the hotel", asked) }
}

/// The owner's rooms.
pub(crate) fn list_rooms(hotel: &Guesthouse) -> Visit {
    let asked = get(&hotel.door.host, "/api/v1/rooms?limit=20", Some(&hotel.door.cookie));
    Visit { shows: Some(hotel.mark.clone()), ..Visit::asking("list the rooms", asked) }
}

fn look_at_hotel(scene: &Scene<'_>) -> Option<Visit> {
    Some(visit_hotel(scene.hotel()))
}

fn search(scene: &Scene<'_>) -> Option<Visit> {
    let hotel = scene.hotel();
    let path = format!("/api/v1/availability?{}", scene.availability());
    let shows = Some(hotel.stock.rate_plan.clone());
    let search = Visit::asking("search", get(&hotel.door.host, &path, None));
    Some(Visit { shows, tries: Some(Guard::OwnCalendar), ..search })
}

fn search_as_staff(scene: &Scene<'_>) -> Option<Visit> {
    let shows = Some(scene.hotel().stock.rate_plan.clone());
    let path = format!("/api/v1/availability?{}", scene.availability());
    Some(Visit { shows, tries: Some(Guard::OwnCalendar), ..scene.read("search as staff", &path) })
}

fn open_public_page(scene: &Scene<'_>) -> Option<Visit> {
    let offers = format!("/book?{}", scene.availability());
    let path = *scene.dice.pick(&["/", "/login", offers.as_str()])?;
    let hotel = scene.hotel();
    let (shows, tries) = (Some(hotel.mark.clone()), (path == offers).then_some(Guard::OwnCalendar));
    Some(Visit { shows, tries, ..Visit::asking("open a public page", page(&hotel.door.host, path, None)) })
}

fn open_desk(scene: &Scene<'_>) -> Option<Visit> {
    let pages =
        ["/desk", "/desk/reservations", "/desk/tape", "/desk/rooms", "/desk/rates", "/audit", "/team", "/account"];
    let (path, hotel) = (scene.dice.pick(&pages)?, scene.hotel());
    let shows = Some(hotel.mark.clone());
    Some(Visit { shows, ..Visit::asking("open the desk", page(&hotel.door.host, path, Some(&hotel.door.cookie))) })
}

fn list(scene: &Scene<'_>) -> Option<Visit> {
    let lists = [
        "/api/v1/session",
        "/api/v1/sessions",
        "/api/v1/guests?limit=20",
        "/api/v1/reservations?limit=20",
        "/api/v1/rooms?limit=20",
        "/api/v1/room-types",
        "/api/v1/rate-plans",
        "/api/v1/property",
        "/api/v1/front-desk",
        "/api/v1/users",
        "/api/v1/audit?limit=20",
    ];
    Some(scene.read("list", scene.dice.pick(&lists)?))
}

fn book(scene: &Scene<'_>) -> Option<Visit> {
    Some(booking(scene.hotel(), scene.number, scene.dice))
}

/// The desk books a room for the guest of this number.
pub(crate) fn booking(hotel: &Guesthouse, number: u64, dice: &Dice) -> Visit {
    let guest = format!("Tamu {} {number}", hotel.mark);
    let number = |below| i32::try_from(dice.below(below)).unwrap_or_default();
    let room = hotel.stock.room(dice.place_in(hotel.stock.room_types.len()), number(HORIZON), 1 + number(3));
    let mut booking = hotel.stock.booking(&guest, room);
    booking["notes"] = json!(format!("kamar tenang, {}", hotel.mark));
    let request = hotel.door.booking(&guest.replace(' ', "-"), &booking);
    Visit {
        right: &[201, 409],
        is_business: true,
        shows: Some(guest.clone()),
        worth: Worth::Booking(guest),
        ..Visit::asking("book", request)
    }
}

fn read_booking(scene: &Scene<'_>) -> Option<Visit> {
    let booked = scene.hotel().some_booking(scene.dice)?;
    let visit = scene.read("read a booking", &format!("/api/v1/bookings/{}", booked.id));
    Some(Visit { shows: Some(booked.guest), ..visit })
}

fn read_reservation(scene: &Scene<'_>) -> Option<Visit> {
    let (booked, door) = (scene.hotel().some_booking(scene.dice)?, &scene.hotel().door);
    let asked = page(&door.host, &format!("/desk/reservations/{}", booked.reservation), Some(&door.cookie));
    Some(Visit { shows: Some(booked.guest), ..Visit::asking("open a reservation", asked) })
}

fn read_folio(scene: &Scene<'_>) -> Option<Visit> {
    let booked = scene.hotel().some_booking(scene.dice)?;
    let folio = booked.folio?;
    let visit = scene.read("read a folio", &format!("/api/v1/folios/{folio}"));
    // That of a stay that was given up is taken away.
    Some(Visit { right: &[200, 404], shows: Some(booked.guest), ..visit })
}

fn hold(scene: &Scene<'_>) -> Option<Visit> {
    let (hotel, (ahead, nights)) = (scene.hotel(), scene.stay());
    let (key, room) = (format!("hold-{:08}", scene.number), hotel.stock.room(1, ahead, nights));
    let asked = post(&hotel.door.host, "/api/v1/public/holds", &key, None, &room.to_string());
    Some(Visit {
        right: &[201, 409, 429],
        is_business: true,
        worth: Worth::Hold,
        ..Visit::asking("hold a room", asked)
    })
}

fn confirm(scene: &Scene<'_>) -> Option<Visit> {
    let hotel = scene.hotel();
    let (held, name) = (hotel.some_hold()?, format!("Tamu {} daring {}", hotel.mark, scene.number));
    let body = json!({ "token": held.token, "guest": { "name": name, "email": address_of(&name) } });
    let (path, key) = (format!("/api/v1/public/holds/{}/confirm", held.id), format!("confirm-{:08}", scene.number));
    let asked = post(&hotel.door.host, &path, &key, None, &body.to_string());
    Some(Visit {
        right: &[200, 409, 429],
        is_business: true,
        shows: Some(name),
        ..Visit::asking("confirm a hold", asked)
    })
}

fn cancel(scene: &Scene<'_>) -> Option<Visit> {
    let (booked, door) = (scene.hotel().some_booking(scene.dice)?, &scene.hotel().door);
    let (path, key) =
        (format!("/api/v1/reservations/{}/cancel", booked.reservation), format!("cancel-{:08}", scene.number));
    let body = json!({ "reason": format!("batal, {}", scene.hotel().mark) }).to_string();
    let asked = post_seen(&door.host, &path, &key, 1, &door.cookie, &body);
    Some(Visit { right: &[200, 409, 412], shows: Some(booked.guest), ..Visit::asking("cancel", asked) })
}

fn repeat_booking(scene: &Scene<'_>) -> Option<Visit> {
    let booked = scene.hotel().some_booking(scene.dice)?;
    Some(Visit { right: &[201], shows: Some(booked.id), ..Visit::asking("book the same again", booked.request) })
}

fn sign_in(scene: &Scene<'_>) -> Option<Visit> {
    let hotel = scene.hotel();
    let proof = json!({ "email": email_of_owner(&hotel.mark), "password": PASSWORD }).to_string();
    let asked = post(&hotel.door.host, "/api/v1/session", "unused-key", None, &proof);
    // Who hangs up is not forgiven the try.
    Some(Visit { right: &[200, 429], shows: Some(hotel.mark.clone()), ..Visit::asking("sign in", asked) })
}

fn ask_for_another_hotels(scene: &Scene<'_>) -> Option<Visit> {
    let theirs = scene.neighbour().some_booking(scene.dice)?;
    let (path, asked) = match scene.dice.one_in(2) {
        true => (format!("/api/v1/bookings/{}", theirs.id), theirs.id),
        false => (format!("/api/v1/reservations/{}", theirs.reservation), theirs.reservation),
    };
    Some(Visit { right: &[404], asked: Some(asked), ..scene.read("ask for another hotel's booking", &path) })
}

/// Its row lies in this hotel's table too, as in a database that was restored from a copy of the other's.
fn come_with_another_hotels_session(scene: &Scene<'_>) -> Option<Visit> {
    let asked = get(&scene.hotel().door.host, "/api/v1/session", Some(&scene.neighbour().door.cookie));
    Some(Visit {
        right: &[401],
        asks_database: false,
        tries: Some(Guard::SessionKey),
        ..Visit::asking("come with another hotel's session", asked)
    })
}

/// The answer lies in this hotel's table too, and cannot be opened: the request is answered as what cannot be.
fn inherit_an_answer(scene: &Scene<'_>) -> Option<Visit> {
    let asked = inherited(scene.hotel(), scene.neighbour());
    let theirs = scene.neighbour().stock.room_types.first().cloned();
    Some(Visit {
        right: &[500, 429],
        asked: theirs,
        tries: Some(Guard::SealingKey),
        from: Some(HEIR),
        ..Visit::asking("inherit an answer", asked)
    })
}

/// The request at `hotel` whose answer was kept for the other.
pub(crate) fn inherited(hotel: &Guesthouse, from: &Guesthouse) -> Vec<u8> {
    post(&hotel.door.host, "/api/v1/public/holds", INHERITED, None, &from.stock.room(0, 1, 1).to_string())
}

fn look_for_nobody(scene: &Scene<'_>) -> Option<Visit> {
    let host = format!("nobody.{}", scene.hotel().door.host.split_once('.')?.1);
    let asked = get(&host, "/api/v1/public/property", None);
    Some(Visit { right: &[404], asks_database: false, ..Visit::asking("look for nobody", asked) })
}
