//! What the environment and the flags say, read once.
use std::fmt;
use std::net::{IpAddr, SocketAddr};

use hotelhub_kernel::Host;

/// How browsers reach the hotels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Scheme {
    /// Behind a proxy that ends TLS, or with TLS of our own.
    Https,
    /// In the clear: for a demo on one machine.
    Http,
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Https => "https",
            Self::Http => "http",
        })
    }
}

/// The settings of a node, whatever its mode.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where guests and staff are answered.
    pub listen: SocketAddr,
    /// Where measurements are shown.
    pub metrics_listen: Option<SocketAddr>,
    /// The domain under which tenants have their names.
    pub base_domain: Host,
    /// The vendor's own page.
    pub vendor_url: String,
    /// How browsers reach the hotels.
    pub public_scheme: Scheme,
    /// Proxies whose word on a visitor's address is taken.
    pub trusted_proxies: Vec<IpAddr>,
    /// Where letters are handed over, `smtp://…`.
    pub smtp_url: Option<String>,
    /// Who letters are from.
    pub mail_from: String,
    /// Where wake-ups travel; without it they stay in the process.
    pub redis_url: Option<String>,
}
