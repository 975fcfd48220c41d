//! The mails that the stand-in has received.
use std::time::Duration;

use anyhow::Result;
use serde_json::Value;

use super::house::House;
use crate::visitor::Visitor;

/// Letters are jobs: they come a moment later.
const PATIENCE: Duration = Duration::from_secs(90);

/// Waits for a mail to `address` that holds a link with `part` in it, and answers that link.
pub(super) fn link(house: &House, address: &str, part: &str) -> Result<String> {
    let visitor = Visitor::new(&house.mailbox());
    let path = format!("/api/mails?to={}", address.replace('@', "%40").replace('+', "%2B"));
    house.stop.wait_for(&format!("a mail to {address} with a link to {part}"), PATIENCE, || {
        let mails = visitor.get(&path)?.expect(200)?.json()?;
        Ok(links(&mails).find(|link| link.contains(part)).map(str::to_owned))
    })
}

/// Newest first.
fn links(mails: &Value) -> impl Iterator<Item = &str> {
    let mails = mails.as_array().into_iter().flatten().rev();
    mails.flat_map(|mail| mail["links"].as_array().into_iter().flatten()).filter_map(Value::as_str)
}
