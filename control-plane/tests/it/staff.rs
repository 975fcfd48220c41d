//! The vendor's people: nobody gets in without a second factor.
use hotelhub_control_plane::staff::{AccountPage, Created, LoginPage, create};
use hotelhub_control_plane::templates;
use hotelhub_identity::{StaffRole, Totp};
use hotelhub_kernel::Secret;
use hotelhub_testkit::{Visitor, env};
use hotelhub_web::{Lang, Layout, Page, Shell, Templates, Visit};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::office::Office;

const EMAIL: &str = "ratna@hotelhub.test";

async fn hire(office: &Office, email: &str, role: StaffRole) -> (Created, Totp) {
    let made = create(&office.app, email, "Ratna Dewi", role, None).await.unwrap();
    let sql = "select totp_secret from staff where email = $1";
    let row = office.scratch.connect().await.unwrap().query_one(sql, &[&made.email]).await.unwrap();
    let phone = Totp::kept(row.get(0)).unwrap();
    assert_eq!(phone.expose_base32(), made.totp_secret);
    (made, phone)
}

async fn try_in(office: &Office, wish: Value) -> (u16, String, Visitor) {
    let visitor = office.visitor();
    let answer = visitor.post("/api/v1/session", &wish).await.unwrap();
    (answer.status.as_u16(), answer.code(), visitor)
}

/// Somebody of the staff, signed in.
async fn signed_in(office: &Office, made: &Created, phone: &Totp) -> Visitor {
    office.clock.advance(SignedDuration::from_secs(30));
    let code = phone.code_at(office.clock.now());
    let wish = json!({ "email": made.email, "password": made.password, "code": code });
    let (status, code, visitor) = try_in(office, wish).await;
    assert_eq!(status, 200, "{code}");
    visitor
}

#[tokio::test]
async fn staff_sign_in_with_both_factors_and_no_code_works_twice() {
    let office = Office::open().await;
    let (made, phone) = hire(&office, EMAIL, StaffRole::SuperAdmin).await;
    let with = |code: &str| json!({ "email": " Ratna@HotelHub.test", "password": made.password, "code": code });
    assert_eq!(try_in(&office, json!({ "email": EMAIL, "password": made.password })).await.1, "code-needed");
    let code = phone.code_at(office.clock.now());
    assert_eq!(try_in(&office, json!({ "email": EMAIL, "password": "x", "code": code })).await.1, "wrong-credentials");
    assert_eq!(try_in(&office, json!({ "email": "x@y", "password": "x", "code": code })).await.1, "wrong-credentials");
    assert_eq!(try_in(&office, with("000000")).await.1, "wrong-code");
    let (status, _, staff) = try_in(&office, with(&code)).await;
    assert_eq!(status, 200);
    assert_eq!(try_in(&office, with(&code)).await.1, "wrong-code", "a replay");
    let who = staff.get("/api/v1/session").await.unwrap().json();
    assert_eq!((&who["staff"]["email"], &who["staff"]["role"]), (&json!(EMAIL), &json!("super_admin")));

    let recovery = &made.recovery_codes[2];
    assert_eq!(try_in(&office, with(recovery)).await.0, 200);
    assert_eq!(try_in(&office, with(recovery)).await.1, "wrong-code", "used");
    assert_eq!(staff.delete("/api/v1/session").await.unwrap().status, 204);
    assert_eq!(staff.get("/api/v1/session").await.unwrap().status, 401);
}

#[tokio::test]
async fn who_guesses_waits() {
    let office = Office::open().await;
    for _ in 0..10 {
        assert_eq!(try_in(&office, json!({ "email": EMAIL, "password": "x", "code": "1" })).await.0, 401);
    }
    let answer = office.visitor().post("/api/v1/session", &json!({ "email": EMAIL, "password": "x" })).await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.headers.contains_key("retry-after")), (429, true));
    let fields = [("email", EMAIL), ("password", "x"), ("code", "1")];
    let page = office.visitor().form("/vendor/login", &fields).await.unwrap();
    assert_eq!((page.status.as_u16(), page.headers.contains_key("retry-after")), (429, true));
}

#[tokio::test]
async fn who_guesses_at_one_process_waits_at_the_other_and_a_success_forgives_at_both() {
    let office = Office::empty(|settings| settings.redis_url = Some(Secret::new(env::redis()))).await;
    let twin = office.twin().await;
    // Redis is shared with other tests and their past runs.
    let email = format!("{}@hotelhub.test", office.app.ids.next().simple());
    let from = std::net::Ipv6Addr::from(office.app.entropy.bytes::<16>()).to_string();
    let (made, phone) = hire(&office, &email, StaffRole::Sales).await;
    let knock = async |office: &Office, password: &str, code: &str| {
        let wish = json!({ "email": email, "password": password, "code": code });
        office.visitor().with("x-forwarded-for", &from).post("/api/v1/session", &wish).await.unwrap().status.as_u16()
    };
    let both = [&office, &twin];
    for round in 0..9 {
        assert_eq!(knock(both[round % 2], "x", "1").await, 401);
    }
    assert_eq!(knock(&office, &made.password, &phone.code_at(office.clock.now())).await, 200);
    for round in 0..10 {
        assert_eq!(knock(both[round % 2], "x", "1").await, 401, "forgiven");
    }
    assert_eq!((knock(&office, "x", "1").await, knock(&twin, "x", "1").await), (429, 429));
}

