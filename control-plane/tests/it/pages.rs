//! Every page and letter, in both languages.
use hotelhub_control_plane::audit::AuditPage;
use hotelhub_control_plane::fleet::FleetPage;
use hotelhub_control_plane::fleet::orders::OrdersPage;
use hotelhub_control_plane::fleet::rollouts::{RolloutPage, RolloutsPage};
use hotelhub_control_plane::home::HomePage;
use hotelhub_control_plane::signup::{SignupPage, StatusPage, Welcome};
use hotelhub_control_plane::staff::{CodesPage, Invited, LinkPage, Renewed, StaffPage};
use hotelhub_control_plane::templates;
use hotelhub_control_plane::tenants::{NewTenantPage, TenantPage, TenantsPage};
use hotelhub_web::{Lang, Layout, Letter, Page, Shell, Templates, Visit};
use reqwest::StatusCode;

use crate::office::Office;

fn renders<P: Page>(templates: &Templates, title: &str) {
    for lang in Lang::ALL {
        let visit = Visit { lang, path: "/vendor".to_owned(), ..Visit::default() };
        for layout in [Layout::Public, Layout::Desk] {
            let html = templates.try_render(&Shell::new(&visit, layout, "HotelHub", title), &P::sample());
            let html = html.unwrap_or_else(|error| panic!("{} in {lang:?}: {error}", P::TEMPLATE));
            assert!(!html.contains("<script>") && !html.contains(" style=") && !html.contains(" onclick="), "{html}");
        }
    }
}

#[test]
fn every_page_renders_in_both_languages() {
    let templates = templates().unwrap();
    renders::<HomePage>(&templates, "home.title");
    renders::<SignupPage>(&templates, "signup.title");
    renders::<StatusPage>(&templates, "signup.status");
    renders::<TenantsPage>(&templates, "vendor.tenants");
    renders::<TenantPage>(&templates, "vendor.tenant");
    renders::<NewTenantPage>(&templates, "tenant.new");
    renders::<OrdersPage>(&templates, "vendor.orders");
    renders::<FleetPage>(&templates, "vendor.fleet");
    renders::<RolloutsPage>(&templates, "vendor.rollouts");
    renders::<RolloutPage>(&templates, "vendor.rollouts");
    renders::<AuditPage>(&templates, "vendor.audit");
    renders::<StaffPage>(&templates, "vendor.staff");
    renders::<LinkPage>(&templates, "staff.link.title");
    renders::<CodesPage>(&templates, "staff.codes.title");
    assert_eq!(templates.flaws(), Vec::<String>::new());
}

#[test]
fn every_letter_renders_in_both_languages() {
    let templates = templates().unwrap();
    for lang in Lang::ALL {
        let (subject, text, html) = templates.try_letter(lang, "HotelHub", &Welcome::sample()).unwrap();
        assert!(subject.contains("Hotel Melati"), "{subject}");
        let link = Welcome::sample().login_link;
        assert!(text.contains(&link) && html.contains(&link));
        let link = Invited::sample().link;
        let letters = [
            templates.try_letter(lang, "HotelHub", &Invited::sample()).unwrap(),
            templates.try_letter(lang, "HotelHub", &Renewed::sample()).unwrap(),
        ];
        for (subject, text, html) in letters {
            assert!(subject.contains("HotelHub") && text.contains(&link) && html.contains(&link), "{subject}");
        }
    }
}

#[tokio::test]
async fn the_first_page_shows_the_prices_in_force() {
    let office = Office::open().await;
    let page = office.visitor().page("/").await.unwrap();
    assert_eq!(page.status, StatusCode::OK);
    for price in ["Rp35.000", "Rp50.000", "Rp70.000"] {
        assert!(page.text.contains(price), "{price}");
    }
    let raised = "insert into plan_prices (plan_id, valid_from, basis, monthly_idr) values
        ('pro', '2026-07-03', 'per_room', 75000), ('growth', '2026-07-04', 'per_room', 55000)";
    office.scratch.connect().await.unwrap().batch_execute(raised).await.unwrap();
    let page = office.visitor().page("/").await.unwrap();
    assert!(page.text.contains("Rp75.000") && page.text.contains("Rp50.000") && !page.text.contains("Rp55.000"));
}

#[tokio::test]
async fn strangers_see_no_door_of_the_vendor() {
    let office = Office::open().await;
    let visitor = office.visitor();
    for path in
        ["/api/v1/tenants", "/api/v1/orders", "/api/v1/nodes", "/api/v1/clusters", "/api/v1/strays", "/api/v1/audit"]
    {
        assert_eq!(visitor.get(path).await.unwrap().status, StatusCode::UNAUTHORIZED, "{path}");
    }
    for path in ["/vendor/tenants", "/vendor/orders", "/vendor/fleet", "/vendor/audit"] {
        let answer = visitor.page(path).await.unwrap();
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}");
        assert!(answer.location().unwrap().starts_with("/vendor/login"), "{path}");
    }
    let health = visitor.get("/health").await.unwrap();
    let checks = health.json()["checks"].take();
    assert_eq!((health.status, &checks["database"], &checks["redis"]), (StatusCode::OK, &"ok".into(), &"off".into()));
}
