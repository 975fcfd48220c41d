//! A hotel signs up: one transaction, and an address.
