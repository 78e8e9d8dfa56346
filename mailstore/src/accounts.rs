//! Users, addresses and passwords: a ready-made `Directory`.
