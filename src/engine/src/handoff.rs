//! The ladder of ways into a composer, and its verification.
