import Machinery

/// A Service and where it leads.
enum ServiceDescription {
    /// - Parameter slices: its EndpointSlices.
    static func write(_ service: JSON, _ slices: [JSON], _ text: inout DescribeText) {
        text.field("Name", service.text(at: "metadata", "name"))
        text.field("Namespace", service.text(at: "metadata", "namespace"))
        text.labels(service[["metadata", "labels"]])
        text.annotations(service[["metadata", "annotations"]])
        text.field("Selector", LabelText.joined(service[["spec", "selector"]]))
        text.field("Type", service.text(at: "spec", "type"))
        if let policy = service[["spec", "ipFamilyPolicy"]]?.string { text.field("IP Family Policy", policy) }
        let families: [String] = service.list("spec", "ipFamilies").compactMap(\.string)
        text.field("IP Families", families.isEmpty ? "<none>" : families.joined(separator: ","))
        text.field("IP", service.text(at: "spec", "clusterIP"))
        let addresses: [String] = service.list("spec", "clusterIPs").compactMap(\.string)
        text.field("IPs", addresses.isEmpty ? "<none>" : addresses.joined(separator: ","))
        let external: [String] = service.list("spec", "externalIPs").compactMap(\.string)
        if !external.isEmpty { text.field("External IPs", external.joined(separator: ",")) }
        let desired: String = service.text(at: "spec", "loadBalancerIP")
        if !desired.isEmpty { text.field("Desired LoadBalancer IP", desired) }
        let name: String = service.text(at: "spec", "externalName")
        if !name.isEmpty { text.field("External Name", name) }
        let ingress: [String] = service.list("status", "loadBalancer", "ingress").map { entry in
            let place: String = entry["ip"]?.string ?? entry.text(at: "hostname")
            return entry["ipMode"]?.string.map { "\(place) (\($0))" } ?? place
        }
        if !ingress.isEmpty { text.field("LoadBalancer Ingress", ingress.joined(separator: ", ")) }
        for port in service.list("spec", "ports") {
            let label: String = port["name"]?.string.flatMap { $0.isEmpty ? nil : $0 } ?? "<unset>"
            text.line(0, "Port:\t\(label)\t\(port.number("port"))/\(port.text(at: "protocol"))")
            text.line(0, "TargetPort:\t\(port.text(at: "targetPort"))/\(port.text(at: "protocol"))")
            if port.number("nodePort") != 0 { text.line(0, "NodePort:\t\(label)\t\(port.number("nodePort"))/\(port.text(at: "protocol"))") }
            text.field("Endpoints", endpoints(port, slices))
        }
        text.field("Session Affinity", service.text(at: "spec", "sessionAffinity"))
        let externalPolicy: String = service.text(at: "spec", "externalTrafficPolicy")
        if !externalPolicy.isEmpty { text.field("External Traffic Policy", externalPolicy) }
        let internalPolicy: String = service.text(at: "spec", "internalTrafficPolicy")
        if !internalPolicy.isEmpty { text.field("Internal Traffic Policy", internalPolicy) }
        if service.number("spec", "healthCheckNodePort") != 0 {
            text.field("HealthCheck NodePort", "\(service.number("spec", "healthCheckNodePort"))")
        }
        let ranges: [String] = service.list("spec", "loadBalancerSourceRanges").compactMap(\.string)
        if !ranges.isEmpty { text.field("LoadBalancer Source Ranges", ranges.joined(separator: ",")) }
    }

    /// The ready addresses behind a port: three, and how many more. Empty when none is ready, `<none>` when there is no slice.
    static func endpoints(_ port: JSON, _ slices: [JSON]) -> String {
        if slices.isEmpty { return "<none>" }
        var addresses: [String] = []
        let limit: Int = 3
        var more: Int = 0
        for slice in slices {
            for target in slice.list("ports") where target.text(at: "name") == port.text(at: "name") {
                for endpoint in slice.list("endpoints") where endpoint[["conditions", "ready"]]?.bool != false {
                    for address in endpoint.list("addresses").compactMap(\.string) {
                        if addresses.count == limit {
                            more += 1
                        } else {
                            addresses.append((address.contains(":") ? "[\(address)]" : address) + ":\(target.number("port"))")
                        }
                    }
                }
            }
        }
        return addresses.joined(separator: ",") + (more > 0 ? " + \(more) more..." : "")
    }
}
