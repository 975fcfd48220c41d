//! Who may come in: accounts, sessions, login links, passwords, second factors, roles.
