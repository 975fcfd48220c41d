//! The control plane through its front door, on a database of each test's own.
#[cfg(test)]
mod backups;
#[cfg(test)]
mod bodies;
#[cfg(test)]
mod database;
#[cfg(test)]
mod feed;
#[cfg(test)]
mod letters;
#[cfg(test)]
mod life;
#[cfg(test)]
mod members;
#[cfg(test)]
mod office;
#[cfg(test)]
mod once;
#[cfg(test)]
mod orders;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod permissions;
#[cfg(test)]
mod ready;
#[cfg(test)]
mod reaper;
#[cfg(test)]
mod rollouts;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod shares;
#[cfg(test)]
mod signups;
#[cfg(test)]
mod staff;
#[cfg(test)]
mod strangers;
#[cfg(test)]
mod strays;
#[cfg(test)]
mod tokens;
#[cfg(test)]
mod vendor;
