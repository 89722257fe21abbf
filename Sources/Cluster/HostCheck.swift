import FoundationEssentials
import Glibc
import Machinery
import Network
import Sandbox

/// What the host can give to pods, tried out.
package enum HostCheck {
    package struct Finding: Sendable {
        /// What pods get by it.
        package let name: String
        /// What was found.
        package let detail: String
        /// What to do; nil when nothing is missing.
        package let remedy: String?
    }

    /// All findings, those that others rest on first. Blocks for some ten milliseconds; leaves nothing behind.
    package static func all() -> [Finding] {
        let folder: String = CheckFolder.make()
        defer { try? removeFolder(folder) }
        var findings: [Finding] = [
            Host.isolationProblem.map { Finding(name: "pods", detail: "none can run: \($0)", remedy: Host.isolationRemedy) }
                ?? Finding(name: "pods", detail: "each in namespaces of its own", remedy: nil)
        ]
        let configuration = ClusterNetwork.Configuration(
            folder: folder + "/network", addresses: [ClusterAddresses.gateway], ranges: [ClusterAddresses.services(.v4)])
        var network: ClusterNetwork?
        do throws(SandboxError) {
            network = try ClusterNetwork(configuration)
            findings.append(
                Finding(name: "networks of pods", detail: "the cluster gets a network of its own, and each pod in it", remedy: nil))
        } catch {
            findings.append(Finding(name: "networks of pods", detail: "\(error)", remedy: Host.isolationRemedy))
        }
        if let network {
            findings.append(identities(network))
            network.stop()
        }
        findings.append(
            PacketFilter.program.map {
                Finding(name: "routing of services", detail: "by \($0)", remedy: nil)
            }
                ?? Finding(
                    name: "routing of services", detail: "the program nft is not there", remedy: "install it: apt-get install nftables"))
        findings.append(wayOut)
        // As `start` does.
        OwnScope.enter(after: [])
        let groups = ControlGroups(name: "swkube-doctor-\(getpid())")
        groups.remove("")
        findings.append(
            Finding(
                name: "limits of containers",
                detail: groups.problem == nil
                    ? "processors, memory and processes, by control groups"
                    : "memory of each process, and the number of processes; processors not",
                remedy: groups.problem))
        findings.append(lowPorts)
        return findings
    }

    private static func identities(_ network: ClusterNetwork) -> Finding {
        let name = "users within pods"
        if Host.isRoot { return Finding(name: name, detail: "all of the host's", remedy: nil) }
        guard network.identities == 1 else { return Finding(name: name, detail: "\(network.identities) of them", remedy: nil) }
        return Finding(
            name: name, detail: "one, under any number: fsGroup and supplementalGroups have no effect",
            remedy: "apt-get install uidmap, and lines for this user in /etc/subuid and /etc/subgid")
    }

    /// Whether pods reach anything outside of the cluster.
    private static var wayOut: Finding {
        let name = "the way out of the cluster"
        guard let program = ClusterNetwork.egressProgram else {
            return Finding(
                name: name, detail: "none: pods reach the cluster alone",
                remedy: "apt-get install slirp4netns" + (Host.isRoot ? "" : ", or passt"))
        }
        guard access("/dev/net/tun", R_OK | W_OK) == 0 else {
            return Finding(name: name, detail: "none: /dev/net/tun is not open to this user", remedy: "as root: chmod 666 /dev/net/tun")
        }
        return Finding(name: name, detail: "to the internet and the host's addresses, by \(program.path)", remedy: nil)
    }

    /// Whether services may have their own port numbers on the host.
    private static var lowPorts: Finding {
        let name = "ports below 1024 on the host"
        if Host.isRoot || Host.firstUnprivilegedPort <= 80 { return Finding(name: name, detail: "open to this user", remedy: nil) }
        return Finding(
            name: name, detail: "not open to this user: services have port 80 at \(80 + Doors.offset), and so on",
            remedy: "as root: sysctl -w net.ipv4.ip_unprivileged_port_start=80")
    }
}

/// A folder for the time of a check.
private enum CheckFolder {
    static func make() -> String {
        var template: [CChar] = Array("/tmp/swkube-doctor-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { return "/tmp/swkube-doctor" }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
