import API
import Machinery
import Sandbox

/// The files of /etc that a pod gets instead of the node's: its names and where it looks up others.
struct EtcFiles: Sendable {
    let pod: View<Pod>
    let hostname: String
    let podIPs: [String]
    let folder: String
    /// Of the cluster's name server; nil where the pod cannot reach it.
    var nameServer: String?

    /// Writes the files and says where they go.
    func make() throws -> [Mount] {
        try Files.makeFolder(folder, mode: 0o755)
        try Files.write(Array(hosts.utf8), to: folder + "/hosts", mode: 0o644)
        try Files.write(Array((hostname + "\n").utf8), to: folder + "/hostname", mode: 0o644)
        var mounts: [Mount] = [
            Mount(.host(path: folder + "/hosts"), at: "/etc/hosts"), Mount(.host(path: folder + "/hostname"), at: "/etc/hostname"),
        ]
        if let resolver {
            try Files.write(Array(resolver.utf8), to: folder + "/resolv.conf", mode: 0o644)
            mounts.append(Mount(.host(path: folder + "/resolv.conf"), at: "/etc/resolv.conf"))
        }
        return mounts
    }

    /// Source: `managedHostsFileContent` of pkg/kubelet/kubelet_pods.go.
    private var hosts: String {
        var text: String
        if pod.spec.hostNetwork {
            text = "# Kubernetes-managed hosts file (host network).\n" + String(decoding: Files.read("/etc/hosts") ?? [], as: UTF8.self)
            // The node's name is not the host's, so the host's file need not know it.
            for address in podIPs { text += "\(address)\t\(hostname)\n" }
        } else {
            text = "# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n"
            text += "fe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n"
            for address in podIPs { text += "\(address)\t\(fullName)\(hostname)\n" }
        }
        let aliases: [View<HostAlias>] = pod.spec.hostAliases
        if !aliases.isEmpty {
            text += "\n# Entries added by HostAliases.\n"
            for alias in aliases { text += "\(alias.ip)\t\(alias.hostnames.joined(separator: "\t"))\n" }
        }
        return text
    }

    /// The name that the pod has in its subdomain, before the short one.
    private var fullName: String {
        let isWhole: Bool = pod.spec.setHostnameAsFQDN == true || pod.spec.hostnameOverride?.isEmpty == false
        guard !pod.spec.subdomain.isEmpty, !isWhole else { return "" }
        return "\(hostname).\(pod.spec.subdomain).\(pod.namespace).svc.cluster.local\t"
    }

    /// nil leaves the node's file. Source: pkg/kubelet/network/dns.
    private var resolver: String? {
        let config: View<PodDNSConfig>? = pod.spec.dnsConfig
        let policy: String = pod.spec.dnsPolicy
        guard config != nil || policy == "None" || nameServer != nil else { return nil }
        var servers: [String] = []
        var searches: [String] = []
        var options: [String] = []
        if policy != "None" {
            for line in String(decoding: Files.read("/etc/resolv.conf") ?? [], as: UTF8.self).split(separator: "\n") {
                let words: [String] = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
                switch words.first {
                case "nameserver": servers += words.dropFirst()
                case "search": searches = Array(words.dropFirst())
                case "options": options = Array(words.dropFirst())
                default: break
                }
            }
            if let nameServer {
                // The node's own servers are out of a pod's reach; the cluster's asks them for it.
                servers = [nameServer]
                if policy == "ClusterFirstWithHostNet" || policy == "ClusterFirst" && !pod.spec.hostNetwork {
                    let domain = "cluster.local"
                    searches = ["\(pod.namespace).svc.\(domain)", "svc.\(domain)", domain] + searches
                    options = ["ndots:5"]
                }
            }
        }
        if let config {
            servers += config.nameservers.filter { !servers.contains($0) }
            searches += config.searches.filter { !searches.contains($0) }
            for option in config.options {
                let prefix: String = option.name + ":"
                options.removeAll { $0 == option.name || $0.hasPrefix(prefix) }
                options.append(option.value.map { "\(option.name):\($0)" } ?? option.name)
            }
        }
        var text = ""
        for server in servers.prefix(3) { text += "nameserver \(server)\n" }
        if !searches.isEmpty { text += "search \(searches.joined(separator: " "))\n" }
        if !options.isEmpty { text += "options \(options.joined(separator: " "))\n" }
        return text
    }
}
