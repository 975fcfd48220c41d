//! A person's address for letters.

/// A mail address in lower case: not all that RFC 5322 allows, but all that people have and mail servers take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailAddress(String);

impl MailAddress {
    /// Reads an address as people type it: spaces around it and capitals do not matter.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_lowercase();
        let (local, domain) = text.split_once('@')?;
        let fits =
            local.len() <= 64 && text.len() <= 254 && local.split('.').all(is_atom) && domain.split('.').all(is_label);
        fits.then_some(Self(text))
    }

    /// The address as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether its domain has a dot, as all have beyond one's own machines.
    pub fn is_public(&self) -> bool {
        self.0.split_once('@').is_some_and(|(_, domain)| domain.contains('.'))
    }
}

fn is_atom(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b))
}

fn is_label(text: &str) -> bool {
    let inside = !text.starts_with('-') && !text.ends_with('-');
    inside && (1..=63).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

impl From<MailAddress> for String {
    fn from(address: MailAddress) -> Self {
        address.0
    }
}
