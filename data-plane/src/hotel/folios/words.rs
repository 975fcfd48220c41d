//! Amounts in words, as a receipt writes them: `terbilang` in Indonesian, and the same in English.
use hotelhub_kernel::Rupiah;

const THOUSAND: u64 = 1_000;

/// What a language calls its numbers.
struct Tongue {
    below_twenty: [&'static str; 20],
    /// Names of 10³, 10⁶ … 10¹⁸, the smallest first.
    scales: [&'static str; 6],
    tens: fn(u64) -> String,
    hundreds: fn(u64) -> String,
    /// What stands between tens and ones.
    joint: &'static str,
    /// The one word for a lone thousand, where there is one.
    lone_thousand: Option<&'static str>,
}

const INDONESIAN: Tongue = Tongue {
    below_twenty: [
        "nol",
        "satu",
        "dua",
        "tiga",
        "empat",
        "lima",
        "enam",
        "tujuh",
        "delapan",
        "sembilan",
        "sepuluh",
        "sebelas",
        "dua belas",
        "tiga belas",
        "empat belas",
        "lima belas",
        "enam belas",
        "tujuh belas",
        "delapan belas",
        "sembilan belas",
    ],
    scales: ["ribu", "juta", "miliar", "triliun", "kuadriliun", "kuintiliun"],
    tens: indonesian_tens,
    hundreds: indonesian_hundreds,
    joint: " ",
    lone_thousand: Some("seribu"),
};

const ENGLISH: Tongue = Tongue {
    below_twenty: [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ],
    scales: ["thousand", "million", "billion", "trillion", "quadrillion", "quintillion"],
    tens: english_tens,
    hundreds: english_hundreds,
    joint: "-",
    lone_thousand: None,
};

/// The amount in Indonesian words: `satu juta dua ratus sepuluh ribu rupiah`.
pub fn terbilang(amount: Rupiah) -> String {
    INDONESIAN.amount(amount)
}

/// The amount in English words: `one million two hundred ten thousand rupiah`.
pub fn in_english(amount: Rupiah) -> String {
    ENGLISH.amount(amount)
}

fn indonesian_tens(tens: u64) -> String {
    format!("{} puluh", INDONESIAN.small(tens))
}

fn indonesian_hundreds(hundreds: u64) -> String {
    if hundreds == 1 { "seratus".to_owned() } else { format!("{} ratus", INDONESIAN.small(hundreds)) }
}

fn english_tens(tens: u64) -> String {
    match tens {
        2 => "twenty".to_owned(),
        3 => "thirty".to_owned(),
        4 => "forty".to_owned(),
        5 => "fifty".to_owned(),
        8 => "eighty".to_owned(),
        other => format!("{}ty", ENGLISH.small(other)),
    }
}

fn english_hundreds(hundreds: u64) -> String {
    format!("{} hundred", ENGLISH.small(hundreds))
}

impl Tongue {
    fn amount(&self, amount: Rupiah) -> String {
        let sign = if amount.0 < 0 { "minus " } else { "" };
        format!("{sign}{} rupiah", self.number(amount.0.unsigned_abs()))
    }

    fn number(&self, number: u64) -> String {
        if number == 0 {
            return self.small(0).to_owned();
        }
        let mut words = Vec::new();
        for (power, name) in (1_u32..7).zip(self.scales).rev() {
            words.extend(self.scaled(number / THOUSAND.pow(power) % THOUSAND, name));
        }
        words.extend(self.group(number % THOUSAND));
        words.join(" ")
    }

    fn scaled(&self, group: u64, scale: &str) -> Option<String> {
        match self.lone_thousand {
            Some(word) if group == 1 && scale == self.scales[0] => Some(word.to_owned()),
            _ => Some(format!("{} {scale}", self.group(group)?)),
        }
    }

    /// The words of 1 to 999; none for 0.
    fn group(&self, group: u64) -> Option<String> {
        let mut words = Vec::new();
        if group >= 100 {
            words.push((self.hundreds)(group / 100));
        }
        match group % 100 {
            0 => {}
            rest @ 1..20 => words.push(self.small(rest).to_owned()),
            rest => words.push(self.two_digits(rest / 10, rest % 10)),
        }
        (!words.is_empty()).then(|| words.join(" "))
    }

    fn two_digits(&self, tens: u64, ones: u64) -> String {
        match ones {
            0 => (self.tens)(tens),
            ones => format!("{}{}{}", (self.tens)(tens), self.joint, self.small(ones)),
        }
    }

    fn small(&self, number: u64) -> &'static str {
        usize::try_from(number).ok().and_then(|at| self.below_twenty.get(at)).copied().unwrap_or_default()
    }
}
