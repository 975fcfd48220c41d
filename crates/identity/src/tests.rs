//! The rules of passwords, tokens, second factors and roles.
use hotelhub_kernel::{Entropy, Key};
use jiff::{SignedDuration, Timestamp};

use crate::{
    HotelRole, LinkToken, Password, PasswordHash, Permission, RecoveryCodes, SessionToken, StaffPermission, StaffRole,
    Totp, WeakPassword,
};

#[test]
fn a_password_is_refused_for_the_reason_that_it_is_weak() {
    let about = ["wayan@melati.id", "Wayan Suarti"];
    let cases = [
        ("kopi-pagi", WeakPassword::Short),
        ("wayan@melati.id", WeakPassword::Personal),
        ("WAYAN SUARTI", WeakPassword::Personal),
        ("wayansuarti1!", WeakPassword::Personal),
        ("Rahasia123", WeakPassword::Common),
        ("aaaaaaaaaaaa", WeakPassword::Common),
    ];
    for (text, why) in cases {
        assert_eq!(Password::suits(text, &about), Err(why), "{text}");
    }
    assert_eq!(Password::suits(&"x1".repeat(200), &about), Err(WeakPassword::Long));
    assert_eq!(Password::suits("kopi tubruk di teras", &about), Ok(()));
    assert_eq!(Password::suits("wayan minum kopi tubruk", &about), Ok(()));
}

#[test]
fn a_password_opens_only_what_it_locked() {
    let entropy = Entropy::seeded(1);
    let hash = Password::hash("kopi tubruk di teras", &entropy).unwrap();
    assert!(hash.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.as_str());
    assert!(Password::matches("kopi tubruk di teras", &hash));
    assert!(!Password::matches("kopi tubruk di Teras", &hash));
    assert!(!Password::matches("kopi tubruk di teras", &PasswordHash::kept("nonsense".into())));
    for text in ["kopi tubruk di teras", &"x1".repeat(200)] {
        assert!(!Password::pretend(text));
    }
    assert!(!Password::matches(&"x1".repeat(200), &hash));
    assert_ne!(hash, Password::hash("kopi tubruk di teras", &entropy).unwrap());
    assert_eq!(format!("{hash:?}"), "PasswordHash([redacted])");
    assert_eq!(Password::suits(&Password::invent(&entropy), &[]), Ok(()));
}

#[test]
fn a_session_token_is_worth_nothing_under_another_key_or_with_a_bit_turned() {
    let entropy = Entropy::seeded(2);
    let (melati, kenanga) = (Key::new([1; 32]), Key::new([2; 32]));
    let token = SessionToken::mint(&melati, &entropy);
    let cookie = token.as_cookie();
    assert_eq!(cookie.len(), 64);
    let back = SessionToken::read(&melati, &cookie).unwrap();
    assert_eq!(back.hash(), token.hash());
    assert_eq!(SessionToken::read(&kenanga, &cookie), None);
    for place in 0..cookie.len() {
        let mut bent = cookie.clone().into_bytes();
        bent[place] = if bent[place] == b'A' { b'B' } else { b'A' };
        assert_eq!(SessionToken::read(&melati, std::str::from_utf8(&bent).unwrap()), None, "{place}");
    }
    for wrong in ["", "x", "🌺", &cookie[..60], &format!("{cookie}AAAA"), &format!("{cookie}=")] {
        assert_eq!(SessionToken::read(&melati, wrong), None, "{wrong}");
    }
}

#[test]
fn a_link_token_survives_its_trip_through_a_letter() {
    let token = LinkToken::mint(&Entropy::seeded(3));
    assert_eq!(LinkToken::read(&token.as_text()).unwrap().hash(), token.hash());
    assert_eq!(LinkToken::read("melati"), None);
}

