//! The whole house: both planes as processes on real servers, and what must hold when one of them dies.
mod alone;
mod assets;
mod bad_days;
mod browser;
mod drain;
mod ground;
mod health;
mod life;
mod operations;
mod planes;
mod rollout;
mod shares;
mod standalone;
mod still_pages;
mod story_in_a_browser;
mod tape_in_a_browser;
mod warmth;
