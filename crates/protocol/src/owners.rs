//! What the owner of a hotel asks of the control plane by way of the node that serves the hotel: all of its data in one file.
use hotelhub_kernel::TenantId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::HowFar;

/// An owner wants all of the hotel's data in one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportWish {
    /// Whose data: the tenant at whose address the owner asked.
    pub tenant: TenantId,
    /// The wish itself: said again it is the same export.
    pub wish: Uuid,
    /// The owner's account at the tenant.
    pub owner: Uuid,
    /// The owner's name.
    pub owner_name: String,
}

/// An owner fetches a file, or a part of it: sent as a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileWish {
    /// Whose data: the tenant at whose address the owner asked.
    pub tenant: TenantId,
    /// Which export.
    pub export: Uuid,
    /// The owner's account at the tenant.
    pub owner: Uuid,
}

/// An export that an owner asked for, as owners see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnersExport {
    /// Which.
    pub id: Uuid,
    /// How it stands.
    pub state: ExportState,
    /// Which owner asked for it.
    pub asked_by: String,
    /// When.
    pub asked_at: Timestamp,
    /// How far it is while it is written, as soon as that is known.
    pub how_far: Option<HowFar>,
    /// Rows in it.
    pub rows: Option<u64>,
    /// Bytes of the file.
    pub bytes: Option<u64>,
    /// Until when it can be fetched.
    pub until: Option<Timestamp>,
}

/// How an export stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExportState {
    /// No worker has it in hand yet.
    Waiting,
    /// A worker writes it.
    Writing,
    /// It can be fetched.
    Done,
    /// It came to nothing; staff see why.
    Failed,
    /// It is not kept any more.
    Expired,
}
