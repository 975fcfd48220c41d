//! An owner takes all of the hotel's data away: through the vendor's office, while that is away, and in a house of its own.
use std::sync::{Arc, Mutex, MutexGuard};

use axum::extract::{Query, State};
use axum::http::header::{CONTENT_LENGTH, RANGE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use hotelhub_data_plane::config::Mode;
use hotelhub_export::Opening;
use hotelhub_kernel::Secret;
use hotelhub_protocol::{ExportState, ExportWish, FileWish, HowFar, OwnersExport, paths};
use hotelhub_testkit::{Answer, Visitor};
use jiff::SignedDuration;
use serde_json::json;
use uuid::Uuid;

use crate::house::{Hotel, House};

const PATH: &str = "/desk/data";
const FILE: &str = "a ZIP of open tables, as the worker wrote it";
const PASSPHRASE: &str = "kopi pagi di teras";

/// The vendor's office, as far as owners ask it.
#[derive(Clone, Default)]
struct Office(Arc<Mutex<Desk>>);

#[derive(Default)]
struct Desk {
    wishes: Vec<ExportWish>,
    exports: Vec<OwnersExport>,
    fetched: Vec<FileWish>,
    refuses: Option<&'static str>,
}

impl Office {
    /// It, and a house of two hotels that asks it.
    async fn open() -> (Self, House) {
        let office = Self::default();
        let doors = Router::new()
            .route(paths::EXPORTS, get(list).post(order))
            .route(paths::EXPORT_FILE, get(file))
            .with_state(office.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, doors).await });
        let house = House::saas_with(4, |settings| {
            if let Mode::Saas(mode) = &mut settings.mode {
                mode.control_url = url;
            }
        });
        (office, house.await)
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.0.lock().unwrap()
    }

    /// Changes how the one export stands.
    fn now(&self, change: impl FnOnce(&mut OwnersExport)) {
        change(self.desk().exports.first_mut().unwrap());
    }
}

async fn list(State(office): State<Office>) -> Json<Vec<OwnersExport>> {
    Json(office.desk().exports.clone())
}

/// The same wish said again is the same export.
async fn order(State(office): State<Office>, Json(wish): Json<ExportWish>) -> Response {
    let mut desk = office.desk();
    if let Some(code) = desk.refuses {
        return (StatusCode::CONFLICT, Json(json!({ "code": code }))).into_response();
    }
    if let Some(at) = desk.wishes.iter().position(|known| known.wish == wish.wish) {
        return Json(desk.exports[at].clone()).into_response();
    }
    let export = OwnersExport {
        id: Uuid::from_u128(7),
        state: ExportState::Waiting,
        asked_by: wish.owner_name.clone(),
        asked_at: "2026-07-03T02:00:00Z".parse().unwrap(),
        how_far: None,
        rows: None,
        bytes: None,
        until: None,
    };
    desk.wishes.push(wish);
    desk.exports.push(export.clone());
    Json(export).into_response()
}

async fn file(State(office): State<Office>, Query(wish): Query<FileWish>, headers: HeaderMap) -> Response {
    office.desk().fetched.push(wish);
    let from = headers.get(RANGE).and_then(|range| range.to_str().ok()?.strip_prefix("bytes=")?.strip_suffix('-'));
    let (status, part) = match from {
        Some(from) => (StatusCode::PARTIAL_CONTENT, &FILE[from.parse().unwrap()..]),
        None => (StatusCode::OK, FILE),
    };
    (status, [(CONTENT_LENGTH, part.len().to_string())], part).into_response()
}

/// Presses the button of a page that was seen.
async fn press(owner: &Visitor, page: &Answer) -> Answer {
    owner.form(PATH, &[("_key", &page.field("_key").unwrap())]).await.unwrap()
}

/// The link of the page that opens the file.
fn link(page: &Answer) -> String {
    let lead = format!("href=\"{PATH}/");
    let rest = page.text.split(&lead).nth(1).unwrap_or_else(|| panic!("no link in {}", page.text));
    let path = rest.split('"').next().unwrap().replace("&amp;", "&").replace("&#x3D;", "=");
    format!("{PATH}/{path}")
}

