//! The data plane through its front door.
#[cfg(test)]
mod house;
#[cfg(test)]
mod statements;
#[cfg(test)]
mod tenancy;
