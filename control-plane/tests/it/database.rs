//! The central database.
use crate::office::Office;

#[tokio::test]
async fn the_plane_opens_no_more_connections_than_it_may() {
    let office = Office::empty(|settings| settings.database_connections = 20).await;
    let db = &office.app.db;
    let most = [&db.durable, &db.relaxed].map(|pool| pool.options().get_max_connections());
    assert_eq!(most, [14, 6]);
}
