//! Database servers, ready-made databases, nodes, work orders and the routes feed.
