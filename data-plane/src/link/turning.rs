//! Brings the roles of a server to its newest key while the settings name an older one too.
use std::time::Duration;

use hotelhub_protocol::ClusterId;

use crate::fleet::{Fleet, FleetError, Turned};

/// Between two walks through the roles while there is something to do.
const TURN_AGAIN: Duration = Duration::from_secs(10 * 60);
/// And where the last walk found nothing to do: a worker whose newest key is another may still have given a role that one.
const LOOK_AGAIN: Duration = Duration::from_secs(6 * 60 * 60);

/// Walks through the roles again and again, for as long as the settings name an older key.
pub(super) async fn turn_keys(fleet: &Fleet, cluster: &ClusterId) {
    while let Some(key) = fleet.turns_to(cluster) {
        let turned = walk(fleet, cluster).await;
        match &turned {
            Ok(Turned { left: 0, renewed, current }) => tracing::info!(
                %cluster, key, renewed, current,
                "every role of the server has this key: it may stand alone in the settings once each fleet worker has said so of it"
            ),
            Ok(Turned { left, renewed, .. }) => {
                tracing::warn!(%cluster, key, left, renewed, "some roles have an older key still");
            }
            Err(error) => tracing::warn!(%cluster, key, reason = error.reason(), "the server's keys are not turned"),
        }
        tokio::time::sleep(pause_after(turned.ok())).await;
    }
}

async fn walk(fleet: &Fleet, cluster: &ClusterId) -> Result<Turned, FleetError> {
    let roles = fleet.roles(cluster).await?;
    fleet.turn_keys(cluster, &roles).await
}

fn pause_after(turned: Option<Turned>) -> Duration {
    match turned {
        Some(Turned { renewed: 0, left: 0, .. }) => LOOK_AGAIN,
        _ => TURN_AGAIN,
    }
}

#[cfg(test)]
mod tests {
    use super::{LOOK_AGAIN, TURN_AGAIN, pause_after};
    use crate::fleet::Turned;

    #[test]
    fn only_after_a_walk_that_found_nothing_to_do_it_rests_for_hours() {
        let [clean, renewed, left] =
            [(0, 0), (1, 0), (0, 1)].map(|(renewed, left)| Turned { current: 9, renewed, left });
        assert_eq!(pause_after(Some(clean)), LOOK_AGAIN);
        assert_eq!([Some(renewed), Some(left), None].map(pause_after), [TURN_AGAIN; 3]);
    }
}
