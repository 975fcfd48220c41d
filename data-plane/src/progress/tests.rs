//! Whose work is said to go on.
use super::*;

#[tokio::test]
async fn what_is_said_is_said_of_the_work_that_says_it() {
    let (progress, other) = (Progress::begun(), Progress::begun());
    let last = |of: &Progress| *of.0.lock().unwrap();
    let (begun, others) = (last(&progress), last(&other));
    tokio::time::sleep(Duration::from_millis(2)).await;
    made();
    assert_eq!(last(&progress), begun, "nobody listened");
    progress.of(async { made() }).await;
    assert!(last(&progress) > begun && last(&other) == others);
    assert!(progress.is_within(Duration::from_secs(60)) && !progress.is_within(Duration::ZERO));
}
