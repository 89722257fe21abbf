import API
import Machinery
import Testing

/// Endpoints, slices, budgets, priorities and events. Source: kube-apiserver v1.36.
struct EndpointTests {
    private let meta = #""metadata":{"name":"web","namespace":"default"}"#

    @Test func `endpoints show three addresses and count the others`() throws {
        let made = try Created(
            Endpoints.self,
            #"{\#(meta),"subsets":[{"addresses":[{"ip":"10.0.0.1"},{"ip":"10.0.0.2"}],"ports":[{"port":80},{"port":81,"name":"b"}]}]}"#)
        #expect(made.problems == ["subsets[0].ports[0].name: Required value"])
        #expect(made.cells == ["web", "10.0.0.1:80,10.0.0.2:80,10.0.0.1:81 + 1 more...", "<unknown>"])
    }

    @Test func `a slice has at least one address for each endpoint`() throws {
        let made = try Created(
            EndpointSlice.self,
            #"{\#(meta),"addressType":"IPv4","endpoints":[{"addresses":["127.0.0.1"]},{"addresses":[]}],"ports":[{"port":80}]}"#)
        #expect(
            made.problems == [
                "endpoints[1].addresses: Required value: must contain at least 1 address"
            ])
        #expect(made.object.ports.first?.protocol == "TCP")
        #expect(made.cells == ["web", "IPv4", "80", "127.0.0.1", "<unknown>"])
    }

    @Test func `loopback addresses are endpoints only where pods may have them, and no external addresses`() throws {
        let range = "may not be in the loopback range (127.0.0.0/8, ::1/128)"
        let slice = try Created(EndpointSlice.self, #"{\#(meta),"addressType":"IPv6","endpoints":[{"addresses":["::1"]}],"ports":[]}"#)
        #expect(slice.problems == [#"endpoints[0].addresses[0]: Invalid value: "::1": \#(range)"#])
        let service = try Created(Service.self, #"{\#(meta),"spec":{"ports":[{"port":80}],"externalIPs":["127.0.0.1"]}}"#)
        #expect(service.problems == [#"spec.externalIPs[0]: Invalid value: "127.0.0.1": \#(range)"#])
    }

    @Test func `a budget takes one of its two limits`() throws {
        let made = try Created(PodDisruptionBudget.self, #"{\#(meta),"spec":{"minAvailable":"101%","maxUnavailable":1}}"#)
        #expect(
            made.problems == [
                #"spec.minAvailable: Invalid value: "101%": must not be greater than 100%"#,
                #"spec: Invalid value: {"minAvailable":"101%","maxUnavailable":1}: minAvailable and maxUnavailable cannot be both set"#,
            ])
        #expect(made.cells == ["web", "101%", "1", "0", "<unknown>"])
    }

    @Test func `users have priorities up to a thousand million`() throws {
        let made = try Created(PriorityClass.self, #"{"metadata":{"name":"high"},"value":1000000001}"#)
        #expect(made.problems == ["value: Forbidden: maximum allowed value of a user defined priority is 1000000000"])
        #expect(made.object.preemptionPolicy == "PreemptLowerPriority")
        let system = try Created(PriorityClass.self, #"{"metadata":{"name":"system-node-critical"},"value":2000001000}"#)
        #expect(system.problems == [])
    }

    @Test func `an event speaks of its own namespace and shows how often it happened`() throws {
        let made = try Created(
            Event.self,
            #"{"metadata":{"name":"e","namespace":"a"},"involvedObject":{"kind":"Pod","name":"p","namespace":"b"},"reason":"Failed","#
                + #""message":"no image\n","type":"Warning","count":3,"firstTimestamp":"1970-01-01T00:00:00Z","#
                + #""lastTimestamp":"1970-01-01T00:01:00Z"}"#)
        #expect(made.problems == [#"involvedObject.namespace: Invalid value: "b": does not match event.namespace"#])
        #expect(made.cells == ["60s", "Warning", "Failed", "pod/p", "", "", "no image", "2m", "3", "e"])
    }

    @Test func `selectors match and print as queries`() throws {
        let selector = View<LabelSelector>(
            try JSON(
                parsing: #"{"matchLabels":{"app":"web"},"matchExpressions":[{"key":"tier","operator":"In","values":["b","a"]},"#
                    + #"{"key":"canary","operator":"DoesNotExist"}]}"#))
        #expect(selector.text == "app=web,!canary,tier in (a,b)")
        #expect(selector.matches(["app": "web", "tier": "a"]))
        #expect(!selector.matches(["app": "web"]))
        #expect(!selector.matches(["app": "web", "tier": "a", "canary": "1"]))
    }
}