async fn seen(who: &Visitor) -> Answer {
    let page = who.page(PATH).await.unwrap();
    assert_eq!(page.status, 200, "{}", page.text);
    page
}

/// How often the hotel's log tells of this.
async fn told(owner: &Visitor, action: &str) -> usize {
    owner.get("/api/v1/audit").await.unwrap().text.matches(&format!("\"{action}\"")).count()
}

/// The flash that an answer leaves.
fn flash(answer: &Answer) -> String {
    assert_eq!((answer.status.as_u16(), answer.location()), (303, Some(PATH)), "{}", answer.text);
    let mut cookies = answer.headers.get_all("set-cookie").iter().filter_map(|line| line.to_str().ok());
    cookies.find_map(|line| line.strip_prefix("__Host-flash=")?.split(';').next()).unwrap_or_default().to_owned()
}

/// The bytes of a file that is fetched sealed.
async fn sealed(hotel: &Hotel, owner: &Visitor, link: &str) -> Vec<u8> {
    let session = format!("__Host-session={}", owner.cookie("__Host-session").unwrap());
    let form = "_key=key-of-a-form&passphrase=kopi+pagi+di+teras";
    let call = reqwest::Client::builder().no_proxy().build().unwrap().post(format!("{}{link}", hotel.server));
    let call = call.header("host", &hotel.host).header("origin", format!("http://{}", hotel.host));
    let call = call.header("cookie", session).header("content-type", "application/x-www-form-urlencoded").body(form);
    let answer = call.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.headers()["content-disposition"].to_str().unwrap().ends_with(".zip.sealed\""));
    answer.bytes().await.unwrap().to_vec()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_orders_all_data_sees_how_far_it_is_and_fetches_it_open_or_sealed() {
    let (office, house) = Office::open().await;
    let owner = house.owner().await;
    let page = seen(&owner).await;
    assert!(page.text.contains("Belum ada ekspor"), "{}", page.text);
    for _ in 0..2 {
        assert_eq!(flash(&press(&owner, &page).await), "good:data.flash.ordered");
    }
    let wish = office.desk().wishes.clone();
    assert_eq!((wish.len(), wish[0].tenant), (1, house.tenant), "a form that is sent twice is one wish");
    assert!(!wish[0].owner_name.is_empty());
    assert_eq!(told(&owner, "data.export").await, 1);

    let waits = seen(&owner).await;
    assert!(waits.text.contains("Menunggu giliran") && waits.text.contains("data-live"), "{}", waits.text);
    assert!(!waits.text.contains("Ekspor semua data"), "one at a time");
    office.now(|export| {
        let far = HowFar { tables_done: 7, tables: 19, rows_done: 3_008, rows: 12_034, bytes: 51_200 };
        (export.state, export.how_far) = (ExportState::Writing, Some(far));
    });
    let writing = seen(&owner).await.text;
    assert!(writing.contains(r#"value="24""#) && writing.contains("3.008 dari 12.034 baris"), "{writing}");

    office.now(|export| {
        (export.state, export.how_far) = (ExportState::Done, None);
        (export.rows, export.bytes) = (Some(12_034), Some(FILE.len() as u64));
        export.until = Some("2026-07-10T02:00:00Z".parse().unwrap());
    });
    let done = seen(&owner).await;
    assert!(!done.text.contains("\" download"), "a browser would save the page that an old link leads to");
    let open = link(&done);
    let whole = owner.page(&open).await.unwrap();
    assert_eq!((whole.status.as_u16(), whole.text.as_str()), (200, FILE));
    assert_eq!(whole.headers["content-disposition"], "attachment; filename=\"melati.zip\"");
    assert_eq!(whole.headers["cache-control"], "no-store");
    let rest = owner.with("range", "bytes=9-").page(&open).await.unwrap();
    assert_eq!((rest.status.as_u16(), rest.text.as_str()), (206, &FILE[9..]));

    let closed = sealed(&house, &owner, &open).await;
    assert!(!String::from_utf8_lossy(&closed).contains("open tables"), "nobody reads it");
    let mut opening = Opening::new(Secret::new(PASSPHRASE.to_owned()));
    let mut opened = opening.push(&closed).unwrap();
    opened.extend(opening.finish().unwrap());
    assert_eq!(String::from_utf8(opened).unwrap(), FILE);
    let short = owner.form(&open, &[("_key", "key-of-a-form"), ("passphrase", "kopi")]).await.unwrap();
    assert_eq!(flash(&short), "bad:data.flash.passphrase");
    let fetched = office.desk().fetched.len();
    assert_eq!((fetched, told(&owner, "data.export_fetched").await), (3, 3));
    for (table, rows) in crate::doors::rows(&house).await {
        assert!(!rows.contains(PASSPHRASE) && !rows.contains("kopi+pagi"), "a passphrase is kept in {table}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_opens_the_file_to_its_owner_alone_and_only_for_a_while() {
    let (office, house) = Office::open().await;
    let [melati, kenanga] = &house.hotels[..] else { panic!("two hotels") };
    let owner = melati.owner().await;
    press(&owner, &seen(&owner).await).await;
    office.now(|export| export.state = ExportState::Done);
    let open = link(&seen(&owner).await);

    for somebody in [melati.desk().await, kenanga.desk().await] {
        assert_eq!(somebody.page(PATH).await.unwrap().status, 403);
        assert_eq!(somebody.page(&open).await.unwrap().status, 403);
        let ordered = somebody.form(PATH, &[("_key", "key-of-a-form")]).await.unwrap();
        assert_eq!(ordered.status, 403, "{}", ordered.text);
        assert!(!somebody.page("/desk").await.unwrap().text.contains(PATH), "nobody is shown a way that is shut");
    }
    let stranger = melati.stranger().page(&open).await.unwrap();
    assert!(stranger.location().is_some_and(|place| place.starts_with("/login")), "{}", stranger.text);
    let neighbour = kenanga.owner().await.page(&open).await.unwrap();
    assert_eq!(flash(&neighbour), "bad:data.flash.link-over", "another hotel's link is none");
    let bent = owner.page(&open.replace("proof=", "proof=00")).await.unwrap();
    assert_eq!(flash(&bent), "bad:data.flash.link-over");
    assert!(office.desk().fetched.is_empty(), "nobody was given anything");

    house.clock.advance(SignedDuration::from_mins(14));
    assert_eq!(owner.page(&open).await.unwrap().status, 200);
    house.clock.advance(SignedDuration::from_mins(1));
    assert_eq!(flash(&owner.page(&open).await.unwrap()), "bad:data.flash.link-over");
    assert_eq!(owner.page(&link(&seen(&owner).await)).await.unwrap().status, 200, "the page has a new one");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_office_refuses_or_cannot_hear_is_said_and_nothing_is_ordered() {
    let (office, house) = Office::open().await;
    let owner = house.owner().await;
    for (code, said) in [("export-open", "export-open"), ("no-backup-store", "not-now"), ("key-reused", "not-now")] {
        office.desk().refuses = Some(code);
        let refused = press(&owner, &seen(&owner).await).await;
        assert_eq!(flash(&refused), format!("bad:data.flash.{said}"));
    }
    assert_eq!(told(&owner, "data.export").await, 0);

    let away = House::saas().await;
    let owner = away.owner().await;
    let page = seen(&owner).await.text;
    assert!(page.contains("sedang tidak dapat dihubungi") && !page.contains("_key"), "{page}");
    let ordered = owner.form(PATH, &[("_key", "key-of-a-form")]).await.unwrap();
    assert_eq!(flash(&ordered), "bad:data.flash.away");
    assert_eq!(told(&owner, "data.export").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_house_of_its_own_is_told_the_command() {
    let house = House::standalone().await;
    let owner = house.owner().await;
    let page = seen(&owner).await.text;
    assert!(page.contains("hotelhub export") && page.contains("--passphrase-file"), "{page}");
    let ordered = owner.form(PATH, &[("_key", "key-of-a-form")]).await.unwrap();
    assert_eq!(ordered.status, 409, "{}", ordered.text);
}
