//! A database, or a whole server, that does not answer: its hotels are refused at once and the others notice nothing.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use hotelhub_data_plane::config::Mode;
use hotelhub_data_plane::fleet::ClusterKeys;
use hotelhub_data_plane::tenancy::Tenant;
use hotelhub_kernel::Key;
use hotelhub_protocol::{Change, Cluster, ClusterId};
use hotelhub_web::Kind;
use jiff::SignedDuration;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};

use super::routes::{change, route};
use super::{both, counted, pid};
use crate::house::{House, grant_all, server};

const AWAY: &str = "hotelhub_pool_databases_away";

/// A way to the Postgres server on which everything can be swallowed.
struct Detour {
    port: u16,
    swallows: Arc<AtomicBool>,
    taken: Arc<AtomicUsize>,
}

impl Detour {
    async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (swallows, taken) = (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default());
        let (swallowing, taking, target) = (swallows.clone(), taken.clone(), server());
        tokio::spawn(async move {
            let mut swallowed = Vec::new();
            loop {
                let (mut from, _) = listener.accept().await.unwrap();
                taking.fetch_add(1, Ordering::SeqCst);
                if swallowing.load(Ordering::SeqCst) {
                    swallowed.push(from);
                    continue;
                }
                let mut to = TcpStream::connect((target.host.as_str(), target.port)).await.unwrap();
                tokio::spawn(async move { copy_bidirectional(&mut from, &mut to).await });
            }
        });
        Self { port, swallows, taken }
    }

    fn taken(&self) -> usize {
        self.taken.load(Ordering::SeqCst)
    }

    fn swallow(&self, everything: bool) {
        self.swallows.store(everything, Ordering::SeqCst);
    }
}

/// Asks so often at once; every one of them is refused as away.
async fn refused(tenant: &Tenant, times: usize) {
    for refusal in join_all((0..times).map(|_| tenant.connect())).await {
        let refusal = refusal.err().expect("nobody gets in");
        assert_eq!((refusal.kind(), refusal.code()), (Kind::Unavailable, "database-away"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hotel_behind_a_dead_line_is_refused_at_once_until_somebody_gets_through_again() {
    let detour = Detour::open().await;
    let away = ClusterId("detour".to_owned());
    let house = House::saas_with(2, |settings| {
        settings.pool.connect = Duration::from_secs(1);
        let Mode::Saas(saas) = &mut settings.mode else { unreachable!("it is a house of a control plane") };
        saas.cluster_keys.insert(away.clone(), ClusterKeys::of(Key::new([9; 32])));
    })
    .await;
    let (melati, kenanga) = both(&house).await;
    let line = Cluster { id: away.clone(), host: "127.0.0.1".to_owned(), port: detour.port, reserved: Vec::new() };
    change(&house, Change::Cluster(line));
    grant_all(&house.node, &away);
    change(&house, route(&melati, |route| route.placement.cluster = away));
    detour.swallow(true);
    refused(&melati, 20).await;
    assert_eq!(counted(&house.node, AWAY), 1);

    let tried = detour.taken();
    refused(&melati, 20).await;
    let door = house.stranger().get("/api/v1/public/property").await.unwrap();
    assert_eq!((door.status.as_u16(), door.code().as_str()), (503, "database-away"), "{}", door.text);
    assert!(door.headers.contains_key("retry-after"), "{:?}", door.headers);
    assert_eq!(detour.taken(), tried, "nobody tried meanwhile");
    pid(&kenanga).await;

    house.clock.advance(SignedDuration::from_secs(10));
    refused(&melati, 20).await;
    assert_eq!(detour.taken(), tried + 1, "one has tried for all");

    detour.swallow(false);
    house.clock.advance(SignedDuration::from_secs(10));
    pid(&melati).await;
    assert_eq!(counted(&house.node, AWAY), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hotel_whose_database_is_locked_up_takes_no_connection_from_another() {
    let house = House::saas_with(2, |settings| {
        settings.pool.budget = 6;
        settings.pool.connect = Duration::from_secs(1);
    })
    .await;
    let (melati, kenanga) = both(&house).await;
    let admin = house.sql().await;
    admin.batch_execute("begin; lock table house in access exclusive mode").await.unwrap();
    let flood = refused(&melati, 100);
    let others = async {
        for _ in 0..50 {
            pid(&kenanga).await;
            assert!(house.node.pools.open_connections() <= 6);
        }
    };
    tokio::join!(flood, others);
    assert_eq!(counted(&house.node, AWAY), 1);
    admin.batch_execute("rollback").await.unwrap();
    house.clock.advance(SignedDuration::from_secs(10));
    pid(&melati).await;
    assert_eq!(counted(&house.node, AWAY), 0);
}
