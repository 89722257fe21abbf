import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// What a failed attempt to connect means.
enum ConnectFailure {
    static func words(for error: any Error, _ configuration: HTTPClientConfiguration) -> any Error {
        switch error {
        case let error as NIOConnectionError:
            // A name may have several addresses: a refusal by one of them says more than a missing IPv6 route.
            let failures: [any Error] = error.connectionErrors.map(\.error)
            if failures.isEmpty { return HTTPError.unknownHost(configuration.host) }
            let refused: (any Error)? = failures.first { ($0 as? IOError)?.errnoCode == SystemErrno.connectionRefused }
            return words(for: refused ?? failures[0], configuration)
        case is SocketAddressError: return HTTPError.unknownHost(configuration.host)
        case ChannelError.connectTimeout: return HTTPError.timedOut(configuration.address)
        case let error as IOError:
            switch error.errnoCode {
            case SystemErrno.connectionRefused: return HTTPError.connectionRefused(configuration.address)
            case SystemErrno.timedOut: return HTTPError.timedOut(configuration.address)
            default: return HTTPError.unreachable(configuration.address, reason: SystemErrno.text(error.errnoCode))
            }
        case let error as HTTPError: return error
        default: return HTTPError.unreachable(configuration.address, reason: String(describing: error))
        }
    }
}

/// What an error on an open connection means.
enum TransportFailure {
    /// `peer` is the server's certificate, as far as the handshake came.
    static func words(for error: any Error, _ configuration: HTTPClientConfiguration, peer: NIOSSLCertificate?) -> HTTPError {
        let address: String = configuration.address
        switch error {
        case let error as NIOSSLExtraError where error == .failedToValidateHostname:
            return .tls(address, problem: CertificateRefusal.names(peer, wanted: configuration.expectedName))
        case NIOSSLError.handshakeFailed(let reason):
            return .tls(address, problem: CertificateRefusal.handshake(reason, peer: peer))
        case NIOSSLError.uncleanShutdown: return .closed(address)
        case let error as BoringSSLError:
            return .tls(address, problem: CertificateRefusal.alert(error))
        case is HTTPParserError: return .malformedAnswer(address)
        case let error as IOError:
            let isClose: Bool = error.errnoCode == SystemErrno.connectionReset || error.errnoCode == SystemErrno.brokenPipe
            return isClose ? .closed(address) : .unreachable(address, reason: SystemErrno.text(error.errnoCode))
        case let error as HTTPError: return error
        default: return .unreachable(address, reason: String(describing: error))
        }
    }
}
