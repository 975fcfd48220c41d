//! Letters of the control plane: rows, sent by its work role.
