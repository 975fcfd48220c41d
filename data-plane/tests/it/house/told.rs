//! What a house is told when it starts.
use super::*;

/// A process with this mode and this mailbox.
pub(super) fn settings(mode: Mode, mail: &MailStandIn) -> Settings {
    let anywhere = "127.0.0.1:0".parse().unwrap();
    Settings {
        listen: anywhere,
        metrics_listen: None,
        public_scheme: Scheme::Http,
        public_port: None,
        trusted_proxies: Vec::new(),
        smtp_url: Some(Secret::new(format!("smtp://{}", mail.smtp))),
        mail_from: "HotelHub <no-reply@hotelhub.localhost>".to_owned(),
        redis_url: None,
        log: "info".to_owned(),
        log_format: telemetry::Format::Pretty,
        pool: PoolLimits { wait: Duration::from_secs(60), connect: Duration::from_secs(20), ..PoolLimits::default() },
        mode,
    }
}

/// What a standalone house on a database is told.
pub(crate) fn standalone(dsn: String) -> Standalone {
    Standalone {
        database_url: Secret::new(dsn),
        hosts: Vec::new(),
        public_url: None,
        owner_email: Some(OWNER.to_owned()),
        owner_password: None,
        hotel_name: "Hotel Melati".to_owned(),
        time_zone: "Asia/Jakarta".to_owned(),
    }
}

/// What a node of a control plane that nobody reaches is told.
pub(super) fn saas_mode() -> Saas {
    Saas {
        control_url: "http://127.0.0.1:1".to_owned(),
        node_token: Secret::new("nobody asks".to_owned()),
        feed_public_key: FeedKey::new(&key()).verifier(),
        state_dir: std::env::temp_dir().join(format!("hotelhub-it-{}", hex(&Entropy::system().bytes::<8>()))),
        peers: Vec::new(),
        routes_store: None,
        oldest_from_peer: SignedDuration::from_hours(72),
        cluster_keys: HashMap::from([(cluster(), ClusterKeys::of(key()))]),
        cluster_admins: BTreeMap::new(),
        backups: None,
        exchange: None,
        node_secret: Key::new([5; 32]),
        base_domain: Host::parse("hotelhub.localhost").unwrap(),
        vendor_url: "http://hotelhub.localhost:8081".to_owned(),
    }
}
