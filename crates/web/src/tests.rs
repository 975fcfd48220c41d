//! The plumbing's rules, through a real listener.
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use hotelhub_kernel::{Clock, Entropy, Ids, Rupiah, Slug};
use jiff::civil::date;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::front::ErrorPage;
use crate::lanes::Lanes;
use crate::metrics::Metrics;
use crate::origin::Scheme;
use crate::server::{Answers, Limits, serve};
use crate::telemetry::Format;
use crate::*;

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    name: String,
    price_idr: Rupiah,
    #[serde(default)]
    rooms: Vec<Room>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Room {
    nights: u8,
}

fn templates() -> Templates {
    Templates::new(&[], Assets::new(&[])).unwrap()
}

async fn running() -> std::net::SocketAddr {
    running_within(Duration::from_secs(30)).await
}

/// A server whose requests may take this long.
async fn running_within(time_limit: Duration) -> std::net::SocketAddr {
    let ids = Ids::timed(Clock::wall(), Entropy::system());
    let mut front = Front::new(ids, Metrics::new().unwrap(), Arc::new(templates()), Scheme::Http);
    front.time_limit = time_limit;
    let router = Router::new()
        .route("/wishes", post(async |wish: Posted<Wish>| axum::Json(wish.value)))
        .route("/form", post(async |FormBody(wish, _): FormBody<Wish>| wish.name))
        .route("/page", get(async |page: PageQuery| page.limit.to_string()))
        .route("/version", post(async |IfMatch(version): IfMatch| version.to_string()))
        .route("/tell", get(tell))
        .route("/never", get(async || std::future::pending::<&str>().await))
        .route("/panic", get(async || -> String { panic!("secret trace") }));
    listening(front.around(Doors::of(router)), Limits::default()).await
}

async fn listening(doors: impl Answers, limits: Limits) -> std::net::SocketAddr {
    listening_on(Lanes::none(), doors, limits).await
}

/// A listener on these lanes: its address.
pub(crate) async fn listening_on(lanes: Lanes, doors: impl Answers, limits: Limits) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve(listener, doors, limits, lanes, std::future::pending()));
    address
}

const TENANT: &str = "01980f6e-7b9a-7000-8000-000000000001";
const USER: &str = "01980f6e-7b9a-7000-8000-000000000002";

