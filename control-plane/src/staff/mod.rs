//! The vendor's people: sign-in with a second factor that nobody goes without, sessions, roles.
mod extractor;

pub use extractor::VendorStaff;
