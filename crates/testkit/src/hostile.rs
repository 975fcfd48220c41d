//! Bodies that no honest client sends, and what each has to be answered.
use std::borrow::Cow;

use anyhow::Result;
use reqwest::Method;

use crate::{Answer, Visitor};

/// More than any door takes, in bytes.
const TOO_LARGE: usize = 300 * 1024;

/// One of them.
#[derive(Debug)]
pub struct Hostile {
    what: &'static str,
    media: &'static str,
    body: Cow<'static, [u8]>,
    /// The statuses that are right.
    right: &'static [u16],
}

impl Hostile {
    /// All of them.
    pub fn all() -> Vec<Self> {
        let json =
            |what, body: &'static [u8], right| Self { what, media: "application/json", body: body.into(), right };
        let other = |what, media, body: &'static [u8]| Self { what, media, body: body.into(), right: &[415] };
        let large = [b"{\"name\": \"", vec![b'a'; TOO_LARGE].as_slice(), b"\"}"].concat();
        vec![
            json("half of one", b"{", &[400]),
            json("nothing", b"", &[400]),
            json("no text", b"{\"name\": \"\xff\xfe\"}", &[400]),
            json("two at once", b"{} {}", &[400, 422]),
            json("a number", b"17", &[422]),
            json("a list", b"[]", &[422]),
            json("an unknown field", b"{\"is_admin\": true}", &[422]),
            json("a hidden NUL", b"{\"name\": \"a\\u0000b\"}", &[422]),
            other("a form", "application/x-www-form-urlencoded", b"name=x"),
            other("plain text", "text/plain", b"{}"),
            Self { what: "too much", media: "application/json", body: large.into(), right: &[413] },
        ]
    }

    /// Throws it at a door, under a key of its own; what is wrong with the answer, if it is not a problem that is right.
    pub async fn thrown(&self, by: &Visitor, method: &Method, path: &str) -> Result<Option<String>> {
        let by = by.with("idempotency-key", &format!("hostile-{}", self.body.len()));
        let answer = by.raw(method.clone(), path, self.media, self.body.to_vec()).await?;
        let wrong = || format!("{method} {path}, {}: {} {}", self.what, answer.status, answer.text);
        Ok((!self.is_refused_by(&answer)).then(wrong))
    }

    fn is_refused_by(&self, answer: &Answer) -> bool {
        let media = answer.headers.get("content-type").and_then(|value| value.to_str().ok());
        self.right.contains(&answer.status.as_u16())
            && media == Some("application/problem+json")
            && !answer.text.contains("panicked")
    }
}
