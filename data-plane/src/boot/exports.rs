//! A standalone house taken away in one file, and brought back out of one.
use std::path::Path;

use anyhow::{Context as _, ensure};
use hotelhub_export::Manifest;
use hotelhub_kernel::{Secret, Slug, TenantId};
use hotelhub_tenant_migrations::{Product, migrate};

use super::Sources;
use super::standalone::{config, enter};
use crate::config::Standalone;
use crate::exports::{House, Inlet, Outlet, check, fill, pack};

/// A passphrase is not shorter, in characters.
const SHORTEST: usize = 12;

/// Writes all of a standalone house's data into a new file.
pub async fn export(
    mode: &Standalone,
    file: &Path,
    passphrase: Option<&Path>,
    sources: &Sources,
) -> anyhow::Result<Manifest> {
    let passphrase = passphrase.map(read_passphrase).transpose()?;
    let long_enough = passphrase.as_ref().is_none_or(|text| text.expose().chars().count() >= SHORTEST);
    ensure!(long_enough, "the passphrase has less than {SHORTEST} characters");
    let client = enter(&config(mode)?).await?;
    let mut outlet = Outlet::file(file, passphrase.as_ref(), &sources.entropy).await?;
    let manifest = pack(&client, &mut outlet, &sources.clock).await?;
    outlet.finish().await?;
    Ok(manifest)
}

/// Fills the empty database of a standalone house with an exported hotel; or only looks whether it could be.
pub async fn import(
    mode: &Standalone,
    file: &Path,
    passphrase: Option<&Path>,
    dry_run: bool,
    sources: &Sources,
) -> anyhow::Result<Manifest> {
    let passphrase = passphrase.map(read_passphrase).transpose()?;
    let manifest = check(&mut Inlet::file(file, passphrase.as_ref()).await?).await?;
    let slug = Slug::parse(&manifest.contents.hotel.slug).context("the export names its hotel as no hotel is named")?;
    if dry_run {
        return Ok(manifest);
    }
    let mut client = enter(&config(mode)?).await?;
    let house = House { tenant: TenantId(sources.ids.next()), slug };
    let mut inlet = Inlet::file(file, passphrase.as_ref()).await?;
    fill(&mut client, &manifest, &mut inlet, &house, &sources.clock).await?;
    migrate(&mut client, Product::Hotel).await?;
    client.batch_execute("analyze").await?;
    Ok(manifest)
}

/// A passphrase out of a file, without its line end.
fn read_passphrase(file: &Path) -> anyhow::Result<Secret<String>> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(Secret::new(text.trim_end_matches(['\r', '\n']).to_owned()))
}
