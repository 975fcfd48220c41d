//! A migration that is added is a migration that is built in.
fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
