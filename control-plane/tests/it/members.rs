//! Who looks after the staff: invites, changes, disables, and is never the last to leave.
use hotelhub_identity::{StaffRole, Totp};
use hotelhub_testkit::{Answer, Visitor};
use jiff::SignedDuration;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::office::Office;

const JOKO: &str = "joko@hotelhub.test";

/// The path of the link in the newest letter to an address.
async fn link(office: &Office, to: &str) -> String {
    let newest = "select body_text from letters where to_address = $1 order by id desc limit 1";
    let text: String = office.scratch.connect().await.unwrap().query_one(newest, &[&to]).await.unwrap().get(0);
    let link = text.split_whitespace().find(|word| word.contains("/vendor/join/")).unwrap();
    link.strip_prefix("http://hotelhub.localhost").unwrap().to_owned()
}

/// The authenticator that a link's form shows.
fn phone(form: &Answer) -> Totp {
    let secret = form.text.split("<code>").nth(1).unwrap().split("</code>").next().unwrap();
    let bits: Vec<u8> = secret
        .bytes()
        .flat_map(|c| {
            let value = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".iter().position(|known| *known == c).unwrap();
            (0..5).rev().map(move |bit| u8::try_from(value >> bit & 1).unwrap())
        })
        .collect();
    let bytes: Vec<u8> = bits.chunks_exact(8).map(|byte| byte.iter().fold(0, |sum, bit| sum << 1 | bit)).collect();
    Totp::kept(&bytes).unwrap()
}

async fn invite(admin: &Visitor, role: &str) -> Value {
    let wish = json!({ "name": "Joko Susilo", "email": " Joko@HotelHub.test", "role": role });
    let answer = admin.post("/api/v1/staff/invitations", &wish).await.unwrap();
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    answer.json()
}

/// Somebody accepts an invitation and is signed in; the authenticator.
async fn join(office: &Office, joko: &Visitor) -> Totp {
    let path = link(office, JOKO).await;
    let phone = phone(&joko.form(&path, &[]).await.unwrap());
    let code = phone.code_at(office.clock.now());
    let done =
        joko.form(&format!("{path}/finish"), &[("password", "tujuh ekor angsa"), ("code", &code)]).await.unwrap();
    assert_eq!(done.status, StatusCode::OK, "{}", done.text);
    phone
}

