//! The vendor's people: sign-in with a second factor, roles.
