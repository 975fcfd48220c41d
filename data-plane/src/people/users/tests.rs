//! Who may change whose account.
use hotelhub_identity::HotelRole::{FrontOffice, Hr, Manager, Owner};
use jiff::Timestamp;
use uuid::Uuid;

use super::model::{fits_plan, may_add, may_change};
use super::{Account, Changed, Lang, Newcomer, Refusal, Status};
use crate::people::model::Email;
use hotelhub_identity::HotelRole;

fn account(id: u128, roles: &[HotelRole]) -> Account {
    let email = Email::parse("Wayan@Melati.id ").unwrap();
    let new = Newcomer { email, name: "Wayan".into(), phone: String::new(), lang: Lang::Id, roles: roles.to_vec() };
    Account::fresh(Uuid::from_u128(id), new, Timestamp::UNIX_EPOCH)
}

#[test]
fn only_an_owner_makes_an_owner_and_nobody_is_without_a_role() {
    assert_eq!(may_add(&[Hr], &[FrontOffice]), Ok(()));
    assert_eq!(may_add(&[Hr], &[Owner]), Err(Refusal::OwnersOnly));
    assert_eq!(may_add(&[Owner], &[Owner, Manager]), Ok(()));
    assert_eq!(may_add(&[Owner], &[]), Err(Refusal::NoRoles));
}

#[test]
fn the_last_owner_stays() {
    let (ratna, wayan) = (account(1, &[Owner]), account(2, &[Owner]));
    let dismissed = Changed { roles: vec![Manager], ..Changed::of(&wayan) };
    let switched_off = Changed { status: Status::Disabled, ..Changed::of(&wayan) };
    let by_ratna = (ratna.id, &[Owner][..]);
    assert_eq!(may_change(by_ratna, &wayan, &dismissed, &[ratna.id, wayan.id]), Ok(()));
    assert_eq!(may_change(by_ratna, &wayan, &dismissed, &[wayan.id]), Err(Refusal::LastOwner));
    assert_eq!(may_change(by_ratna, &wayan, &switched_off, &[wayan.id]), Err(Refusal::LastOwner));
}

#[test]
fn nobody_raises_themselves_and_nobody_but_an_owner_touches_one() {
    let (hr, owner) = (account(1, &[Hr]), account(2, &[Owner]));
    let raised = Changed { roles: vec![Hr, Manager], ..Changed::of(&hr) };
    let renamed = Changed { name: "Made".into(), ..Changed::of(&hr) };
    assert_eq!(may_change((hr.id, &[Hr]), &hr, &raised, &[owner.id]), Err(Refusal::OwnAccount));
    assert_eq!(may_change((hr.id, &[Hr]), &hr, &renamed, &[owner.id]), Ok(()));
    let renamed = Changed { name: "Made".into(), ..Changed::of(&owner) };
    assert_eq!(may_change((hr.id, &[Hr]), &owner, &renamed, &[owner.id]), Err(Refusal::OwnersOnly));
}

#[test]
fn a_plan_covers_so_many_people() {
    assert_eq!(fits_plan(4, Some(5)), Ok(()));
    assert_eq!(fits_plan(5, Some(5)), Err(Refusal::TooMany(5)));
    assert_eq!(fits_plan(500, None), Ok(()));
}

#[test]
fn a_mail_address_is_read_as_people_type_it_and_refused_when_it_is_none() {
    assert_eq!(Email::parse(" Ratna@Melati.ID ").unwrap().as_str(), "ratna@melati.id");
    for wrong in
        ["", "ratna", "@melati.id", "ratna@", "a b@melati.id", "a@b@c", "a@melati.id\r\nbcc: x@y", "a@.id", "<a@b>"]
    {
        assert_eq!(Email::parse(wrong), None, "{wrong}");
    }
}
