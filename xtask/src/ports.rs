//! Free ports of the loopback address.
use std::io;
use std::net::{Ipv4Addr, TcpListener};

use anyhow::{Result, anyhow};

/// For each of these the port itself if nobody listens there, else any free one (0 wants none in particular): no two alike, for all are
/// held until the last is found.
pub(crate) fn free_or<const N: usize>(wanted: [u16; N]) -> Result<[u16; N]> {
    let firm = wanted.map(|port| listen(port).ok().filter(|_| port != 0));
    let held = firm.map(|firm| firm.map_or_else(|| listen(0), Ok));
    let mut ports = [0; N];
    for (port, listener) in ports.iter_mut().zip(&held) {
        *port = listener.as_ref().map_err(|error| anyhow!("no free port: {error}"))?.local_addr()?.port();
    }
    Ok(ports)
}

/// A port that was free a moment ago.
pub(crate) fn free() -> Result<u16> {
    free_or([0]).map(|[port]| port)
}

fn listen(port: u16) -> io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))
}

#[cfg(test)]
mod tests {
    use super::{free_or, listen};

    #[test]
    fn a_port_that_is_taken_is_exchanged_and_none_is_given_twice() {
        let taken = listen(0).unwrap();
        let wanted = taken.local_addr().unwrap().port();
        let [other, first, second] = free_or([wanted, 0, 0]).unwrap();
        assert!(other != wanted && other != first && first != second && other != second);
        assert_eq!(free_or([other, 0]).unwrap()[0], other);
    }
}
