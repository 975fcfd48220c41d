//! Lines to servers are what their addresses say.
use std::time::Duration;

use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio_postgres::Config;

use super::super::dial::{NotOneServer, must_name_one_server, set_up};

fn config(dsn: &str) -> Config {
    dsn.parse().unwrap()
}

#[tokio::test]
async fn a_line_is_watched_as_its_address_says() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let line = async || TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let seconds = |seconds| Duration::from_secs(seconds);
    let watched = line().await;
    let asked = "host=db keepalives_idle=30 keepalives_interval=5 keepalives_retries=3 tcp_user_timeout=20";
    set_up(&config(asked), &watched).unwrap();
    let socket = SockRef::from(&watched);
    assert!(socket.keepalive().unwrap() && watched.nodelay().unwrap());
    let [idle, interval] = [socket.tcp_keepalive_time(), socket.tcp_keepalive_interval()].map(Result::unwrap);
    assert_eq!((idle, interval, socket.tcp_keepalive_retries().unwrap()), (seconds(30), seconds(5), 3));
    assert_eq!(socket.tcp_user_timeout().unwrap(), Some(seconds(20)));
    let unwatched = line().await;
    set_up(&config("host=db keepalives=0"), &unwatched).unwrap();
    assert!(!SockRef::from(&unwatched).keepalive().unwrap());
}

#[test]
fn an_address_names_one_server() {
    for dsn in ["postgres://u@db/x", "host=/run/postgresql user=u", "postgres://u@10.0.0.7:6432/x"] {
        assert_eq!(must_name_one_server(&config(dsn)), Ok(()), "{dsn}");
    }
    for dsn in ["postgres://u@one,two/x", "host=db port=1,2", "host=db hostaddr=10.0.0.7", "user=u"] {
        assert_eq!(must_name_one_server(&config(dsn)), Err(NotOneServer), "{dsn}");
    }
}
