//! Letters that follow from a change, sent by a job.
