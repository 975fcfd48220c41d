//! A house whose server archives its WAL by the node's own program.
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use hotelhub_kernel::{Entropy, hex};

use super::{CLUSTER, House, connect};
use crate::servers::Servers;

/// A folder that every account reaches, by a short path: the server may run as another account than the node, in a checkout that is closed
/// to it, and a socket takes no long path. It goes with this.
#[must_use = "it is gone when this is dropped"]
pub struct Ground(PathBuf);

impl Ground {
    fn new() -> Result<Self> {
        let folder = Path::new("/var/tmp").join(format!("hotelhub-{}", hex(&Entropy::system().bytes::<4>())));
        fs::create_dir(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        let ground = Self(folder);
        fs::set_permissions(&ground.0, Permissions::from_mode(0o711))?;
        Ok(ground)
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl House {
    /// Has the house's own server archive its WAL into the house's store of backups, which must be empty. It is started anew for that, and so
    /// is the node, which looks at its start whether the server does.
    pub async fn archive_wal(&mut self, servers: &mut Servers) -> Result<Ground> {
        let ground = Ground::new()?;
        let (store, program) = (ground.0.join("backups"), ground.0.join("hotelhub"));
        fs::create_dir(&store)?;
        fs::set_permissions(&store, Permissions::from_mode(0o777))?;
        let known = self.settings.dir.join("backups");
        fs::remove_dir(&known).context("the store of backups is not empty")?;
        symlink(&store, &known)?;
        fs::copy(self.settings.programs.path("hotelhub"), &program)?;
        let recovery = ground.0.join("recovery").to_string_lossy().into_owned();
        self.node_env.push(("HOTELHUB_RECOVERY_DIR".to_owned(), recovery));
        let key = self.node_env.iter().find(|(known, _)| known == "HOTELHUB_BACKUP_KEY");
        let key = &key.context("the node keeps no backups")?.1;
        let command = format!(
            "HOTELHUB_BACKUP_STORE=file://{} HOTELHUB_BACKUP_KEY={key} {} wal keep --cluster {CLUSTER} %p %f",
            store.display(),
            program.display()
        );
        let admin = connect(&self.settings.admin_dsn).await?;
        admin.batch_execute("alter system set archive_mode = on").await?;
        admin.batch_execute(&format!("alter system set archive_command = '{command}'")).await?;
        self.node.stop().await?;
        servers.restart("postgres").await?;
        self.restart_node().await?;
        Ok(ground)
    }
}
