//! Which cluster a hotel is put on.
use hotelhub_protocol::ClusterId;

use super::{Candidate, Need, Tier, Unfit, choose, named};

/// An open cluster that holds so many of a thousand, with one ready.
fn cluster(id: &str, tier: Tier, hotels: i64) -> Candidate {
    Candidate {
        id: ClusterId(id.to_owned()),
        tier,
        open: true,
        template: Some("13-abcdef01".to_owned()),
        ready: 1,
        hotels,
        databases: hotels + 1,
        capacity: 1_000,
        promised: hotels * 8,
        budget: 100,
    }
}

#[test]
fn a_hotel_goes_where_its_tier_is_then_where_most_room_is() {
    use Need::{Alone, Shared};
    let (any, shared, alone) = (
        |id, hotels| cluster(id, Tier::Any, hotels),
        |id, hotels| cluster(id, Tier::Shared, hotels),
        |id, hotels| cluster(id, Tier::Alone, hotels),
    );
    let closed = |known| Candidate { open: false, ..known };
    let bare = |known| Candidate { template: None, ready: 0, databases: 0, ..known };
    let sold_out = |known| Candidate { ready: 0, ..known };
    let full = |known| Candidate { capacity: 7, databases: 8, hotels: 7, ..known };
    let small = |known| Candidate { capacity: 20, ..known };
    let crowded = |known| Candidate { promised: 900, ..known };
    for (said, candidates, need, wanted) in [
        ("nothing is there", vec![], Shared, None),
        ("the emptier one", vec![any("a", 5), any("b", 4)], Shared, Some("b")),
        ("the larger one, by parts of it", vec![small(any("a", 4)), any("b", 10)], Shared, Some("b")),
        (
            "of two alike the one whose hotels may ask for less",
            vec![crowded(any("a", 4)), any("b", 4)],
            Shared,
            Some("b"),
        ),
        ("of two alike the first by name", vec![any("b", 4), any("a", 4)], Shared, Some("a")),
        ("not a closed one", vec![closed(any("a", 0)), any("b", 9)], Shared, Some("b")),
        ("not a full one", vec![full(any("a", 0)), any("b", 9)], Shared, Some("b")),
        ("one with a template before an empty one", vec![bare(any("a", 0)), any("b", 9)], Shared, Some("b")),
        (
            "one with a database ready before an emptier one",
            vec![sold_out(any("a", 0)), any("b", 9)],
            Shared,
            Some("b"),
        ),
        ("its own tier before one for all", vec![any("a", 0), shared("b", 9)], Shared, Some("b")),
        ("one for all where its own has no room", vec![any("a", 3), full(shared("b", 0))], Shared, Some("a")),
        ("never one for a hotel alone", vec![alone("a", 0)], Shared, None),
        ("alone on one of its own", vec![any("a", 0), alone("b", 0)], Alone, Some("b")),
        ("not where another one is alone", vec![alone("a", 1), alone("b", 0)], Alone, Some("b")),
        ("among others where the vendor keeps none apart", vec![any("a", 9), alone("b", 1)], Alone, Some("a")),
        ("never where hotels are told to share", vec![shared("a", 0), alone("b", 1)], Alone, None),
    ] {
        let chosen = choose(&candidates, need).map(|known| known.id.0.as_str());
        assert_eq!(chosen, wanted, "{said}");
    }
}

#[test]
fn a_hotel_comes_to_a_cluster_that_is_named_or_it_is_told_why_not() {
    let clusters = [
        cluster("any", Tier::Any, 3),
        cluster("shared", Tier::Shared, 3),
        cluster("alone", Tier::Alone, 0),
        cluster("taken", Tier::Alone, 1),
        Candidate { open: false, ..cluster("closed", Tier::Any, 0) },
        Candidate { capacity: 4, ..cluster("last", Tier::Any, 3) },
        Candidate { capacity: 4, ready: 0, ..cluster("full", Tier::Any, 3) },
    ];
    for (id, shared, alone) in [
        ("any", None, None),
        ("shared", None, Some(Unfit::ForOthers)),
        ("alone", Some(Unfit::ForOthers), None),
        ("taken", Some(Unfit::ForOthers), Some(Unfit::ForOthers)),
        ("closed", Some(Unfit::Closed), Some(Unfit::Closed)),
        ("last", None, None),
        ("full", Some(Unfit::Full), Some(Unfit::Full)),
        ("elsewhere", Some(Unfit::Unknown), Some(Unfit::Unknown)),
    ] {
        let asked = ClusterId(id.to_owned());
        for (need, wanted) in [(Need::Shared, shared), (Need::Alone, alone)] {
            let found = named(&clusters, need, &asked).map(|known| &known.id);
            assert_eq!(found, wanted.map_or(Ok(&asked), Err), "{id} for {need:?}");
        }
    }
}
