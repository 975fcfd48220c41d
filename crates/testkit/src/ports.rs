//! Ports for programs that tests start.
use std::io::{Error, ErrorKind, Result};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// The first port that is given out, and how many follow it. All lie below those from which a kernel takes a port for whoever names
/// none (Linux from 32768, others from 49152): from there another connection may take it before the program that it is for listens.
const FIRST: u16 = 12_000;
const MANY: u16 = 20_000;

/// A port of the loopback that nobody listens on, and that this process gives out again only when all others had their turn.
///
/// # Errors
/// [`ErrorKind::AddrInUse`] when somebody listens on each of them.
pub fn free_port() -> Result<u16> {
    static NEXT: OnceLock<AtomicU32> = OnceLock::new();
    // Processes that follow one another begin far apart.
    let next = NEXT.get_or_init(|| AtomicU32::new(std::process::id().wrapping_mul(617)));
    (0..MANY)
        .filter_map(|_| u16::try_from(next.fetch_add(1, Ordering::Relaxed) % u32::from(MANY)).ok())
        .map(|turn| FIRST + turn)
        .find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
        .ok_or_else(|| Error::from(ErrorKind::AddrInUse))
}

#[cfg(test)]
mod tests;
