//! Plans, their prices, limits and features: rows, not code.
