//! Carries out work orders on tenant databases: the only code that holds an administrator's credentials.
