use std::collections::HashSet;
use std::net::{Ipv4Addr, TcpListener};

use super::free_port;

#[test]
fn no_port_is_given_twice_or_by_the_kernel_to_whoever_names_none() {
    let given: HashSet<u16> = (0..200).map(|_| free_port().unwrap()).collect();
    assert_eq!(given.len(), 200);
    let held: Vec<_> = (0..200).map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap()).collect();
    let anybodys = held.iter().map(|listener| listener.local_addr().unwrap().port()).min().unwrap();
    assert!(given.iter().all(|port| *port < anybodys));
}
