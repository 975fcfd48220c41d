//! Free ports of the loopback address.
use std::net::{Ipv4Addr, TcpListener};

use anyhow::{Context, Result};

/// `wanted` if nobody listens there, else any free port.
pub(crate) fn free_or(wanted: u16) -> Result<u16> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, wanted)) {
        Ok(_) if wanted != 0 => Ok(wanted),
        _ => free(),
    }
}

/// A port that was free a moment ago.
pub(crate) fn free() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port")?;
    Ok(listener.local_addr()?.port())
}
