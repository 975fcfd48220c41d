//! Whose work is said to go on.
use super::*;

#[tokio::test]
async fn what_is_said_is_said_of_the_work_that_says_it() {
    let (progress, other) = (Progress::begun(), Progress::begun());
    let last = |of: &Progress| of.last().at;
    let (begun, others) = (last(&progress), last(&other));
    tokio::time::sleep(Duration::from_millis(2)).await;
    made();
    assert_eq!(last(&progress), begun, "nobody listened");
    progress.of(async { made() }).await;
    assert!(last(&progress) > begun && last(&other) == others);
    assert!(progress.is_within(Duration::from_secs(60)) && !progress.is_within(Duration::ZERO));
}

#[tokio::test]
async fn how_far_work_is_stays_said_while_it_goes_on() {
    let (progress, other) = (Progress::begun(), Progress::begun());
    assert_eq!(progress.how_far(), None, "nobody has counted yet");
    let far = HowFar { tables_done: 1, tables: 3, rows_done: 40, rows: 100, bytes: 512 };
    let further = HowFar { rows_done: 60, ..far };
    progress
        .of(async {
            reached(far);
            made();
            assert_eq!(progress.how_far(), Some(far));
            reached(further);
        })
        .await;
    assert_eq!((progress.how_far(), other.how_far()), (Some(further), None));
}
