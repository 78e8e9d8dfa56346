//! lmtp-frontend
