import API
import Machinery
import Testing

@testable import Network

/// From policies, pods and namespaces to what may pass, and to the kernel's rules.
@Suite struct PolicyTests {
    private static let namespaces: [String: [String: String]] = ["x": ["ns": "x"], "y": ["ns": "y"]]

    private static let members: [PolicyMember] = [("x", "a", "10.244.0.2"), ("x", "b", "10.244.0.3"), ("y", "a", "10.244.0.4")].map {
        PolicyMember(
            namespace: $0, labels: ["pod": $1], addresses: [$2],
            ports: [PolicyMember.Port(name: "web", transport: .tcp, number: $0 == "x" ? 8080 : 9090)])
    }

    private func plan(_ specs: JSON...) -> PolicyPlan {
        let policies: [View<NetworkPolicy>] = specs.enumerated().map { index, spec in
            View<NetworkPolicy>(["metadata": ["name": .string("p\(index)"), "namespace": "x"], "spec": spec])
        }
        return PolicyPlan(policies: policies, members: Self.members, namespaces: Self.namespaces)
    }

    @Test func `without a policy nothing is said`() {
        #expect(plan().isEmpty)
        let ruleset = PolicyRuleset()
        #expect(ruleset.text(plan()) == "add table ip swkube-policy\ndelete table ip swkube-policy\n")
        #expect(ruleset.entry(plan()) == "add table ip swkube-policy-2\ndelete table ip swkube-policy-2\n")
    }

    @Test func `a policy without rules isolates what it selects, in its directions`() {
        let plan: PolicyPlan = plan(["podSelector": [:], "policyTypes": ["Ingress"]])
        #expect(plan.ingress == ["10.244.0.2": [], "10.244.0.3": []])
        #expect(plan.egress.isEmpty)
    }

    @Test func `policies add up, in whatever order`() {
        let deny: JSON = ["podSelector": [:], "policyTypes": ["Ingress"]]
        let allow: JSON = ["podSelector": ["matchLabels": ["pod": "a"]], "policyTypes": ["Ingress"], "ingress": [[:]]]
        #expect(plan(deny, allow) == plan(allow, deny))
        #expect(plan(deny, allow).ingress["10.244.0.2"] == [PolicyPlan.Allowance(peers: .anybody, ports: nil)])
        #expect(plan(deny, allow).ingress["10.244.0.3"] == [])
    }

