//! Moves undone after their switch, and moves one end of which is away: no end loses what was written there.
use hotelhub_protocol::{MoveStep, Moved, Outcome, Task};

use super::super::database::Step;
use super::super::template::GRANTS;
use super::super::{Admin, ClusterKeys, FleetError};
use super::moves::{Removal, guests, mover_between, mover_to, nowhere, other, other_key, write};
use super::{cluster, server};

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
    let target = removal.at_target().await.unwrap();
    removal.killed(MoveStep::Undo, Step::Unlink).await;
    write(&removal.at_source().await, "while it is undone").await.unwrap();
    assert!(write(&target, "at both").await.is_err());
    drop(target);
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_target_that_is_away_keeps_no_writer_from_the_source_and_is_dropped_when_it_is_back() {
    let removal = Removal::of("away").await;
    removal.step(MoveStep::Copy).await.unwrap();
    removal.step(MoveStep::Switch).await.unwrap();
    let undone = mover_to(nowhere()).carry_out(&removal.task(MoveStep::Undo)).await.unwrap();
    assert_eq!(undone, Outcome::Moved(Moved::Left));
    write(&removal.at_source().await, "while the target is away").await.unwrap();
    let database = removal.moving.target.database.clone();
    let drop_for = |source| Task::DropDatabase { cluster: other(), database: database.clone(), tenant: None, source };
    let refused = removal.fleet.carry_out(&drop_for(None)).await.unwrap_err();
    assert!(matches!(refused, FleetError::Taken { .. }), "{refused:?}");
    let source = Some(removal.moving.tenant);
    assert_eq!(removal.fleet.carry_out(&drop_for(source)).await.unwrap(), Outcome::Gone);
    removal.assert_untouched().await;
    removal.clear().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_that_is_away_is_waited_for_only_until_the_target_has_the_writers() {
    let removal = Removal::of("gone").await;
    removal.step(MoveStep::Copy).await.unwrap();
    removal.step(MoveStep::Switch).await.unwrap();
    let away = Admin::new(&cluster(), nowhere(), ClusterKeys::of(other_key()));
    away.grant(10);
    let left_alone = mover_between(away, server());
    let waits = left_alone.carry_out(&removal.task(MoveStep::Clear)).await.unwrap_err();
    assert!(matches!(waits, FleetError::Unreachable { .. }), "{waits:?}");
    removal.fleet.pass_on(&removal.moving).await.unwrap();
    let cleared = left_alone.carry_out(&removal.task(MoveStep::Clear)).await.unwrap();
    assert_eq!(cleared, Outcome::Moved(Moved::Cleared));
    write(&removal.at_target().await.unwrap(), "where it is").await.unwrap();
    assert!(removal.links().await > 0, "the source is cleared when it is back");
    assert_eq!(removal.step(MoveStep::Clear).await.unwrap(), Moved::Cleared);
    assert_eq!(removal.links().await, 0);
    removal.clear().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_that_was_set_back_to_before_the_switch_takes_no_writer_from_the_target() {
    for removal in [Removal::of("set back").await, Removal::out_of_a_schema("set back").await] {
        for step in [MoveStep::Copy, MoveStep::Switch, MoveStep::Clear] {
            removal.step(step).await.unwrap();
        }
        let target = removal.at_target().await.unwrap();
        let guest = write(&target, "where it is").await.unwrap();
        let source = removal.yard.in_schema().await;
        let link = format!("move_{}", &removal.moving.target.database[2..]);
        let schema: String = source.query_one("select current_schema()::text", &[]).await.unwrap().get(0);
        let set_back = format!("create publication {link} for tables in schema {schema}; {GRANTS}");
        source.batch_execute(&set_back).await.unwrap();

        assert_eq!(removal.step(MoveStep::Clear).await.unwrap(), Moved::Cleared);
        assert_eq!(removal.links().await, 0);
        assert!(removal.yard.as_tenant(&removal.yard.database).await.is_err(), "nobody enters what is kept");
        write(&target, "where it stays").await.unwrap();
        assert!(guests(&target).await.contains(&guest));
        drop((source, target));
        removal.clear().await;
    }
}
