//! Private servers: found, started, watched and stopped. Nothing here touches a server it did not start.
pub(crate) mod account;
pub(crate) mod postgres;
pub(crate) mod process;
pub(crate) mod redis;
pub(crate) mod s3;
pub(crate) mod traces;