async fn id_of(admin: &Visitor, email: &str) -> String {
    let list = admin.get("/api/v1/staff").await.unwrap().json();
    let found = list["items"].as_array().unwrap().iter().find(|member| member["email"] == email).cloned();
    found.unwrap()["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn somebody_invited_chooses_a_password_sets_an_authenticator_and_is_in_once() {
    let office = Office::open().await;
    let admin = office.staff(StaffRole::SuperAdmin).await;
    invite(&admin, "sales").await;
    let stale = link(&office, JOKO).await;
    let invitation = invite(&admin, "support").await;
    assert_eq!((&invitation["email"], &invitation["role"]), (&json!(JOKO), &json!("support")));
    let path = link(&office, JOKO).await;
    let joko = office.visitor();
    assert_eq!(joko.page(&stale).await.unwrap().status, StatusCode::GONE, "a newer letter replaces it");
    for _ in 0..2 {
        let page = joko.page(&path).await.unwrap();
        assert_eq!((page.status, page.text.matches("<button").count()), (StatusCode::OK, 1), "one button");
        assert!(!page.text.contains("<svg xmlns"), "opening it shows no secret");
    }
    let form = joko.form(&path, &[]).await.unwrap();
    assert_eq!(form.status, StatusCode::OK);
    let phone = phone(&form);
    let finish = format!("{path}/finish");
    let code = phone.code_at(office.clock.now());
    for (password, code, status) in [("pendek", code.as_str(), 422), ("tujuh ekor angsa", "000000", 422)] {
        let wrong = joko.form(&finish, &[("password", password), ("code", code)]).await.unwrap();
        assert_eq!(wrong.status.as_u16(), status, "{}", wrong.text);
        assert!(wrong.text.contains("role=\"alert\""));
    }
    let done = joko.form(&finish, &[("password", "tujuh ekor angsa"), ("code", &code)]).await.unwrap();
    assert_eq!((done.status, done.text.matches("<li><code>").count()), (StatusCode::OK, 10), "{}", done.text);
    let who = joko.get("/api/v1/session").await.unwrap().json();
    assert_eq!((&who["staff"]["email"], &who["staff"]["role"]), (&json!(JOKO), &json!("support")));
    for again in [joko.page(&path).await.unwrap(), office.visitor().form(&path, &[]).await.unwrap()] {
        assert_eq!(again.status, StatusCode::GONE, "used");
    }
    let replay = json!({ "email": JOKO, "password": "tujuh ekor angsa", "code": code });
    assert_eq!(office.visitor().post("/api/v1/session", &replay).await.unwrap().code(), "wrong-code");
    let taken = json!({ "name": "Joko", "email": JOKO, "role": "sales" });
    assert_eq!(admin.post("/api/v1/staff/invitations", &taken).await.unwrap().code(), "email-taken");
}

#[tokio::test]
async fn an_invitation_withdrawn_or_too_old_opens_nothing() {
    let office = Office::open().await;
    let admin = office.staff(StaffRole::SuperAdmin).await;
    let id = invite(&admin, "sales").await["id"].as_str().unwrap().to_owned();
    let withdrawn = link(&office, JOKO).await;
    let door = format!("/api/v1/staff/invitations/{id}");
    assert_eq!(admin.delete(&door).await.unwrap().status, StatusCode::NO_CONTENT);
    assert_eq!(admin.delete(&door).await.unwrap().code(), "no-such-invitation");
    invite(&admin, "sales").await;
    let late = link(&office, JOKO).await;
    office.clock.advance(SignedDuration::from_hours(72));
    for path in [withdrawn.as_str(), late.as_str(), "/vendor/join/nonsense"] {
        assert_eq!(office.visitor().page(path).await.unwrap().status, StatusCode::GONE, "{path}");
        assert_eq!(office.visitor().form(path, &[]).await.unwrap().status, StatusCode::GONE, "{path}");
        let fields = [("password", "tujuh ekor angsa"), ("code", "123456")];
        let finished = office.visitor().form(&format!("{path}/finish"), &fields).await.unwrap();
        assert_eq!(finished.status, StatusCode::GONE, "{path}");
    }
}

#[tokio::test]
async fn the_last_super_admin_stays_and_two_cannot_push_each_other_out() {
    let office = Office::open().await;
    let admin = office.staff(StaffRole::SuperAdmin).await;
    let own = id_of(&admin, "super_admin@hotelhub.test").await;
    let door = format!("/api/v1/staff/{own}");
    for wish in [json!({ "role": "sales" }), json!({ "status": "disabled" })] {
        let refused = admin.patch(&door, &wish).await.unwrap();
        assert_eq!((refused.status, refused.code().as_str()), (StatusCode::CONFLICT, "last-admin"));
    }
    invite(&admin, "super_admin").await;
    let joko = office.visitor();
    join(&office, &joko).await;
    let his = format!("/api/v1/staff/{}", id_of(&admin, JOKO).await);
    let wish = json!({ "role": "read_only" });
    let (one, other) = tokio::join!(admin.patch(&his, &wish), joko.patch(&door, &wish));
    let mut statuses = [one.unwrap().status.as_u16(), other.unwrap().status.as_u16()];
    statuses.sort_unstable();
    assert_ne!(statuses, [200, 200], "somebody is left");
    let admins = "select count(*) from staff where role = 'super_admin' and status = 'active'";
    let left: i64 = office.scratch.connect().await.unwrap().query_one(admins, &[]).await.unwrap().get(0);
    assert_eq!(left, 1);
}

#[tokio::test]
async fn who_is_disabled_is_out_at_once_and_comes_back_when_enabled() {
    let office = Office::open().await;
    let admin = office.staff(StaffRole::SuperAdmin).await;
    let support = office.staff(StaffRole::Support).await;
    let door = format!("/api/v1/staff/{}", id_of(&admin, "support@hotelhub.test").await);
    let moved = admin.patch(&door, &json!({ "role": "finance" })).await.unwrap().json();
    assert_eq!((&moved["role"], &moved["sessions"]), (&json!("finance"), &json!(1)));
    assert_eq!(support.get("/api/v1/audit").await.unwrap().status, StatusCode::OK, "the new role holds at once");
    let off = admin.patch(&door, &json!({ "status": "disabled" })).await.unwrap().json();
    assert_eq!((&off["status"], &off["sessions"]), (&json!("disabled"), &json!(0)));
    assert_eq!(support.get("/api/v1/session").await.unwrap().status, StatusCode::UNAUTHORIZED);
    let reset = admin.post(&format!("{door}/reset-authenticator"), &json!({})).await.unwrap();
    assert_eq!(reset.code(), "staff-disabled");
    assert_eq!(admin.patch(&door, &json!({ "status": "active" })).await.unwrap().status, StatusCode::OK);
    assert_eq!(support.get("/api/v1/session").await.unwrap().status, StatusCode::UNAUTHORIZED, "sessions stay ended");
    assert_eq!(admin.patch(&door, &json!({ "rank": "chief" })).await.unwrap().status, StatusCode::UNPROCESSABLE_ENTITY);
    let log = admin.get("/api/v1/audit?limit=3").await.unwrap().json();
    let actions: Vec<&str> = log["items"].as_array().unwrap().iter().map(|e| e["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["staff.change"; 3]);
}

#[tokio::test]
async fn a_reset_authenticator_is_worthless_at_once_and_the_letter_brings_a_new_one() {
    let office = Office::open().await;
    let admin = office.staff(StaffRole::SuperAdmin).await;
    invite(&admin, "sales").await;
    let joko = office.visitor();
    let old = join(&office, &joko).await;
    let door = format!("/api/v1/staff/{}", id_of(&admin, JOKO).await);
    let reset = admin.post(&format!("{door}/reset-authenticator"), &json!({})).await.unwrap();
    assert_eq!(
        (reset.status, &reset.json()["authenticator_pending"]),
        (StatusCode::OK, &json!(true)),
        "{}",
        reset.text
    );
    assert_eq!(joko.get("/api/v1/session").await.unwrap().status, StatusCode::UNAUTHORIZED);
    office.clock.advance(SignedDuration::from_secs(60));
    let with = |code: String| json!({ "email": JOKO, "password": "tujuh ekor angsa", "code": code });
    let stolen = office.visitor().post("/api/v1/session", &with(old.code_at(office.clock.now()))).await.unwrap();
    assert_eq!(stolen.code(), "wrong-code", "the old authenticator");
    let path = link(&office, JOKO).await;
    let new = phone(&joko.form(&path, &[]).await.unwrap());
    let code = new.code_at(office.clock.now());
    let finish = format!("{path}/finish");
    let guess = joko.form(&finish, &[("password", "delapan ekor angsa"), ("code", &code)]).await.unwrap();
    assert_eq!(guess.status, StatusCode::FORBIDDEN, "the letter alone lets nobody in");
    let done = joko.form(&finish, &[("password", "tujuh ekor angsa"), ("code", &code)]).await.unwrap();
    assert_eq!((done.status, done.text.matches("<li><code>").count()), (StatusCode::OK, 10), "{}", done.text);
    assert_eq!(joko.get("/api/v1/session").await.unwrap().status, StatusCode::OK);
    office.clock.advance(SignedDuration::from_secs(60));
    let again = office.visitor().post("/api/v1/session", &with(new.code_at(office.clock.now()))).await.unwrap();
    assert_eq!(again.status, StatusCode::OK, "{}", again.text);
    let ended = admin.post(&format!("{door}/end-sessions"), &json!({})).await.unwrap();
    assert_eq!(ended.json()["sessions"], 0);
    assert_eq!(joko.get("/api/v1/session").await.unwrap().status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn new_recovery_codes_replace_the_old_ones_for_who_knows_the_password() {
    let office = Office::open().await;
    let admin = office.staff(StaffRole::SuperAdmin).await;
    invite(&admin, "sales").await;
    let joko = office.visitor();
    join(&office, &joko).await;
    let door = "/vendor/account/recovery-codes";
    assert_eq!(joko.form(door, &[("password", "x")]).await.unwrap().status, StatusCode::FORBIDDEN);
    let codes = async || {
        let page = joko.form(door, &[("password", "tujuh ekor angsa")]).await.unwrap();
        assert_eq!((page.status, page.text.matches("<li><code>").count()), (StatusCode::OK, 10), "{}", page.text);
        page.text.split("<li><code>").nth(1).unwrap().split('<').next().unwrap().to_owned()
    };
    let (old, new) = (codes().await, codes().await);
    let with = |code: &str| json!({ "email": JOKO, "password": "tujuh ekor angsa", "code": code });
    assert_eq!(office.visitor().post("/api/v1/session", &with(&old)).await.unwrap().code(), "wrong-code");
    assert_eq!(office.visitor().post("/api/v1/session", &with(&new)).await.unwrap().status, StatusCode::OK);
}

#[tokio::test]
async fn the_panel_does_what_the_doors_do() {
    let office = Office::open().await;
    let admin = office.staff(StaffRole::SuperAdmin).await;
    office.staff(StaffRole::Support).await;
    let id = id_of(&admin, "support@hotelhub.test").await;
    let key = async || admin.page("/vendor/staff").await.unwrap().field("_key").unwrap();
    let post = async |path: String, fields: &[(&str, &str)]| {
        let key = key().await;
        let fields: Vec<_> = fields.iter().copied().chain([("_key", key.as_str())]).collect();
        admin.form(&path, &fields).await.unwrap()
    };
    let joko = [("name", "Joko"), ("email", JOKO), ("role", "dev_ops")];
    assert_eq!(post("/vendor/staff/invitations".into(), &joko).await.status, StatusCode::SEE_OTHER);
    let listed = admin.page("/vendor/staff").await.unwrap();
    assert!(listed.text.contains(JOKO), "{}", listed.text);
    let member = format!("/vendor/staff/{id}");
    for (path, fields) in [
        (member.clone(), &[("role", "finance")][..]),
        (format!("{member}/end-sessions"), &[]),
        (format!("{member}/reset-authenticator"), &[]),
        (member.clone(), &[("role", "finance"), ("status", "disabled")]),
    ] {
        let answer = post(path, fields).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    }
    let own = format!("/vendor/staff/{}", id_of(&admin, "super_admin@hotelhub.test").await);
    let refused = post(own, &[("role", "sales")]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.text.contains("role=\"alert\""), "says what to do: {}", refused.text);
    let list = admin.get("/api/v1/staff").await.unwrap().json();
    let changed = list["items"].as_array().unwrap().iter().find(|member| member["id"] == id.as_str()).unwrap();
    assert_eq!((&changed["role"], &changed["status"]), (&json!("finance"), &json!("disabled")));
}
