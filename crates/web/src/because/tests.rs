//! A reason in the words of its reader.
use super::told;
use crate::templates::Catalogue;

fn indonesian() -> Catalogue {
    let texts = [
        ("reason.{who} called it off", "{who} membatalkannya"),
        ("reason.the schema could not be brought up to date", "skema tidak dapat diperbarui"),
        ("reason.the table {table} has {found} rows", "tabel {table} punya {found} baris"),
        ("reason.there is no {what} in the store", "tidak ada {what} di penyimpanan"),
        ("reason.the store", "penyimpanan"),
        ("order.reason", "Alasan"),
    ];
    texts.map(|(key, text)| (key.to_owned(), text.to_owned())).into()
}

#[test]
fn a_sentence_is_told_as_the_phrase_it_was_made_of() {
    let texts = indonesian();
    let pairs = [
        ("Sari Dewi called it off", "Sari Dewi membatalkannya"),
        ("the table guests has 7 rows", "tabel guests punya 7 baris"),
        ("there is no file of WAL in the store", "tidak ada file of WAL di penyimpanan"),
    ];
    for (reason, words) in pairs {
        assert_eq!(told(reason, &texts), words);
    }
}

#[test]
fn causes_are_told_one_by_one_and_what_a_server_said_as_it_is() {
    let texts = indonesian();
    let pairs = [
        (
            "the schema could not be brought up to date: the disk is full",
            "skema tidak dapat diperbarui: the disk is full",
        ),
        (
            "the schema could not be brought up to date: there is no table: x in the store",
            "skema tidak dapat diperbarui: tidak ada table: x di penyimpanan",
        ),
        ("the store: reading failed: no such file", "penyimpanan: reading failed: no such file"),
        ("the disk is full: 0 bytes", "the disk is full: 0 bytes"),
        ("Alasan", "Alasan"),
        ("", ""),
    ];
    for (reason, words) in pairs {
        assert_eq!(told(reason, &texts), words);
    }
}
