//! The data plane through its front door.
#[cfg(test)]
mod audited;
#[cfg(test)]
mod availability;
#[cfg(test)]
mod bodies;
#[cfg(test)]
mod booking_engine;
#[cfg(test)]
mod calendar;
#[cfg(test)]
mod clerk;
#[cfg(test)]
mod doors;
#[cfg(test)]
mod exports;
#[cfg(test)]
mod folios;
#[cfg(test)]
mod front_desk;
#[cfg(test)]
mod furnished;
#[cfg(test)]
mod guests;
#[cfg(test)]
mod held;
#[cfg(test)]
mod house;
#[cfg(test)]
mod lived;
#[cfg(test)]
mod night_audit;
#[cfg(test)]
mod owners_export;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod people;
#[cfg(test)]
mod planes;
#[cfg(test)]
mod promises;
#[cfg(test)]
mod rates;
#[cfg(test)]
mod reservations;
#[cfg(test)]
mod roles;
#[cfg(test)]
mod rooms;
#[cfg(test)]
mod statements;
#[cfg(test)]
mod strangers;
#[cfg(test)]
mod tenancy;
#[cfg(test)]
mod versions;
#[cfg(test)]
mod work;
