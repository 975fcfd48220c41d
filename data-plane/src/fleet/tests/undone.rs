//! Moves undone after their switch, and by whom: no end loses what was written there.
use hotelhub_protocol::{MoveStep, Moved};

use super::super::FleetError;
use super::super::database::Step;
use super::moves::{Removal, guests, write};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_move_is_not_undone_once_somebody_wrote_at_its_target() {
    for removal in [Removal::of("written at").await, Removal::out_of_a_schema("written at its target").await] {
        removal.step(MoveStep::Copy).await.unwrap();
        removal.step(MoveStep::Switch).await.unwrap();
        removal.fleet.pass_on(&removal.moving).await.unwrap();
        let target = removal.at_target().await.unwrap();
        let guest = write(&target, "where it is").await.unwrap();
        let refused = removal.step(MoveStep::Undo).await.unwrap_err();
        assert!(refused.is_final() && refused.reason().contains("lived in"), "{refused:?}");
        assert!(write(&removal.at_source().await, "at both").await.is_err());
        removal.step(MoveStep::Switch).await.unwrap();
        removal.step(MoveStep::Clear).await.unwrap();
        assert!(guests(&target).await.contains(&guest));
        drop(target);
        removal.clear().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_move_that_was_passed_on_and_not_written_to_is_undone() {
    let removal = Removal::of("passed on and undone").await;
    removal.step(MoveStep::Copy).await.unwrap();
    removal.step(MoveStep::Switch).await.unwrap();
    removal.fleet.pass_on(&removal.moving).await.unwrap();
    removal.killed(MoveStep::Undo, Step::Unlink).await;
    write(&removal.at_source().await, "while it is undone").await.unwrap();
    assert_eq!(removal.step(MoveStep::Undo).await.unwrap(), Moved::Undone);
    removal.assert_untouched().await;
    removal.clear().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_knows_no_way_to_the_target_gives_the_source_back_to_its_writers() {
    let removal = Removal::of("one end").await;
    removal.step(MoveStep::Copy).await.unwrap();
    removal.killed(MoveStep::Switch, Step::Seal).await;
    let source = removal.at_source().await;
    assert!(write(&source, "shut out").await.is_err());
    let half = removal.yard.fleet.carry_out(&removal.task(MoveStep::Undo)).await.unwrap_err();
    assert!(matches!(&half, FleetError::UnknownCluster(other) if *other == removal.moving.target.cluster), "{half:?}");
    write(&source, "let in").await.unwrap();
    assert_eq!(removal.step(MoveStep::Undo).await.unwrap(), Moved::Undone);
    removal.assert_untouched().await;
    removal.clear().await;
}
