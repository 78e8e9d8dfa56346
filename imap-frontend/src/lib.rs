//! imap-frontend
