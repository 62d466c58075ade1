// SPDX-License-Identifier: AGPL-3.0-or-later
//! One question to one set of servers, through hickory-resolver, without a cache.

use super::LookupError;
use hickory_proto::rr::{Name, RData, RecordType};
use hickory_resolver::{
    TokioResolver,
    config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts},
    net::{NetError, runtime::TokioRuntimeProvider},
};
use std::{net::SocketAddr, time::Duration};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Owner, time to live in seconds, data.
pub(super) type Found = (String, u32, RData);

/// Servers that are asked the same questions.
#[derive(Clone)]
pub(super) struct Server {
    resolver: TokioResolver,
    within: Duration,
}

impl Server {
    /// The system's resolvers.
    pub(super) fn system(within: Duration) -> Result<Self, Failure> {
        let builder = TokioResolver::builder_tokio()?;
        Self::build(builder, within, true)
    }

    /// These resolvers.
    pub(super) fn resolvers(servers: &[SocketAddr], within: Duration) -> Result<Self, Failure> {
        Self::fixed(servers, within, true)
    }

    /// A server that is asked only about what it knows itself.
    pub(super) fn authority(server: SocketAddr, within: Duration) -> Result<Self, Failure> {
        Self::fixed(&[server], within, false)
    }

    fn fixed(servers: &[SocketAddr], within: Duration, recursive: bool) -> Result<Self, Failure> {
        let servers = servers.iter().map(|server| {
            let with_port = |mut connection: ConnectionConfig| {
                connection.port = server.port();
                connection
            };
            let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(with_port);
            NameServerConfig::new(server.ip(), true, connections.into())
        });
        let config = ResolverConfig::from_name_servers(servers.collect());
        let builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
        Self::build(builder, within, recursive)
    }

    fn build(
        mut builder: hickory_resolver::ResolverBuilder<TokioRuntimeProvider>,
        within: Duration,
        recursive: bool,
    ) -> Result<Self, Failure> {
        let options: &mut ResolverOpts = builder.options_mut();
        options.timeout = within / 2;
        options.attempts = 1;
        options.cache_size = 0;
        options.use_hosts_file = ResolveHosts::Never;
        options.recursion_desired = recursive;
        options.preserve_intermediates = true;
        let resolver = builder.build()?;
        Ok(Self { resolver, within })
    }

    /// Asks. No such record, and no such name, is an empty list.
    pub(super) async fn ask(&self, name: &str, kind: RecordType) -> Result<Vec<Found>, LookupError> {
        let failed = |source: Option<Failure>| LookupError::NoAnswer {
            name: name.to_owned(),
            source,
        };
        let full = Name::from_ascii(format!("{name}.")).map_err(|error| failed(Some(error.into())))?;
        match tokio::time::timeout(self.within, self.resolver.lookup(full, kind)).await {
            Ok(Ok(lookup)) => Ok(lookup
                .answers()
                .iter()
                .map(|record| (plain(&record.name), record.ttl, record.data.clone()))
                .collect()),
            Ok(Err(error)) if is_nothing(&error) => Ok(Vec::new()),
            Ok(Err(error)) => Err(failed(Some(error.into()))),
            Err(_) => Err(failed(None)),
        }
    }
}

/// Whether the server said that there is nothing, as opposed to nothing being said.
fn is_nothing(error: &NetError) -> bool {
    error.is_nx_domain() || error.is_no_records_found()
}

/// A name in lower case without the dot at the end.
pub(super) fn plain(name: &Name) -> String {
    let text = name.to_ascii().to_ascii_lowercase();
    text.trim_end_matches('.').to_owned()
}
