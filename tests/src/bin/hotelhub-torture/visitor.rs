//! Somebody who goes from hotel to hotel on one connection, and does not always wait for the answer.
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use hotelhub_tests::{Connection, Reply, Unheard};

use crate::dice::Dice;
use crate::run::Run;
use crate::sign::Finding;
use crate::visit::Visit;
use crate::visits::{self, Scene};

/// An answer that takes longer never comes.
const PATIENCE: Duration = Duration::from_secs(30);

/// How somebody behaves.
#[derive(Clone, Copy, Debug)]
enum Manner {
    /// Waits for the answer.
    Polite,
    /// Hangs up after this long.
    Hasty(Duration),
    /// Says half, and the rest after this long.
    Slow(Duration),
}

/// Visits hotels until the run is over.
pub(crate) async fn wander(run: Arc<Run>, hand: u64) {
    let dice = Dice::of(run.seed, hand);
    let mut line = None;
    while let Some(number) = run.next() {
        let scene = Scene { town: &run.town, place: dice.place_in(run.town.hotels.len()), dice: &dice, number };
        let visit = visits::next(&scene);
        if let Err(error) = make(&run, &scene, &visit, &mut line).await {
            let told = format!("visit {number}, {} at {}: {error:#}", visit.name, scene.hotel().mark);
            run.find(Finding::of(&error, visit.tries, told));
        }
    }
}

async fn make(run: &Run, scene: &Scene<'_>, visit: &Visit, line: &mut Option<Connection>) -> Result<()> {
    let (dice, hotel, manner) = (scene.dice, scene.hotel(), manner(scene.dice));
    let before = hotel.now();
    let reply = match (visit.from, manner) {
        (Some(address), _) => {
            let mut own = Connection::open_from(address, run.town.port).await?;
            Some(own.send(&visit.request).await?)
        }
        (None, Manner::Hasty(patience)) => {
            hang_up(run, dice, visit, line.take(), patience).await?;
            None
        }
        (None, manner) => Some(asked(run, dice, visit, line, manner).await?),
    };
    let status = reply.as_ref().map_or_else(|| "hung up".to_owned(), |reply| reply.status.to_string());
    run.note(format!(
        "{}: {} at {} ({:?}, {manner:?}) → {status}",
        scene.number,
        visit.name,
        hotel.mark,
        before.standing()
    ));
    run.count(&status);
    match reply {
        Some(reply) => visit.judge(hotel, before, &reply, dice, &run.owners),
        None => Ok(()),
    }
}

fn manner(dice: &Dice) -> Manner {
    match dice.below(100) {
        0..5 => Manner::Hasty(dice.micros(0, 6_000)),
        // In the middle of something, also where a machine is slow.
        5..10 => Manner::Hasty(dice.micros(0, 40_000)),
        10..13 => Manner::Slow(dice.micros(0, 20_000)),
        _ => Manner::Polite,
    }
}

/// What counts how often a node had closed a connection before it was asked something over it.
pub(crate) const AGAIN: &str = "sent again";

/// The answer, over the connection that is there or a new one: a node may have closed one that was idle.
async fn asked(run: &Run, dice: &Dice, visit: &Visit, line: &mut Option<Connection>, manner: Manner) -> Result<Reply> {
    if let Some(mut known) = line.take() {
        match in_time(&mut known, visit, manner).await {
            Err(error) if error.is::<Unheard>() => run.count(AGAIN),
            answered => {
                let reply = answered?;
                *line = Some(known);
                return Ok(reply);
            }
        }
    }
    let mut fresh = opened(run, dice).await?;
    let reply = in_time(&mut fresh, visit, manner).await?;
    *line = Some(fresh);
    Ok(reply)
}

async fn in_time(line: &mut Connection, visit: &Visit, manner: Manner) -> Result<Reply> {
    let answered = async {
        match manner {
            Manner::Slow(pause) => {
                let (first, rest) = visit.request.split_at(visit.request.len() * 3 / 4);
                line.say(first).await?;
                tokio::time::sleep(pause).await;
                line.send(rest).await
            }
            Manner::Polite | Manner::Hasty(_) => line.send(&visit.request).await,
        }
    };
    tokio::time::timeout(PATIENCE, answered).await.with_context(|| format!("no answer within {PATIENCE:?}"))?
}

async fn hang_up(run: &Run, dice: &Dice, visit: &Visit, line: Option<Connection>, patience: Duration) -> Result<()> {
    let mut line = match line {
        Some(line) => line,
        None => opened(run, dice).await?,
    };
    // A node that had closed it hears nothing: that is no visit, and no fault.
    if line.say(&visit.request).await.is_ok() {
        tokio::time::sleep(patience).await;
    }
    Ok(())
}

/// A connection from an address of many: the public doors count who knocks.
pub(crate) async fn opened(run: &Run, dice: &Dice) -> Result<Connection> {
    let byte = |from: u32| u8::try_from(from + dice.below(200)).unwrap_or(u8::MAX);
    let from = Ipv4Addr::new(127, 7, byte(0), byte(1));
    Connection::open_from(from, run.town.port).await.context("the node takes no connection")
}
