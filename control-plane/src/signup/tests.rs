//! What a hotel may say of itself, and what staff may choose for it.
use hotelhub_kernel::{BadSlug, Rupiah};
use uuid::Uuid;

use super::placing::Unplaced;
use super::{Chosen, Newcomer, Wish, Wrong};
use crate::fleet::clusters::Need;
use crate::plans::{PlacedIn, Plan, Price};

fn wish() -> Wish {
    Wish {
        hotel: " Hotel Melati ".to_owned(),
        owner: "Budi Santoso".to_owned(),
        email: "Budi@Example.ID".to_owned(),
        phone: "+62 812-3456-7890".to_owned(),
        rooms: 42,
        slug: "melati".to_owned(),
        plan: None,
        time_zone: None,
    }
}

#[test]
fn a_hotel_is_read_trimmed_and_in_one_spelling() {
    let newcomer = Newcomer::read(wish()).unwrap();
    assert_eq!(newcomer.hotel, "Hotel Melati");
    assert_eq!(newcomer.email, "budi@example.id");
    assert_eq!(newcomer.phone, "+6281234567890");
    assert_eq!(newcomer.time_zone, "Asia/Jakarta");
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let wish = Wish {
        hotel: " ".to_owned(),
        email: "budi@localhost".to_owned(),
        phone: "call me".to_owned(),
        rooms: 0,
        slug: "www".to_owned(),
        time_zone: Some("Europe/Berlin".to_owned()),
        ..wish()
    };
    let wrongs = Newcomer::read(wish).unwrap_err();
    let expected =
        [Wrong::Hotel, Wrong::Email, Wrong::Phone, Wrong::Rooms, Wrong::Slug(BadSlug::Reserved), Wrong::TimeZone];
    assert_eq!(wrongs, expected);
}

#[test]
fn an_address_that_could_smuggle_a_header_is_no_mail_address() {
    for email in ["a\n@b.id", "a b@c.id", "a@b..id", "@b.id", "a@b", "a@b@c.id", "<a@b.id>", "a,b@c.id"] {
        let wrongs = Newcomer::read(Wish { email: email.to_owned(), ..wish() }).unwrap_err();
        assert_eq!(wrongs, [Wrong::Email], "{email}");
    }
}

#[test]
fn a_hotel_is_placed_as_staff_choose_but_shares_no_database_where_it_is_to_lie_alone() {
    use PlacedIn::{Database, Schema};
    let plan = |placed_in| Plan {
        id: "growth".to_owned(),
        name: "Growth".to_owned(),
        rooms_from: 20,
        rooms_to: Some(49),
        users: None,
        price: Price::PerRoom(Rupiah(50_000)),
        price_id: Uuid::nil(),
        features: Vec::new(),
        placed_in,
    };
    for (says, chosen, among_others, alone) in [
        (Database, None, Ok(Database), Ok(Database)),
        (Database, Some(Database), Ok(Database), Ok(Database)),
        (Database, Some(Schema), Ok(Schema), Err(Unplaced::Alone)),
        (Schema, None, Ok(Schema), Ok(Schema)),
        (Schema, Some(Database), Ok(Database), Ok(Database)),
        (Schema, Some(Schema), Ok(Schema), Ok(Schema)),
    ] {
        let by_staff = Chosen { placed_in: chosen, cluster: None };
        for (need, wanted) in [(Need::Shared, among_others), (Need::Alone, alone)] {
            assert_eq!(by_staff.placed_in(&plan(says), need), wanted, "{says:?}, {chosen:?}, {need:?}");
        }
    }
}
