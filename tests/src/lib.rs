//! A whole house for stories and benches: private database servers, both planes and a mailbox, each a process of its own.
//!
//! Nothing here knows how a plane works inside: it is started, spoken to over HTTP, killed, and started again.
mod balance;
mod bookers;
mod connection;
mod hotel;
mod house;
mod patience;
mod process;
mod servers;
mod watch;

pub use balance::{Answered, Balance, Caller};
pub use bookers::{Booked, Bookers};
pub use connection::{Connection, Reply, Unheard, form, get, page, post, post_as, post_seen};
pub use hotel::{Hotel, Stock, address_of, sign_up, sign_up_request, until_served};
pub use house::{Beside, House, Papers, Settings, connect};
pub use patience::patiently;
pub use process::{Process, signal};
pub use servers::{Programs, Servers};
pub use watch::Watch;
