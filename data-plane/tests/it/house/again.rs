//! A node that starts again from the routing table on its disk.
use super::*;

impl House {
    /// Puts the routing table on the node's disk, as the control plane seals it.
    pub(crate) fn keep_table(&self) {
        let (directory, folder) = (&self.node.directory, self.state_dir());
        let routes = directory.all().iter().map(|entry| entry.route.clone()).collect();
        let (version, taken_at, clusters) = (directory.version(), self.clock.now(), directory.clusters());
        let table = Snapshot { version, taken_at, departed: 0, clusters, routes };
        let sealed = FeedKey::new(&key()).sign("snapshot", &table).unwrap();
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("routes.snapshot.json"), serde_json::to_vec(&sealed).unwrap()).unwrap();
    }

    /// The node's own folder.
    pub(crate) fn state_dir(&self) -> PathBuf {
        let Mode::Saas(mode) = &self.node.settings.mode else { panic!("a standalone house keeps no routing table") };
        mode.state_dir.clone()
    }

    /// The same house after its node has ended and started again, at another port.
    pub(crate) async fn again(self) -> Self {
        let Self { node, clock, hotels, mail, _process: process, _databases } = self;
        let settings = Settings::clone(&node.settings);
        process.stop().await;
        let entropy = Entropy::system();
        let sources = Sources { clock: clock.clone(), ids: Ids::timed(clock.clone(), entropy.clone()), entropy };
        let process = boot::start(settings, &[Role::Serve, Role::Work], sources).await.unwrap();
        grant_all(&process.node, &cluster());
        let port = process.address.unwrap().port();
        let hotels = hotels.into_iter().map(|hotel| hotel.at(port)).collect();
        Self { node: process.node.clone(), clock, hotels, mail, _process: process, _databases }
    }
}

impl Hotel {
    fn at(self, port: u16) -> Self {
        let name = self.host.split(':').next().unwrap_or_default();
        Self { host: format!("{name}:{port}"), server: format!("http://127.0.0.1:{port}"), ..self }
    }
}
