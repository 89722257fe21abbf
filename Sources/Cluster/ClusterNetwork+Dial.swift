import Glibc
import HTTP
import Sandbox

extension ClusterNetwork {
    /// Connects to pods and Services for the parts that know nothing of namespaces; from the host where the cluster has no way to an
    /// address. nil where pods share the host's network: everybody reaches them.
    var dial: Dial? {
        guard isOwn else { return nil }
        let host = ClusterNetwork(hostNetworkBecause: nil)
        return { address, port, timeout in
            do throws(SandboxError) {
                do throws(SandboxError) {
                    return try await self.connect(address, port: port, timeout: timeout)
                } catch  where error.errno == ENETUNREACH {
                    return try await host.connect(address, port: port, timeout: timeout)
                }
            } catch {
                let place = "\(address):\(port)"
                switch error.errno {
                case ECONNREFUSED: throw HTTPError.connectionRefused(place)
                case ETIMEDOUT: throw HTTPError.timedOut(place)
                default: throw HTTPError.unreachable(place, reason: error.reason)
                }
            }
        }
    }
}
