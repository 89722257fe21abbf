import Machinery

/// Endpoints and EndpointSlices.
enum EndpointDescription {
    private static func head(_ object: JSON, _ text: inout DescribeText) {
        text.field("Name", object.text(at: "metadata", "name"))
        text.field("Namespace", object.text(at: "metadata", "namespace"))
        text.labels(object[["metadata", "labels"]])
        text.annotations(object[["metadata", "annotations"]])
    }

    private static func ports(_ ports: [JSON], level: Int, _ text: inout DescribeText) {
        text.line(level, "Ports:")
        text.line(level + 1, "Name\tPort\tProtocol")
        text.line(level + 1, "----\t----\t--------")
        for port in ports {
            let name: String = port.text(at: "name")
            text.line(
                level + 1, "\(name.isEmpty ? "<unset>" : name)\t\(port["port"].map(GoText.of) ?? "<unset>")\t\(port.text(at: "protocol"))")
        }
    }

    static func writeEndpoints(_ endpoints: JSON, _ text: inout DescribeText) {
        head(endpoints, &text)
        text.line(0, "Subsets:")
        for subset in endpoints.list("subsets") {
            for (title, member) in [("Addresses", "addresses"), ("NotReadyAddresses", "notReadyAddresses")] {
                let addresses: String = subset.list(member).map { $0.text(at: "ip") }.joined(separator: ",")
                text.line(1, "\(title):\t\(addresses.isEmpty ? "<none>" : addresses)")
            }
            let all: [JSON] = subset.list("ports")
            if !all.isEmpty { ports(all, level: 1, &text) }
            text.line()
        }
    }

    static func writeSlice(_ slice: JSON, _ text: inout DescribeText) {
        head(slice, &text)
        text.field("AddressType", slice.text(at: "addressType"))
        let all: [JSON] = slice.list("ports")
        if all.isEmpty { text.line(0, "Ports: <unset>") } else { ports(all, level: 0, &text) }
        let endpoints: [JSON] = slice.list("endpoints")
        text.line(0, endpoints.isEmpty ? "Endpoints: <none>" : "Endpoints:")
        for endpoint in endpoints {
            text.line(1, "- Addresses:\t\(endpoint.list("addresses").compactMap(\.string).joined(separator: ", "))")
            text.line(2, "Conditions:")
            text.line(3, "Ready:\t\(endpoint[["conditions", "ready"]].map(GoText.of) ?? "<unset>")")
            text.line(2, "Hostname:\t\(endpoint["hostname"]?.string ?? "<unset>")")
            if let target = endpoint["targetRef"] { text.line(2, "TargetRef:\t\(target.text(at: "kind"))/\(target.text(at: "name"))") }
            text.line(2, "NodeName:\t\(endpoint["nodeName"]?.string ?? "<unset>")")
            text.line(2, "Zone:\t\(endpoint["zone"]?.string ?? "<unset>")")
        }
    }
}
