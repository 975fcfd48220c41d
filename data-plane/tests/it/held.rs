//! What waits while a hotel is closed or away, and happens when it is back.
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hotelhub_data_plane::queue::{Handler, Run};
use hotelhub_protocol::{Change, Maintenance};

use crate::tenancy::routes::{change, route};
use crate::tenancy::tenant_of;
use crate::work::{Chore, Yard, failing};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_jobs_of_a_hotel_closed_for_maintenance_wait_and_run_in_their_order_when_it_opens() {
    let order = Arc::new(Mutex::new(Vec::new()));
    let seen = order.clone();
    let handler = Handler::of(move |_: Run, chore: Chore| {
        seen.lock().unwrap().push(chore.says);
        async { Ok(()) }
    });
    let yard = Yard::new([handler]).await;
    let melati = tenant_of(&yard.house.node, &yard.house.hotels[0]).await;
    let closed = Maintenance { text: "Pindah server".to_owned(), until: None };
    change(&yard.house, route(&melati, |route| route.notices.maintenance = Some(closed)));
    let mut jobs = Vec::new();
    for (n, due) in [30, 10, 20, 50, 40, 60].into_iter().enumerate() {
        let job = yard.enqueue(due).await;
        let says = format!("{{\"says\": \"{due}\"}}");
        yard.sql.execute("update jobs set payload = $2::text::jsonb where id = $1", &[&job, &says]).await.unwrap();
        jobs.push((n, job));
    }
    for _ in 0..3 {
        yard.later(60);
        tokio::time::sleep(Duration::from_millis(400)).await;
    }
    assert!(order.lock().unwrap().is_empty(), "nothing runs meanwhile");
    change(&yard.house, route(&melati, |_| {}));
    yard.later(2);
    for (_, job) in jobs {
        yard.becomes(job, "done", 1).await;
    }
    assert_eq!(*order.lock().unwrap(), ["10", "20", "30", "40", "50", "60"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hotel_that_was_away_and_comes_back_finds_its_jobs_again() {
    let (handler, runs) = failing(0);
    let yard = Yard::new([handler]).await;
    let melati = tenant_of(&yard.house.node, &yard.house.hotels[0]).await;
    let job = yard.enqueue(30).await;
    change(&yard.house, Change::Gone { tenant: melati.id() });
    yard.later(60);
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(runs.load(Ordering::SeqCst), 0);
    change(&yard.house, route(&melati, |_| {}));
    yard.becomes(job, "done", 1).await;
}
