//! Every page, letter and static file of the data plane, embedded.
use hotelhub_web::{Assets, BadTemplates, Folder, Templates};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "templates/"]
struct Pages;

#[derive(RustEmbed)]
#[folder = "assets/"]
struct Files;

/// Reads them. Fails only where a template or a catalogue is malformed.
pub fn templates() -> Result<Templates, BadTemplates> {
    Templates::new(&[Folder::of::<Pages>()], Assets::new(&[Folder::of::<Files>()]))
}
