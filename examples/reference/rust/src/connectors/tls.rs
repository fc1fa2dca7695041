//! TLS to a database, which asks of its certificate what `sslmode` says.
use std::sync::{Arc, LazyLock};

use rustls::{
    ClientConfig, DigitallySignedStruct, Error, RootCertStore,
    SignatureScheme,
    client::{
        danger::{
            HandshakeSignatureValid, ServerCertVerified,
            ServerCertVerifier,
        },
        verify_server_cert_signed_by_trust_anchor,
        verify_server_name,
    },
    crypto::{
        WebPkiSupportedAlgorithms, ring, verify_tls12_signature,
        verify_tls13_signature,
    },
    pki_types::{CertificateDer, ServerName, UnixTime},
    server::ParsedCertificate,
};
use rustls_native_certs::load_native_certs;
use tokio_postgres_rustls::MakeRustlsConnect;

/// The authorities that this machine trusts; where it names none, no certificate is good.
static TRUSTED: LazyLock<RootCertStore> = LazyLock::new(|| {
    let mut trusted = RootCertStore::empty();
    trusted.add_parsable_certificates(load_native_certs().certs);
    trusted
});

/// What is asked of a server's certificate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Certificate {
    /// Nothing: whoever answers is talked to.
    Any,
    /// An authority that this machine trusts has signed it.
    Trusted,
    /// And it is for the host that was asked for.
    OfHost,
}

/// TLS with servers whose certificates are as asked.
pub fn tls(asked: Certificate) -> MakeRustlsConnect {
    let provider = ring::default_provider();
    let algorithms = provider.signature_verification_algorithms;
    let verifier = Verifier { asked, algorithms };
    let config =
        ClientConfig::builder_with_provider(provider.into())
            .with_safe_default_protocol_versions()
            .expect("the provider's own versions")
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
    MakeRustlsConnect::new(config)
}

#[derive(Debug)]
struct Verifier {
    asked: Certificate,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        host: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if self.asked != Certificate::Any {
            let parsed =
                ParsedCertificate::try_from(certificate)?;
            verify_server_cert_signed_by_trust_anchor(
                &parsed,
                &TRUSTED,
                intermediates,
                now,
                self.algorithms.all,
            )?;
            if self.asked == Certificate::OfHost {
                verify_server_name(&parsed, host)?;
            }
        }
        Ok(ServerCertVerified::assertion())
    }

    // That the server has the certificate's key is asked in any case: a password may be bound to it.

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(
            message,
            certificate,
            signed,
            &self.algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(
            message,
            certificate,
            signed,
            &self.algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
