//! The rules of the desk.
use jiff::civil::{Date, date};
use uuid::Uuid;

use super::{Label, Refusal, fits, is_ready, label, leaves_on, nights_to_place, occupancy_bp};
use crate::hotel::reservations::{Action, Status, Stay};
use crate::hotel::rooms::{Housekeeping, Room, Service};

const MONDAY: Date = date(2026, 7, 6);
const TUESDAY: Date = date(2026, 7, 7);
const WEDNESDAY: Date = date(2026, 7, 8);
const THURSDAY: Date = date(2026, 7, 9);

fn stay(arrival: Date, departure: Date) -> Stay {
    Stay::new(arrival, departure).unwrap()
}

fn room(housekeeping: Housekeeping, service: Service) -> Room {
    Room {
        id: Uuid::from_u128(1),
        number: "204".into(),
        floor: "2".into(),
        room_type_id: Uuid::from_u128(10),
        housekeeping,
        service,
        version: 1,
    }
}

#[test]
fn the_desk_names_stays_by_the_hotels_own_day() {
    let nights = stay(TUESDAY, THURSDAY);
    assert_eq!(label(Status::Confirmed, nights, MONDAY), None);
    assert_eq!(label(Status::Confirmed, nights, TUESDAY), Some(Label::DueIn));
    assert_eq!(label(Status::Confirmed, nights, WEDNESDAY), Some(Label::DueIn));
    assert_eq!(label(Status::InHouse, nights, TUESDAY), Some(Label::StayOver));
    assert_eq!(label(Status::InHouse, nights, WEDNESDAY), Some(Label::StayOver));
    assert_eq!(label(Status::InHouse, nights, THURSDAY), Some(Label::DueOut));
    assert_eq!(label(Status::InHouse, nights, date(2026, 7, 10)), Some(Label::Overstay));
    assert_eq!(label(Status::CheckedOut, nights, THURSDAY), None);
    assert_eq!(label(Status::Hold, nights, TUESDAY), None);
}

#[test]
fn who_leaves_early_owes_the_nights_slept_and_the_first_in_any_case() {
    let nights = stay(MONDAY, THURSDAY);
    assert_eq!(leaves_on(nights, MONDAY), TUESDAY);
    assert_eq!(leaves_on(nights, TUESDAY), TUESDAY);
    assert_eq!(leaves_on(nights, WEDNESDAY), WEDNESDAY);
    assert_eq!(leaves_on(nights, THURSDAY), THURSDAY);
    assert_eq!(leaves_on(nights, date(2026, 7, 20)), THURSDAY);
}

#[test]
fn a_room_is_given_for_nights_still_to_come() {
    let nights = stay(MONDAY, THURSDAY);
    assert_eq!(nights_to_place(Status::Confirmed, nights, MONDAY, None), Ok(nights));
    assert_eq!(nights_to_place(Status::Confirmed, nights, TUESDAY, None), Ok(stay(TUESDAY, THURSDAY)));
    assert_eq!(nights_to_place(Status::InHouse, nights, TUESDAY, None), Ok(stay(TUESDAY, THURSDAY)));
    assert_eq!(nights_to_place(Status::InHouse, nights, TUESDAY, Some(WEDNESDAY)), Ok(stay(WEDNESDAY, THURSDAY)));
    let outside = Refusal::OutsideStay { earliest: TUESDAY, departure: THURSDAY };
    assert_eq!(nights_to_place(Status::InHouse, nights, TUESDAY, Some(MONDAY)), Err(outside.clone()));
    assert_eq!(nights_to_place(Status::InHouse, nights, TUESDAY, Some(THURSDAY)), Err(outside));
    let ended = Refusal::NotAllowed { action: Action::AssignRoom, status: Status::Cancelled };
    assert_eq!(nights_to_place(Status::Cancelled, nights, MONDAY, None), Err(ended));
}

#[test]
fn a_room_of_another_type_is_given_only_by_who_may_amend() {
    let (booked, other) = (Uuid::from_u128(10), Uuid::from_u128(11));
    let clean = |service| room(Housekeeping::Clean, service);
    assert_eq!(fits(&clean(Service::Ok), booked, false), Ok(()));
    assert_eq!(fits(&clean(Service::Ok), other, true), Ok(()));
    assert_eq!(fits(&clean(Service::Ok), other, false), Err(Refusal::OtherType("204".into())));
    assert_eq!(fits(&clean(Service::Oos), booked, false), Ok(()));
    assert_eq!(fits(&clean(Service::Ooo), booked, true), Err(Refusal::OutOfOrder("204".into())));
}

#[test]
fn a_dirty_room_is_handed_out_only_when_the_guest_takes_it_as_it_is() {
    use Housekeeping::{Clean, Dirty, Inspected, Pickup};
    for (housekeeping, ready) in [(Dirty, false), (Pickup, false), (Clean, true), (Inspected, true)] {
        let room = room(housekeeping, Service::Ok);
        assert_eq!(is_ready(&room, false).is_ok(), ready, "{housekeeping:?}");
        assert_eq!(is_ready(&room, true), Ok(()), "{housekeeping:?}");
    }
}

#[test]
fn occupancy_is_rounded_half_up_and_of_no_rooms_nothing() {
    assert_eq!(occupancy_bp(0, 42), 0);
    assert_eq!(occupancy_bp(42, 42), 10_000);
    assert_eq!(occupancy_bp(1, 3), 3_333);
    assert_eq!(occupancy_bp(2, 3), 6_667);
    assert_eq!(occupancy_bp(1, 0), 0);
}
