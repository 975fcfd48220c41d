//! The inbox over HTTP: JSON for tests, a page for people.
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Html;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;

use super::inbox::{Fault, Inbox, Mail};

pub(crate) fn router(inbox: Inbox) -> Router {
    Router::new()
        .route("/", get(index))
        .route("/mails/{id}", get(show))
        .route("/mails/{id}/html", get(body))
        .route("/api/mails", get(list).delete(clear))
        .route("/api/faults", post(misbehave))
        .with_state(inbox)
}

#[derive(Deserialize)]
struct Filter {
    to: Option<String>,
}

async fn list(State(inbox): State<Inbox>, Query(filter): Query<Filter>) -> Json<Vec<Mail>> {
    Json(inbox.mails(filter.to.as_deref()))
}

async fn clear(State(inbox): State<Inbox>) -> StatusCode {
    inbox.clear();
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
struct Wish {
    kind: Fault,
    times: Option<usize>,
}

async fn misbehave(State(inbox): State<Inbox>, Json(wish): Json<Wish>) -> StatusCode {
    inbox.misbehave(wish.kind, wish.times.unwrap_or(1));
    StatusCode::NO_CONTENT
}

async fn index(State(inbox): State<Inbox>, Query(filter): Query<Filter>) -> Html<String> {
    let mut mails = inbox.mails(filter.to.as_deref());
    mails.reverse();
    let rows: String = mails
        .iter()
        .map(|mail| {
            let (to, subject) = (escape(&mail.to.join(", ")), escape(&mail.subject));
            format!("<li><a href=\"/mails/{}\"><b>{subject}</b><span>{to}</span></a></li>", mail.id)
        })
        .collect();
    let empty = if mails.is_empty() { "<p>No mail yet.</p>" } else { "" };
    frame("Mailbox", &format!("<h1>Mailbox</h1>{empty}<ul>{rows}</ul>"))
}

async fn show(State(inbox): State<Inbox>, Path(id): Path<u64>) -> Result<Html<String>, StatusCode> {
    let mail = inbox.mail(id).ok_or(StatusCode::NOT_FOUND)?;
    let (subject, from, to) = (escape(&mail.subject), escape(&mail.from), escape(&mail.to.join(", ")));
    let links: String =
        mail.links.iter().map(|link| format!("<li><a href=\"{0}\">{0}</a></li>", escape(link))).collect();
    let text = escape(&mail.text);
    let inside = format!(
        "<p><a href=\"/\">Mailbox</a></p><h1>{subject}</h1><p>{from} → {to}</p><ul>{links}</ul>\
         <iframe sandbox=\"allow-popups\" src=\"/mails/{id}/html\" title=\"HTML\"></iframe><pre>{text}</pre>"
    );
    Ok(frame(&subject, &inside))
}

async fn body(State(inbox): State<Inbox>, Path(id): Path<u64>) -> Result<Html<String>, StatusCode> {
    inbox.mail(id).map(|mail| Html(mail.html)).ok_or(StatusCode::NOT_FOUND)
}

fn frame(title: &str, inside: &str) -> Html<String> {
    Html(format!(
        "<!doctype html><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title>\
         <style>{STYLE}</style><main>{inside}</main>"
    ))
}

const STYLE: &str = "body{font:16px/1.5 system-ui;margin:0;background:#f6f4f1;color:#231f1b}main{max-width:52rem;margin:2rem auto;\
    padding:0 1rem}ul{list-style:none;padding:0}li a{display:grid;padding:.75rem 1rem;background:#fff;border-radius:.5rem;\
    margin:.25rem 0;text-decoration:none;color:inherit;overflow-wrap:anywhere}span{color:#6b635b}iframe{width:100%;height:36rem;\
    border:1px solid #ddd;background:#fff;border-radius:.5rem}pre{white-space:pre-wrap}";

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
