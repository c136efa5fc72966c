//! Speaks TCPCLv4 for a test: bundles that come are printed, bundles on standard input are sent.
//!
//! Usage: hardy-peer NODE-ID LISTEN-ADDRESS TLS CERTIFICATE KEY AUTHORITIES
//! TLS is `off`, `offer` or `require`; with `off` the last three are not looked at. AUTHORITIES is a folder of
//! certificates to trust, or `-` to accept every certificate.
//! Standard input: `send ADDRESS HEX`. Standard output: `peer NODE-ID`, `bundle HEX`, `sent`, `no neighbour`.
use hardy_bpa::cla::{Cla, ClaAddress, ForwardBundleResult, Result, Sink};
use hardy_bpa::{Bytes, async_trait};
use hardy_bpv7::eid::NodeId;
use hardy_tcpclv4::config::{Config, SessionConfig, TlsConfig, TlsDebugConfig};
use tokio::io::{AsyncBufReadExt, BufReader};

struct Printer;

#[async_trait]
impl Sink for Printer {
    async fn unregister(&self) {}

    async fn dispatch(&self, bundle: Bytes, _: Option<&NodeId>, _: Option<&ClaAddress>) -> Result<()> {
        let hex: String = bundle.iter().map(|byte| format!("{byte:02x}")).collect();
        println!("bundle {hex}");
        Ok(())
    }

    async fn add_peer(&self, _: ClaAddress, nodes: &[NodeId]) -> Result<bool> {
        for node in nodes {
            println!("peer {node}");
        }
        Ok(true)
    }

    async fn remove_peer(&self, _: &ClaAddress) -> Result<bool> {
        Ok(true)
    }
}

fn bytes_of(hex: &str) -> Bytes {
    (0..hex.len() / 2)
        .map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).expect("hexadecimal digits"))
        .collect::<Vec<u8>>()
        .into()
}

#[tokio::main]
async fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [node, listen, tls, certificate, key, authorities] = args.as_slice() else {
        panic!("six arguments are needed");
    };
    let tls_config = (tls != "off").then(|| TlsConfig {
        cert_file: Some(certificate.into()),
        private_key_file: Some(key.into()),
        ca_certs: (authorities != "-").then(|| authorities.into()),
        server_name: Some("localhost".into()),
        debug: TlsDebugConfig { accept_self_signed: authorities == "-" },
    });
    let cla = hardy_tcpclv4::Cla::new(&Config {
        address: Some(listen.parse().expect("an address to listen on")),
        session_defaults: SessionConfig { require_tls: tls == "require", ..Default::default() },
        tls: tls_config,
        ..Default::default()
    })
    .expect("a usable configuration");
    let node: NodeId = node.parse().expect("a node id");
    cla.on_register(Box::new(Printer), &[node]).await;

    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let words: Vec<&str> = line.split(' ').collect();
        let ["send", address, hex] = words.as_slice() else {
            panic!("not understood: {line}");
        };
        let to = ClaAddress::Tcp(address.parse().expect("an address"));
        match cla.forward(None, &to, bytes_of(hex)).await {
            Ok(ForwardBundleResult::Sent) => println!("sent"),
            _ => println!("no neighbour"),
        }
    }
    cla.on_unregister().await;
}
