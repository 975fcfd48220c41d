//! What arrived, and what shall go wrong next.
use std::collections::{BTreeMap, VecDeque};
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result};
use mail_parser::MessageParser;
use serde::{Deserialize, Serialize};

/// Mails kept at once; the oldest go first.
const CAPACITY: usize = 5_000;

/// A mail as it arrived.
#[derive(Clone, Debug, Serialize, Deserialize)]
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
    /// One mail a line, for an inbox that outlives its process.
    file: Option<File>,
}

impl Inbox {
    /// An inbox that begins with the mails of a file and adds each new one to it. A line that broke off is no mail.
    pub fn kept(path: &Path) -> Result<Self> {
        let told = || format!("the inbox {}", path.display());
        let file = OpenOptions::new().read(true).append(true).create(true).open(path).with_context(told)?;
        let lines = BufReader::new(&file).lines().map_while(Result::ok);
        let mut mails: VecDeque<Mail> = lines.filter_map(|line| serde_json::from_str(&line).ok()).collect();
        let last_id = mails.back().map_or(0, |mail| mail.id);
        mails.drain(..mails.len().saturating_sub(CAPACITY));
        Ok(Self(Arc::new(Mutex::new(State { mails, last_id, faults: VecDeque::new(), file: Some(file) }))))
    }

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
        let mut state = self.state();
        state.mails.clear();
        if let Some(file) = &state.file
            && let Err(error) = file.set_len(0)
        {
            tracing::error!(%error, "the kept mails were not thrown away");
        }
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
        state.keep(&mail);
        state.mails.push_back(mail);
        if state.mails.len() > CAPACITY {
            state.mails.pop_front();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn keep(&mut self, mail: &Mail) {
        let Some(file) = &mut self.file else { return };
        let written = serde_json::to_vec(mail).map_err(std::io::Error::from).and_then(|mut line| {
            line.push(b'\n');
            file.write_all(&line)
        });
        if let Err(error) = written {
            tracing::error!(%error, "a mail was not kept");
        }
    }
}

fn links(text: &str) -> Vec<String> {
    let words = text.split(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '(' | ')'));
    let links = words.filter(|word| word.starts_with("http://") || word.starts_with("https://"));
    links.map(|link| link.trim_end_matches(['.', ',', ';']).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::Inbox;

    #[test]
    fn a_kept_inbox_outlives_its_process_until_it_is_thrown_away() {
        let path = std::env::temp_dir().join(format!("inbox-{}.jsonl", std::process::id()));
        let letter = b"Subject: Selamat datang\r\nMessage-ID: <a@b>\r\n\r\nhttps://melati.test/x\r\n";
        Inbox::kept(&path).unwrap().receive("a@b".to_owned(), vec!["c@d".to_owned()], letter);
        let again = Inbox::kept(&path).unwrap();
        let [mail] = &again.mails(Some("C@D"))[..] else { panic!("one mail") };
        assert_eq!((mail.id, mail.links.as_slice()), (1, &["https://melati.test/x".to_owned()][..]));
        again.receive("a@b".to_owned(), vec!["c@d".to_owned()], letter);
        assert_eq!(again.mails(None).last().map(|mail| mail.id), Some(2));
        again.clear();
        assert!(Inbox::kept(&path).unwrap().mails(None).is_empty());
        std::fs::remove_file(path).unwrap();
    }
}
