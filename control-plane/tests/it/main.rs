//! The control plane through its front door, on a database of each test's own.
#[cfg(test)]
mod backups;
#[cfg(test)]
mod bodies;
#[cfg(test)]
mod chores;
#[cfg(test)]
mod created;
#[cfg(test)]
mod database;
#[cfg(test)]
mod dead_servers;
#[cfg(test)]
mod drains;
#[cfg(test)]
mod ends;
#[cfg(test)]
mod exports;
#[cfg(test)]
mod feed;
#[cfg(test)]
mod imports;
#[cfg(test)]
mod instants;
#[cfg(test)]
mod left;
#[cfg(test)]
mod letters;
#[cfg(test)]
mod life;
#[cfg(test)]
mod members;
#[cfg(test)]
mod mishaps;
#[cfg(test)]
mod moves;
#[cfg(test)]
mod office;
#[cfg(test)]
mod once;
#[cfg(test)]
mod orders;
#[cfg(test)]
mod owners;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod permissions;
#[cfg(test)]
mod ready;
#[cfg(test)]
mod reaper;
#[cfg(test)]
mod removals;
#[cfg(test)]
mod reserve;
#[cfg(test)]
mod rollouts;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod shared;
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
mod turns;
#[cfg(test)]
mod vendor;
