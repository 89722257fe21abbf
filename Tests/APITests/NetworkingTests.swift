import API
import Machinery
import Testing

/// Ingresses, network policies, addresses and ranges. Source: kube-apiserver v1.36.
struct NetworkingTests {
    private func ingress(_ spec: String) throws -> Created<Ingress> {
        try Created(Ingress.self, #"{"metadata":{"name":"web","namespace":"default"},"spec":{\#(spec)}}"#)
    }

    private func policy(_ spec: String) throws -> Created<NetworkPolicy> {
        try Created(NetworkPolicy.self, #"{"metadata":{"name":"p","namespace":"default"},"spec":{\#(spec)}}"#)
    }

    private static let backend = #""backend":{"service":{"name":"web","port":{"number":80}}}"#

    private static func rule(_ path: String) -> String { #""rules":[{"host":"a.example","http":{"paths":[{\#(path)}]}}]"# }

    @Test func `an ingress shows its hosts, addresses and ports`() throws {
        let hosts = ["a", "b", "c", "d"].map { #"{"host":"\#($0).example"}"# }.joined(separator: ",")
        let made = try ingress(#""ingressClassName":"nginx","tls":[{"hosts":["a.example"],"secretName":"s"}],"rules":[\#(hosts)]"#)
        #expect(made.problems == [])
        #expect(made.cells == ["web", "nginx", "a.example,b.example,c.example + 1 more...", "", "80, 443", "<unknown>"])
    }

    @Test(arguments: [
        ("", "spec: Invalid value: null: either `defaultBackend` or `rules` must be specified"),
        (rule(#""path":"/",\#(backend)"#), "spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified"),
        (
            rule(#""path":"a","pathType":"Prefix",\#(backend)"#),
            #"spec.rules[0].http.paths[0].path: Invalid value: "a": must be an absolute path"#
        ),
        (
            rule(#""path":"/a//b","pathType":"Exact",\#(backend)"#),
            #"spec.rules[0].http.paths[0].path: Invalid value: "/a//b": must not contain '//'"#
        ),
        (
            rule(#""path":"/","pathType":"Best",\#(backend)"#),
            #"spec.rules[0].http.paths[0].pathType: Unsupported value: "Best": supported values: "Exact", "ImplementationSpecific", "Prefix""#
        ),
        (
            #""defaultBackend":{"service":{"name":"web"}}"#,
            "spec.defaultBackend: Required value: port name or number is required"
        ),
        (#""defaultBackend":{}"#, #"spec.defaultBackend: Invalid value: "": resource or service backend is required"#),
        (#""rules":[{"host":"10.0.0.1"}]"#, #"spec.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP address"#),
    ])
    func `an ingress that is wrong says so in the words of Kubernetes`(spec: String, problem: String) throws {
        let problems: [String] = try ingress(spec).problems
        #expect(problems.contains(problem), "\(problems)")
    }

    @Test func `the class in its old form brings a warning`() throws {
        let made = try Created(
            Ingress.self,
            #"{"metadata":{"name":"w","namespace":"default","annotations":{"kubernetes.io/ingress.class":"nginx"}},"spec":{"rules":[{}]}}"#)
        #expect(
            Ingress.warnings(made.object, from: nil)
                == [#"annotation "kubernetes.io/ingress.class" is deprecated, please use 'spec.ingressClassName' instead"#])
    }

    @Test func `a policy is about what its rules are about`() throws {
        #expect(try policy("").object.spec.policyTypes == ["Ingress"])
        let made = try policy(#""podSelector":{"matchLabels":{"app":"web"}},"egress":[{"ports":[{"port":53}]}]"#)
        #expect(made.problems == [])
        #expect(made.object.spec.policyTypes == ["Ingress", "Egress"])
        #expect(made.object.spec.egress.first?.ports.first?.protocol == "TCP")
        #expect(made.cells == ["p", "app=web", "<unknown>"])
    }

    @Test(arguments: [
        (#""ingress":[{"from":[{}]}]"#, "spec.ingress[0].from[0]: Required value: must specify a peer"),
        (
            #""ingress":[{"from":[{"podSelector":{},"ipBlock":{"cidr":"10.0.0.0/8"}}]}]"#,
            "spec.ingress[0].from[0]: Forbidden: may not specify both ipBlock and another peer"
        ),
        (
            #""egress":[{"to":[{"ipBlock":{"cidr":"10.0.0.0/8","except":["11.0.0.0/16"]}}]}]"#,
            #"spec.egress[0].to[0].ipBlock.except[0]: Invalid value: "11.0.0.0/16": must be a strict subset of `cidr`"#
        ),
        (
            #""ingress":[{"ports":[{"port":80,"endPort":79}]}]"#,
            "spec.ingress[0].ports[0].endPort: Invalid value: 80: must be greater than or equal to `port`"
        ),
        (
            #""ingress":[{"ports":[{"port":"http","endPort":90}]}]"#,
            "spec.ingress[0].ports[0].endPort: Invalid value: 90: may not be specified when `port` is non-numeric"
        ),
        (#""policyTypes":["Both"]"#, #"spec.policyTypes[0]: Unsupported value: "Both": supported values: "Egress", "Ingress""#),
    ])
    func `a policy that is wrong says so in the words of Kubernetes`(spec: String, problem: String) throws {
        let problems: [String] = try policy(spec).problems
        #expect(problems.contains(problem), "\(problems)")
    }

    @Test func `an address is named in its canonical form and keeps its owner`() throws {
        func address(_ name: String, _ owner: String) -> String {
            #"{"metadata":{"name":"\#(name)"},"spec":{"parentRef":{"resource":"services","namespace":"default","name":"\#(owner)"}}}"#
        }
        let made = try Created(ServiceIPAddress.self, address("10.96.0.1", "web"))
        #expect(made.problems == [] && made.cells == ["10.96.0.1", "services/default/web"])
        #expect(try made.problems(updatingTo: address("10.96.0.1", "other")).first?.hasSuffix("field is immutable") == true)
        #expect(try Created(ServiceIPAddress.self, address("web", "web")).problems.count == 1)
        #expect(try Created(ServiceIPAddress.self, address("2001:DB8::1", "web")).problems.count == 1)
    }

    @Test func `a range may get one of the other family and nothing else`() throws {
        func range(_ cidrs: String) -> String { #"{"metadata":{"name":"r"},"spec":{"cidrs":[\#(cidrs)]}}"# }
        let made = try Created(ServiceCIDR.self, range(#""10.96.0.0/16""#))
        #expect(made.problems == [] && made.cells == ["r", "10.96.0.0/16", "<unknown>"])
        #expect(try made.problems(updatingTo: range(#""10.96.0.0/16","fd00::/112""#)) == [])
        #expect(
            try made.problems(updatingTo: range(#""10.97.0.0/16""#))
                == [#"spec.cidrs[0]: Invalid value: "10.97.0.0/16": field is immutable"#])
        #expect(try Created(ServiceCIDR.self, range("")).problems == ["spec.cidrs: Required value: at least one CIDR required"])
        #expect(
            try Created(ServiceCIDR.self, range(#""10.96.0.1/16""#)).problems
                == [#"spec.cidrs[0]: Invalid value: "10.96.0.1/16": must not have bits set beyond the prefix length"#])
    }
}