#[tokio::test]
async fn a_role_opens_what_it_permits_and_strangers_are_shown_the_door() {
    let office = Office::open().await;
    let (made, phone) = hire(&office, EMAIL, StaffRole::Sales).await;
    let sales = signed_in(&office, &made, &phone).await;
    assert_eq!(sales.get("/api/v1/tenants").await.unwrap().status, 200);
    let refused = sales.get("/api/v1/audit").await.unwrap();
    assert_eq!((refused.status.as_u16(), &refused.json()["permission"]), (403, &json!("audit.read")));

    let stranger = office.visitor();
    assert_eq!(stranger.get("/api/v1/tenants").await.unwrap().status, 401);
    let shown = stranger.page("/vendor/tenants").await.unwrap();
    assert_eq!((shown.status.as_u16(), shown.location()), (303, Some("/vendor/login?next=/vendor/tenants")));
    office.clock.advance(SignedDuration::from_secs(30));
    let code = phone.code_at(office.clock.now());
    let fields =
        [("email", EMAIL), ("password", made.password.as_str()), ("code", code.as_str()), ("next", "//evil.test")];
    assert_eq!(stranger.form("/vendor/login", &fields).await.unwrap().location(), Some("/"));
    let account = stranger.page_through("/account").await.unwrap();
    assert!(account.status == 200 && account.text.contains("Ratna Dewi"), "{}", account.text);
    assert_eq!(stranger.form("/logout", &[]).await.unwrap().location(), Some("/vendor/login"));
    assert_eq!(stranger.page("/vendor/account").await.unwrap().status, 303);
}

#[tokio::test]
async fn a_new_password_and_an_ended_session_close_doors_at_once() {
    let office = Office::open().await;
    let (made, phone) = hire(&office, EMAIL, StaffRole::SuperAdmin).await;
    let (desk, cafe) = (signed_in(&office, &made, &phone).await, signed_in(&office, &made, &phone).await);
    let items = desk.get("/api/v1/sessions").await.unwrap().json()["items"].clone();
    assert_eq!(items.as_array().unwrap().len(), 2);
    let newest = format!("/api/v1/sessions/{}", items[0]["id"].as_str().unwrap());
    assert_eq!(desk.delete(&newest).await.unwrap().status, 204);
    assert_eq!(
        (cafe.get("/api/v1/session").await.unwrap().status.as_u16(), desk.delete(&newest).await.unwrap().code()),
        (401, "no-such-session".to_owned())
    );

    let other = signed_in(&office, &made, &phone).await;
    let before = desk.cookie("__Host-session");
    let weak =
        desk.form("/vendor/account/password", &[("current", &made.password), ("new", "password123")]).await.unwrap();
    assert_eq!(weak.status, 422);
    let wrong = desk.form("/vendor/account/password", &[("current", "x"), ("new", "tujuh ekor angsa")]).await.unwrap();
    assert_eq!(wrong.status, 403);
    let set = desk
        .form("/vendor/account/password", &[("current", &made.password), ("new", "tujuh ekor angsa")])
        .await
        .unwrap();
    assert_eq!((set.status.as_u16(), set.location()), (303, Some("/vendor/account")), "{}", set.text);
    assert_ne!(desk.cookie("__Host-session"), before);
    assert_eq!(desk.get("/api/v1/session").await.unwrap().status, 200);
    assert_eq!(other.get("/api/v1/session").await.unwrap().status, 401);
    let lured = desk.with("origin", "http://melati.hotelhub.localhost");
    assert_eq!(lured.form("/logout", &[]).await.unwrap().status, 403, "a hotel's page");
}

#[tokio::test]
async fn an_address_is_hired_once() {
    let office = Office::open().await;
    hire(&office, EMAIL, StaffRole::SuperAdmin).await;
    let again = create(&office.app, "RATNA@hotelhub.test", "Ratna", StaffRole::Sales, None).await;
    assert!(again.is_err_and(|error| error.to_string().contains("of the staff already")));
    assert!(create(&office.app, "ratna", "Ratna", StaffRole::Sales, None).await.is_err());
    let weak = create(&office.app, "budi@hotelhub.test", "Budi", StaffRole::Sales, Some("rahasia".to_owned())).await;
    assert!(weak.is_err_and(|error| error.to_string().contains("at least 10")));
}

fn renders<P: Page>(templates: &Templates, layout: Layout) {
    for lang in Lang::ALL {
        let shell = Shell::new(&Visit { lang, ..Visit::default() }, layout, "HotelHub", "staff.login.title");
        assert!(templates.try_render(&shell, &P::sample()).unwrap().contains("</html>"));
    }
}

#[test]
fn the_pages_of_staff_speak_both_languages() {
    let templates = templates().unwrap();
    renders::<LoginPage>(&templates, Layout::Plain);
    renders::<AccountPage>(&templates, Layout::Desk);
}