#[test]
fn the_second_factor_computes_the_codes_of_rfc_6238() {
    let totp = Totp::kept(b"12345678901234567890").unwrap();
    for (second, code) in [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")] {
        assert_eq!(totp.code_at(Timestamp::from_second(second).unwrap()), code);
    }
    assert_eq!(totp.expose_base32(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    assert_eq!(Totp::kept(b"short"), None);
}

#[test]
fn a_code_works_a_step_early_or_late_and_never_twice() {
    let totp = Totp::new(&Entropy::seeded(4));
    let now = Timestamp::from_second(1_800_000_010).unwrap();
    let code = totp.code_at(now);
    let step = 1_800_000_010 / 30;
    assert_eq!(totp.accepts(&code, now, None), Some(step));
    assert_eq!(totp.accepts(&format!("{} {}", &code[..3], &code[3..]), now, None), Some(step));
    assert_eq!(totp.accepts(&code, now + SignedDuration::from_secs(30), None), Some(step));
    assert_eq!(totp.accepts(&code, now - SignedDuration::from_secs(30), None), Some(step));
    assert_eq!(totp.accepts(&code, now + SignedDuration::from_secs(60), None), None);
    assert_eq!(totp.accepts(&code, now, Some(step)), None);
    assert_eq!(totp.accepts(&totp.code_at(now - SignedDuration::from_secs(30)), now, Some(step)), None);
    for wrong in ["", "12345", "1234567", "abcdef", "１２３４５６"] {
        assert_eq!(totp.accepts(wrong, now, None), None, "{wrong}");
    }
}

#[test]
fn an_app_reads_the_second_factor_from_an_address_or_a_picture() {
    let totp = Totp::kept(b"12345678901234567890").unwrap();
    assert_eq!(
        totp.uri("Hotel: Melati", "wayan@melati.id"),
        "otpauth://totp/Hotel%20%20Melati:wayan%40melati.id?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Hotel%20%20Melati"
    );
    let svg = totp.qr_svg("Hotel Melati", "wayan@melati.id").unwrap();
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>") && !svg.contains("style"), "{svg}");
}

#[test]
fn recovery_codes_are_ten_and_read_as_people_type_them() {
    let codes = RecoveryCodes::mint(&Entropy::seeded(5));
    assert_eq!((codes.expose().len(), codes.hashes().len()), (10, 10));
    let first = &codes.expose()[0];
    assert_eq!(first.len(), 19);
    let typed = first.replace('-', " ").to_uppercase().replace('0', "O").replace('1', "l");
    assert_eq!(RecoveryCodes::hash(&typed), Some(codes.hashes()[0]));
    assert_eq!(RecoveryCodes::hash("1234"), None);
    assert_eq!(RecoveryCodes::hash(&format!("{first}a")), None);
}

#[test]
fn roles_give_what_the_position_needs_and_no_more() {
    let may = |role: HotelRole, permission| role.permissions().contains(permission);
    for permission in Permission::ALL {
        assert!(may(HotelRole::Owner, permission));
        assert_eq!(may(HotelRole::ReadOnlyAuditor, permission), permission.as_str().ends_with(".read"));
    }
    assert!(!may(HotelRole::Manager, Permission::UserManage));
    let leaves = |role: &HotelRole| may(*role, Permission::DataExport);
    assert!(HotelRole::ALL.iter().filter(|role| leaves(role)).eq([&HotelRole::Owner]), "the owner's alone");
    assert!(!may(HotelRole::FrontOffice, Permission::FolioReverse));
    assert!(!may(HotelRole::Housekeeping, Permission::GuestRead));
    let both = HotelRole::union(&[HotelRole::Housekeeping, HotelRole::Hr]);
    let names: Vec<_> = both.iter().map(Permission::as_str).collect();
    assert_eq!(names, ["room.read", "housekeeping.update", "user.manage"]);
    for role in HotelRole::ALL {
        assert_eq!(HotelRole::parse(role.as_str()), Some(role));
    }
    assert_eq!(HotelRole::parse("root"), None);
}

#[test]
fn only_the_super_admin_hires_staff() {
    for role in StaffRole::ALL {
        assert_eq!(role.may(StaffPermission::StaffManage), role == StaffRole::SuperAdmin);
        assert!(role.may(StaffPermission::TenantRead));
        assert_eq!(StaffRole::parse(role.as_str()), Some(role));
    }
    assert!(!StaffRole::ReadOnly.may(StaffPermission::FleetChange));
}