    @Test func `a named port is the number that each target calls so`() {
        let into: JSON = ["podSelector": [:], "policyTypes": ["Ingress"], "ingress": [["ports": [["port": "web", "protocol": "TCP"]]]]]
        let ports: [[PolicyPlan.Ports]?] = plan(into).ingress["10.244.0.2"]?.map(\.ports) ?? []
        #expect(ports == [[PolicyPlan.Ports(transport: .tcp, range: 8080...8080)]])
        let out: JSON = ["podSelector": [:], "policyTypes": ["Egress"], "egress": [["ports": [["port": "web", "protocol": "TCP"]]]]]
        let allowed: Set<PolicyPlan.Allowance> = plan(out).egress["10.244.0.2"] ?? []
        #expect(
            allowed == [
                PolicyPlan.Allowance(
                    peers: .some(addresses: ["10.244.0.2", "10.244.0.3"], blocks: []),
                    ports: [PolicyPlan.Ports(transport: .tcp, range: 8080...8080)]),
                PolicyPlan.Allowance(
                    peers: .some(addresses: ["10.244.0.4"], blocks: []), ports: [PolicyPlan.Ports(transport: .tcp, range: 9090...9090)]),
            ])
        let unknown: JSON = ["podSelector": [:], "policyTypes": ["Ingress"], "ingress": [["ports": [["port": "other"]]]]]
        #expect(plan(unknown).ingress["10.244.0.2"] == [])
    }

    @Test func `peers, ranges with gaps and ports become rules of the kernel`() {
        let plan: PolicyPlan = plan(
            [
                "podSelector": ["matchLabels": ["pod": "b"]], "policyTypes": ["Ingress", "Egress"],
                "ingress": [
                    [
                        "from": [
                            ["namespaceSelector": ["matchLabels": ["ns": "y"]], "podSelector": ["matchLabels": ["pod": "a"]]],
                            ["ipBlock": ["cidr": "192.0.2.77/24", "except": ["192.0.2.0/30", "192.0.2.0/28"]]],
                            [
                                "ipBlock": [
                                    "cidr": "198.51.100.0/24",
                                    "except": ["198.51.100.1/32", "198.51.100.3/32", "198.51.100.5/32", "198.51.100.7/32"],
                                ]
                            ],
                        ],
                        "ports": [
                            ["port": 80], ["port": 81, "endPort": 90], ["port": 85, "endPort": 95, "protocol": "TCP"],
                            ["port": 53, "protocol": "UDP"], ["port": 5353, "protocol": "UDP"], ["protocol": "SCTP"],
                        ],
                    ]
                ],
                "egress": [["to": [["ipBlock": ["cidr": "0.0.0.0/0"]]]]],
            ])
        let text: String = PolicyRuleset().text(plan) + PolicyRuleset().entry(plan)
        for line in [
            "add set ip swkube-policy peers/0 { type ipv4_addr; }", "add element ip swkube-policy peers/0 { 10.244.0.4 }",
            "add set ip swkube-policy peers/1 { type ipv4_addr; flags interval; auto-merge; }",
            "add element ip swkube-policy peers/1 { 198.51.100.1/32, 198.51.100.3/32, 198.51.100.5/32, 198.51.100.7/32 }",
            "add rule ip swkube-policy in/0 ip saddr @peers/0 tcp dport 80-95 return",
            "add rule ip swkube-policy in/0 ip saddr @peers/0 udp dport { 53, 5353 } return",
            "add rule ip swkube-policy in/0 ip saddr @peers/0 meta l4proto sctp return",
            "add rule ip swkube-policy in/0 ip saddr 192.0.2.0/24 ip saddr != 192.0.2.0/28 ip saddr != 192.0.2.0/30 tcp dport 80-95 return",
            "add rule ip swkube-policy in/0 ip saddr 198.51.100.0/24 ip saddr != @peers/1 tcp dport 80-95 return",
            "add rule ip swkube-policy in/0 goto refused", "add rule ip swkube-policy out/0 return",
            "add map ip swkube-policy in { type ipv4_addr : verdict; }", "add element ip swkube-policy in { 10.244.0.3 : jump in/0 }",
            "add chain ip swkube-policy forward { type filter hook forward priority 10; }",
            "add rule ip swkube-policy forward jump forwarded",
        ] { #expect(text.contains(line + "\n"), "\(line) is not in\n\(text)") }
    }

    @Test func `each family has a table of the peers that it knows`() {
        let member = PolicyMember(namespace: "x", labels: ["pod": "b"], addresses: ["10.244.0.3", "fd00:10:244::3"])
        let policy = View<NetworkPolicy>([
            "metadata": ["name": "p", "namespace": "x"],
            "spec": [
                "podSelector": [:], "policyTypes": ["Ingress"],
                "ingress": [["from": [["ipBlock": ["cidr": "2001:db8::/32", "except": ["2001:db8:1::/48"]]], ["podSelector": [:]]]]],
            ],
        ])
        let plan = PolicyPlan(policies: [policy], members: [member], namespaces: Self.namespaces)
        #expect(plan.allows(from: "2001:db8::1", to: "fd00:10:244::3", port: 80, .tcp))
        #expect(!plan.allows(from: "2001:db8:1::1", to: "fd00:10:244::3", port: 80, .tcp))
        let ruleset = PolicyRuleset([.v4, .v6])
        let text: String = ruleset.text(plan) + ruleset.entry(plan)
        for line in [
            "add element ip swkube-policy peers/0 { 10.244.0.3 }", "add element ip swkube-policy in { 10.244.0.3 : jump in/0 }",
            "add set ip6 swkube-policy peers/0 { type ipv6_addr; }", "add element ip6 swkube-policy peers/0 { fd00:10:244::3 }",
            "add rule ip6 swkube-policy in/0 ip6 saddr 2001:db8::/32 ip6 saddr != 2001:db8:1::/48 return",
            "add rule ip6 swkube-policy refused reject with icmpv6 admin-prohibited",
            "add rule ip6 swkube-policy forwarded ip6 daddr vmap @in", "add rule ip6 swkube-policy forward jump forwarded",
        ] { #expect(text.contains(line + "\n"), "\(line) is not in\n\(text)") }
        #expect(!text.contains("ip saddr 2001"))
    }

    @Test func `pods that are not in this network are none to policies`() {
        func pod(_ spec: JSON, _ status: JSON) -> PolicyMember? {
            let pod = View<Pod>(["metadata": ["name": "p", "namespace": "x"], "spec": spec, "status": status])
            return PolicyMember(pod) { $0 == "imagined" }
        }
        #expect(pod(["nodeName": "local"], ["podIP": "10.244.0.9"])?.addresses == ["10.244.0.9"])
        #expect(pod(["nodeName": "imagined"], ["podIP": "10.244.0.9"]) == nil)
        #expect(pod(["nodeName": "local", "hostNetwork": true], ["podIP": "10.244.0.9"]) == nil)
        #expect(pod(["nodeName": "local"], ["podIP": "10.244.0.9", "phase": "Succeeded"]) == nil)
        #expect(pod(["nodeName": "local"], [:]) == nil)
    }
}
