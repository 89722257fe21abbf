/// Opens a TCP connection where the sockets of this process do not reach, such as to a pod in a network of its own.
///
/// Takes an address, a port and the time that it may take; returns a connected descriptor, which is the caller's then, or throws
/// ``HTTPError`` as a client of this process's own network would.
package typealias Dial = @Sendable (_ host: String, _ port: Int, _ timeout: Duration) async throws -> Int32
