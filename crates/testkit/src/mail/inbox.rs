//! What arrived, and what shall go wrong next.
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mail_parser::MessageParser;
use serde::{Deserialize, Serialize};

/// Mails kept at once; the oldest go first.
const CAPACITY: usize = 5_000;

/// A mail as it arrived.
#[derive(Clone, Debug, Serialize)]
pub struct Mail {
    /// Counted from 1.
    pub id: u64,
    /// The sender's address of the envelope.
    pub from: String,
    /// The readers' addresses of the envelope.
    pub to: Vec<String>,
    /// The subject.
    pub subject: String,
    /// The plain body.
    pub text: String,
    /// The HTML body.
    pub html: String,
    /// The Message-ID without brackets.
    pub message_id: String,
    /// All header fields by lower-case name, the last of a name.
    pub headers: BTreeMap<String, String>,
    /// Every http address of the plain body, in order.
    pub links: Vec<String>,
}

/// How the server misbehaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// Says 451 to the next reader's address: come again.
    Refuse,
    /// Says 550 to the next reader's address: never.
    Reject,
    /// Thinks three seconds before it takes the mail.
    Slow,
    /// Takes the mail and hangs up before it says so.
    DropAfterData,
}

/// All mails of one stand-in. Clones share them.
#[derive(Clone, Default)]
pub struct Inbox(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    mails: VecDeque<Mail>,
    last_id: u64,
    faults: VecDeque<Fault>,
}

impl Inbox {
    /// The mails to an address, or all, oldest first.
    pub fn mails(&self, to: Option<&str>) -> Vec<Mail> {
        let state = self.state();
        let wanted = |mail: &&Mail| to.is_none_or(|to| mail.to.iter().any(|address| address.eq_ignore_ascii_case(to)));
        state.mails.iter().filter(wanted).cloned().collect()
    }

    /// One mail.
    pub fn mail(&self, id: u64) -> Option<Mail> {
        self.state().mails.iter().find(|mail| mail.id == id).cloned()
    }

    /// Throws all away.
    pub fn clear(&self) {
        self.state().mails.clear();
    }

    /// Lets this go wrong the next `times` times.
    pub fn misbehave(&self, fault: Fault, times: usize) {
        self.state().faults.extend(std::iter::repeat_n(fault, times.min(1_000)));
    }

    /// Takes the next fault if it is one of these.
    pub(crate) fn fault(&self, among: &[Fault]) -> Option<Fault> {
        let mut state = self.state();
        let at = state.faults.iter().position(|fault| among.contains(fault))?;
        state.faults.remove(at)
    }

    /// Reads a mail out of its bytes and keeps it.
    pub(crate) fn receive(&self, from: String, to: Vec<String>, bytes: &[u8]) {
        let parsed = MessageParser::default().parse(bytes).unwrap_or_default();
        let text = parsed.body_text(0).map(|body| body.into_owned()).unwrap_or_default();
        let html = parsed.body_html(0).map(|body| body.into_owned()).unwrap_or_default();
        let headers = parsed.headers_raw().map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()));
        let mut state = self.state();
        state.last_id += 1;
        let mail = Mail {
            id: state.last_id,
            from,
            to,
            subject: parsed.subject().unwrap_or_default().to_owned(),
            links: links(&text),
            text,
            html,
            message_id: parsed.message_id().unwrap_or_default().to_owned(),
            headers: headers.collect(),
        };
        state.mails.push_back(mail);
        if state.mails.len() > CAPACITY {
            state.mails.pop_front();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn links(text: &str) -> Vec<String> {
    let words = text.split(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '(' | ')'));
    let links = words.filter(|word| word.starts_with("http://") || word.starts_with("https://"));
    links.map(|link| link.trim_end_matches(['.', ',', ';']).to_owned()).collect()
}
