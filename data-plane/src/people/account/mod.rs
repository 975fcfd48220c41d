//! One's own account: its pages, and the letter that confirms its address.
mod letters;
mod pages;
mod view;

#[cfg(test)]
pub(crate) use letters::ConfirmEmail;
pub(crate) use pages::pages;
#[cfg(test)]
pub(crate) use view::AccountPage;
