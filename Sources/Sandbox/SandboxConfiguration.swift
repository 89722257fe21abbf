/// What a sandbox is made of, before any container is in it.
package struct SandboxConfiguration: Sendable {
    /// Name for humans, seen in `ps`.
    package var id: String
    /// Folder of the sandbox, made with mode 0700 when missing: its socket, its record, its shared memory.
    package var folder: String
    /// Host name that its containers see.
    package var hostname: String
    /// Paths hidden from all its containers, such as the cluster's data folder.
    package var maskedPaths: [String]
    /// Whether the sandbox has a user namespace. An ordinary user needs one; root does without, as on any node, so that its containers
    /// may bind ports below 1024 in the node's network.
    package var userNamespace: Bool
    /// The cluster in whose namespaces the sandbox is born; nil leaves it to the host's.
    package var cluster: ClusterNetwork?
    /// The sandbox's own network, bound to the cluster's; nil leaves it in the cluster's, or in the host's where there is none.
    package var link: PodLink?
    /// Whether it shares System V and POSIX inter-process communication with the host.
    package var hostIPC = false
    /// Whether its processes are the host's, numbered as there, and see all of them.
    package var hostProcesses = false
    /// Kernel parameters of the sandbox's own namespaces, by their names with dots.
    package var parameters: [(name: String, value: String)] = []

    package init(
        id: String, folder: String, hostname: String, maskedPaths: [String] = [], userNamespace: Bool = !Host.isPrivileged
    ) {
        self.id = id
        self.folder = folder
        self.hostname = hostname
        self.maskedPaths = maskedPaths
        self.userNamespace = userNamespace
    }

    /// The last arguments of the parent. Source: CSandbox.h.
    var settings: [String] {
        var settings: [String] = []
        if userNamespace, cluster?.userNamespace != nil { settings.append("users=cluster") }
        if let link {
            settings.append("network=" + ([link.name] + zip(link.addresses, link.gateways).flatMap { [$0, $1] }).joined(separator: ","))
        } else if cluster != nil {
            settings.append("network=cluster")
        }
        if hostIPC { settings.append("ipc=host") }
        if hostProcesses { settings.append("processes=host") }
        for parameter in parameters {
            settings.append("parameter=" + String(parameter.name.map { $0 == "." ? "/" : $0 }) + "=" + parameter.value)
        }
        return settings
    }
}

/// A pod's own network: its addresses, and the way to all others through the cluster's namespace.
package struct PodLink: Sendable, Equatable {
    /// One of IPv4, such as `10.244.0.7`, and perhaps one of IPv6 after it.
    package var addresses: [String]
    /// The cluster's own address in each of these families, which the pod sees as its neighbour.
    package var gateways: [String]

    package init(addresses: [String], gateways: [String]) {
        self.addresses = addresses
        self.gateways = gateways
    }

    /// Of the interface in the cluster's namespace, whose other end is the pod's `eth0`; 15 bytes at most.
    package var name: String {
        "pod"
            + addresses[0].split(separator: ".").map { part in
                let digits = String(UInt8(part) ?? 0, radix: 16)
                return digits.count == 1 ? "0" + digits : digits
            }.joined()
    }
}