/// A door that learns who asks, and of which hotel, and tells the log.
async fn tell() {
    subject::is_tenant(TENANT.parse().unwrap(), &Slug::parse("melati").unwrap());
    subject::is_user(USER.parse().unwrap());
    tracing::warn!(tenant.slug = "melati", "the guest has arrived");
}

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn line(&self, with: &str) -> String {
        let all = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        all.lines().find(|line| line.contains(with)).unwrap_or_default().to_owned()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Sends bytes as they are and reads the answer to its end.
async fn say(address: std::net::SocketAddr, head: &str, body: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = head.replace('\n', "\r\n");
    stream
        .write_all(format!("{head}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len()).as_bytes())
        .await
        .unwrap();
    stream.write_all(body).await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

const WISH: &str =
    "POST /wishes HTTP/1.1\nHost: melati.test\nOrigin: http://melati.test\nContent-Type: application/json";

async fn wish(body: &[u8]) -> (u16, Value) {
    let head = format!("{WISH}\nIdempotency-Key: key-1234");
    parse(&say(running().await, &head, body).await)
}

fn parse(answer: &str) -> (u16, Value) {
    let status = answer.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
    let body = answer.split("\r\n\r\n").nth(1).unwrap_or_default();
    (status, serde_json::from_str(body).unwrap_or(Value::Null))
}

#[tokio::test]
async fn a_body_that_is_wrong_is_refused_with_its_field_named() {
    let cases: [(&[u8], u16, &str); 9] = [
        (br#"{"name":"a","price_idr":1.5}"#, 422, "price_idr"),
        (br#"{"name":"a","price_idr":"1000"}"#, 422, "price_idr"),
        (br#"{"name":"a","price_idr":99999999999999999999}"#, 422, "price_idr"),
        (br#"{"name":"a","price_idr":1,"extra":1}"#, 422, "extra"),
        (br#"{"name":"a"}"#, 422, "price_idr"),
        (br#"{"name":"a","price_idr":1,"rooms":[{"nights":-1}]}"#, 422, "rooms[0].nights"),
        (br#"{"name":"a","price_idr":1,"rooms":[{"nights":1,"x":2}]}"#, 422, "rooms[0].x"),
        (br#"{"name":"a","#, 400, ""),
        (b"{\"name\":\"\xff\",\"price_idr\":1}", 400, ""),
    ];
    for (body, status, field) in cases {
        let (seen, problem) = wish(body).await;
        let named = problem.pointer("/errors/0/field").and_then(Value::as_str).unwrap_or_default();
        assert_eq!((seen, named), (status, field), "{problem}");
        assert!(problem.get("request_id").is_some_and(Value::is_string), "{problem}");
    }
    assert_eq!(wish(br#"{"name":"a\u0000","price_idr":1}"#).await.0, 422);
    assert_eq!(wish(&vec![b' '; 300 * 1024]).await.0, 413);
    assert_eq!(wish(br#"{"name":"a","price_idr":1}"#).await.0, 200);
}

#[tokio::test]
async fn who_is_refused_while_still_sending_may_send_to_the_end() {
    let mut stream = TcpStream::connect(running().await).await.unwrap();
    let head = format!("{WISH}\nIdempotency-Key: key-1234\nContent-Length: {}\n\n", 1024 * 1024);
    stream.write_all(head.replace('\n', "\r\n").as_bytes()).await.unwrap();
    let part = [b' '; 64 * 1024];
    for _ in 0..8 {
        stream.write_all(&part).await.unwrap();
    }
    let mut status = [0; 12];
    stream.read_exact(&mut status).await.unwrap();
    assert_eq!(&status, b"HTTP/1.1 413");
    for _ in 8..16 {
        tokio::time::sleep(Duration::from_millis(5)).await;
        stream.write_all(&part).await.unwrap();
    }
    stream.write_all(b"GET /nothing HTTP/1.1\r\nHost: melati.test\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut rest = String::new();
    stream.read_to_string(&mut rest).await.unwrap();
    assert!(rest.contains("HTTP/1.1 404"), "{rest}");
}

#[tokio::test]
async fn a_change_counts_only_from_a_page_of_the_same_host() {
    let address = running().await;
    let ask = async |origin: &str| {
        let head = format!("POST /version HTTP/1.1\nHost: melati.test:8080\nIf-Match: \"7\"{origin}");
        parse(&say(address, &head, b"").await).0
    };
    assert_eq!(ask("\nOrigin: http://melati.test:8080").await, 200);
    assert_eq!(ask("\nSec-Fetch-Site: same-origin").await, 200);
    let strange = [
        "",
        "\nOrigin: null",
        "\nOrigin: https://melati.test:8080",
        "\nOrigin: http://kenanga.test:8080",
        "\nOrigin: http://melati.test",
        "\nOrigin: http://melati.test:8080.evil.test",
        "\nSec-Fetch-Site: same-site",
        "\nOrigin: http://melati.test:8080\nOrigin: http://evil.test",
        "\nOrigin: http://evil.test\nSec-Fetch-Site: same-origin",
    ];
    for origin in strange {
        assert_eq!(ask(origin).await, 403, "{origin}");
    }
}

#[tokio::test]
async fn a_request_names_its_host_once() {
    let address = running().await;
    let status = async |head: &str| parse(&say(address, head, b"").await).0;
    assert_eq!(status("GET /page HTTP/1.1\nHost: melati.test").await, 200);
    assert_eq!(status("GET /page HTTP/1.1\nX: y").await, 400);
    assert_eq!(status("GET /page HTTP/1.1\nHost: melati.test\nHost: kenanga.test").await, 400);
    assert_eq!(status("GET http://kenanga.test/page HTTP/1.1\nHost: melati.test").await, 400);
    assert_eq!(status("GET http://melati.test/page HTTP/1.1\nHost: melati.test").await, 200);
}

#[tokio::test]
async fn what_goes_wrong_is_a_problem_for_programs_and_a_page_for_people() {
    let address = running().await;
    for (path, status) in [("/nothing", 404), ("/wishes", 405), ("/panic", 500), ("/page?limit=201", 422)] {
        let program = say(address, &format!("GET {path} HTTP/1.1\nHost: melati.test"), b"").await;
        assert_eq!(parse(&program).0, status, "{program}");
        assert!(program.contains("application/problem+json") && !program.contains("secret trace"), "{program}");
        let person = say(address, &format!("GET {path} HTTP/1.1\nHost: melati.test\nAccept: text/html"), b"").await;
        assert_eq!(parse(&person).0, status, "{person}");
        assert!(person.contains("<!doctype html>") && !person.contains("secret trace"), "{person}");
        assert!(person.to_ascii_lowercase().contains("content-security-policy: default-src 'self'"), "{person}");
    }
}

#[tokio::test]
async fn a_line_of_the_log_says_of_which_request_tenant_and_user_it_is() {
    for format in [Format::Json, Format::Pretty] {
        let log = Log::default();
        let writer = log.clone();
        let lines = telemetry::log_to(move || writer.clone(), format, "info".parse().unwrap());
        let _logging = tracing::subscriber::set_default(lines);
        let answer = say(running().await, "GET /tell?who=melati HTTP/1.1\nHost: melati.test", b"").await;
        let id = answer.lines().find_map(|line| line.strip_prefix("x-request-id: ")).unwrap().to_owned();
        let told = log.line("the guest has arrived");
        let known = [("request.id", id.as_str()), ("http.method", "GET"), ("http.route", "/tell")];
        let learnt = [("tenant.id", TENANT), ("tenant.slug", "melati"), ("user.id", USER)];
        for (field, value) in known.into_iter().chain(learnt) {
            match format {
                Format::Json => {
                    let line: Value = serde_json::from_str(&told).unwrap();
                    assert_eq!(line.get(field).and_then(Value::as_str), Some(value), "{field} in {told}");
                }
                Format::Pretty => assert!(told.contains(&format!("{field}={value}")), "{field} in {told}"),
            }
        }
        tracing::info!("nobody asked");
        assert!(!log.line("nobody asked").contains("request.id"), "a line of no request");
    }
}

#[tokio::test]
async fn what_takes_too_long_is_given_up() {
    let address = running_within(Duration::from_millis(50)).await;
    let (status, problem) = parse(&say(address, "GET /never HTTP/1.1\nHost: melati.test", b"").await);
    assert_eq!((status, problem.get("code").and_then(Value::as_str)), (503, Some("too-slow")));
}

#[tokio::test]
async fn who_does_not_finish_a_head_is_hung_up_on_also_after_a_request_that_went_well() {
    let router = Router::new().route("/", get(async || "well"));
    let limits = Limits { head_time: Duration::from_millis(100), ..Limits::default() };
    let mut stream = TcpStream::connect(listening(router, limits).await).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: melati.test\r\n\r\nGET / HTTP/1.1\r\nHost: mel").await.unwrap();
    let mut heard = Vec::new();
    let _ = stream.read_to_end(&mut heard).await;
    assert!(String::from_utf8_lossy(&heard).contains("well"));
}

#[tokio::test]
async fn who_says_nothing_or_never_ends_a_preface_is_hung_up_on() {
    let limits = Limits { head_time: Duration::from_millis(100), ..Limits::default() };
    let address = listening(Router::new(), limits).await;
    for beginning in ["", "P", "PRI * HTTP/2.0\r\n"] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(beginning.as_bytes()).await.unwrap();
        let heard = stream.read_to_end(&mut Vec::new()).await;
        assert!(heard.is_err() || heard.is_ok_and(|bytes| bytes == 0), "{beginning:?} was answered");
    }
}

#[tokio::test]
async fn pages_are_compressed_for_who_takes_it_and_answers_to_programs_are_not() {
    let address = running().await;
    let ask = async |path: &str, takes: &str| {
        let head = format!("GET {path} HTTP/1.1\nHost: melati.test\nAccept: text/html{takes}");
        say(address, &head, b"").await.to_ascii_lowercase()
    };
    let gzip = "\nAccept-Encoding: gzip";
    assert!(ask("/nothing", gzip).await.contains("content-encoding: gzip"));
    assert!(!ask("/nothing", "").await.contains("content-encoding"));
    assert!(!ask("/api/nothing", gzip).await.contains("content-encoding"));
}

#[tokio::test]
async fn a_form_carries_its_key_in_a_hidden_field() {
    let address = running().await;
    let head = "POST /form HTTP/1.1\nHost: melati.test\nOrigin: http://melati.test\n\
                Content-Type: application/x-www-form-urlencoded";
    let answer = say(address, head, b"name=Wayan+S&price_idr=1000&_key=abcdefgh").await;
    assert!(answer.ends_with("Wayan S"), "{answer}");
    let (status, problem) = parse(&say(address, head, b"name=Wayan&price_idr=1000").await);
    assert_eq!((status, problem.get("code").and_then(Value::as_str)), (400, Some("idempotency-key-missing")));
    let (status, problem) = parse(&say(address, head, b"name=Wayan&price_idr=1.5&_key=abcdefgh").await);
    assert_eq!((status, problem.pointer("/errors/0/field").and_then(Value::as_str)), (422, Some("price_idr")));
}

#[test]
fn every_text_stands_in_both_languages_and_every_layout_renders() {
    let templates = templates();
    assert_eq!(templates.flaws(), Vec::<String>::new());
    for lang in Lang::ALL {
        for layout in [Layout::Desk, Layout::Public, Layout::Plain, Layout::Print] {
            let visit = Visit { lang, flash: Some(Flash::bad("forged.key")), ..Visit::default() };
            let mut shell = Shell::new(&visit, layout, "Hotel <Melati>", "error.404.title");
            shell.user = Some(UserBadge::of("Wayan Suarti", Some("shell.account".to_owned())));
            shell.search = Some("/desk/reservations".to_owned());
            let html = templates.try_render(&shell, &ErrorPage::sample()).unwrap();
            assert!(html.contains("Hotel &lt;Melati&gt;") && !html.contains("style="), "{html}");
        }
    }
}

#[test]
fn values_are_shown_as_people_read_them() {
    let day = date(2026, 7, 2);
    assert_eq!(format::date_long(day, Lang::Id), "Kamis, 2 Juli 2026");
    assert_eq!(format::date_long(day, Lang::En), "Thursday, 2 July 2026");
    assert_eq!(format::date(day, Lang::Id), "02 Jul 2026");
    assert_eq!(format::amount(Rupiah(-1_210_000)), "-1.210.000");
}

#[test]
fn only_trusted_proxies_are_believed() {
    let mut headers = axum::http::HeaderMap::new();
    headers.insert("x-forwarded-for", "6.6.6.6, 9.9.9.9, 10.0.0.2".parse().unwrap());
    let [proxy, inner, stranger] = ["10.0.0.1", "10.0.0.2", "8.8.8.8"].map(|ip| ip.parse().unwrap());
    let seen = |peer| ClientAddress::seen_through(peer, &headers, &[proxy, inner]).0.to_string();
    assert_eq!(seen(proxy), "9.9.9.9");
    assert_eq!(seen(stranger), "8.8.8.8");
}

#[tokio::test]
async fn a_throttle_opens_again_with_its_next_window() {
    let clock = Clock::at(jiff::Timestamp::UNIX_EPOCH);
    let throttle = limits::Throttle::new("login", 2, Duration::from_secs(60), &clock);
    assert!(throttle.admit("a").await.is_ok() && throttle.admit("a").await.is_ok());
    assert_eq!(throttle.admit("a").await.unwrap_err().kind(), Kind::TooMany);
    assert!(throttle.admit("b").await.is_ok());
    clock.advance(jiff::SignedDuration::from_secs(60));
    assert!(throttle.admit("a").await.is_ok());
}
