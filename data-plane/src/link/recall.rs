//! Takes on what lies on disk, so that a node serves before anybody is heard.
use hotelhub_protocol::{Deltas, Signed, Snapshot};

use super::refusals::Offered;
use super::shelf::{Generation, Shelf};
use super::trust::Doubt;
use super::{Inner, LinkError};
use crate::tenancy::Applied;

impl Inner {
    /// Takes on the newest table that is believed, and no more of its changes than follow on it. Whether there was one. The one before is
    /// looked at where the newest is not there or not believed.
    pub(super) fn recall(&self) -> Result<bool, LinkError> {
        let shares = self.shelf.shares()?;
        self.live_by(&shares);
        *self.shares_on_disk() = shares;
        for generation in [Shelf::newest, Shelf::before] {
            let Some(generation) = generation(&self.shelf)? else { continue };
            match self.take_on(&generation) {
                Ok(()) => return Ok(true),
                Err(doubt) => {
                    self.complaints.refuse(Offered::OnDisk, &doubt);
                    self.shelf.doubt_newest();
                }
            }
        }
        Ok(false)
    }

    fn take_on(&self, generation: &Generation) -> Result<(), Doubt> {
        let (_, snapshot) = self.verifier.read::<Snapshot>("snapshot", &generation.snapshot)?;
        self.take_on_table(snapshot);
        if !generation.deltas.iter().all(|signed| self.take_on_kept(signed)) {
            self.shelf.doubt_journal();
        }
        self.show_version();
        Ok(())
    }

    /// Whether kept changes are believed and follow on what is there.
    fn take_on_kept(&self, signed: &Signed) -> bool {
        match self.verifier.open::<Deltas>("deltas", signed) {
            Ok(deltas) => self.take_on_changes(deltas) != Applied::Gap,
            Err(seal) => {
                self.complaints.refuse(Offered::OnDisk, &seal.into());
                false
            }
        }
    }
}
