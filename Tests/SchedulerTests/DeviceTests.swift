import API
import Machinery
import Testing

@testable import Scheduler

/// Devices for ResourceClaims. Source: the allocator's own tests in staging/src/k8s.io/dynamic-resource-allocation/structured.
struct DeviceTests {
    private static let driver = "gpu.example.com"

    /// - Parameter devices: members of each device beside its name, as JSON.
    private func slice(
        _ node: String, _ devices: [String], counters: String = "", generation: Int = 1, of count: Int = 1
    ) throws -> View<ResourceSlice> {
        let all: String = devices.enumerated().map { #"{"name":"d\#($0)"\#($1.isEmpty ? "" : "," + $1)}"# }.joined(separator: ",")
        let content: String = counters.isEmpty ? #""devices":[\#(all)]"# : #""sharedCounters":[\#(counters)]"#
        let name: String = "\(node)-\(counters.isEmpty ? "devices" : "counters")-\(generation)"
        return View(
            try JSON(
                parsing: Array(
                    (#"{"metadata":{"name":"\#(name)","uid":"\#(name)"},"spec":{"driver":"\#(Self.driver)","nodeName":"\#(node)","#
                        + #""pool":{"name":"\#(node)","generation":\#(generation),"resourceSliceCount":\#(count)},\#(content)}}"#).utf8)))
    }

    private func claim(_ name: String, _ devices: String) throws -> View<ResourceClaim> {
        View(
            try JSON(
                parsing: Array(
                    #"{"metadata":{"name":"\#(name)","namespace":"default","uid":"\#(name)"},"spec":{"devices":{\#(devices)}}}"#.utf8)))
    }

    private func cluster(_ slices: [View<ResourceSlice>], _ claims: [View<ResourceClaim>]) throws -> ClusterCopy {
        var cluster = ClusterCopy()
        for name in ["a", "b"] { _ = cluster.set(try nodeView(name)) }
        _ = cluster.setDeviceClass(
            "gpu",
            DeviceClass.new("gpu") {
                $0.spec.selectors = [View<DeviceSelector>(["cel": ["expression": "device.driver == 'gpu.example.com'"]])]
            })
        for slice in slices { _ = cluster.setDevices(slice.name, before: nil, after: slice) }
        for claim in claims { _ = cluster.setDeviceClaim(claim.key, claim) }
        return cluster
    }

    private func user(_ name: String, _ claims: String...) throws -> PodInfo {
        let uses: String = claims.map { #"{"name":"\#($0)","resourceClaimName":"\#($0)"}"# }.joined(separator: ",")
        return try pod(name, #""resourceClaims":[\#(uses)]"#)
    }

    /// Places the pod and gives it its devices: node, then request and device of each, or the message.
    private func place(_ pod: PodInfo, _ cluster: inout ClusterCopy) -> String {
        switch Decision.make(for: pod, cluster.snapshot) {
        case .nowhere(let unfit): return unfit.message
        case .node(let node):
            let given: [ObjectKey: View<AllocationResult>] = cluster.promiseDevices(to: pod, on: node)
            cluster.assume(pod, on: node)
            let parts: [String] = given.sorted { $0.key.name < $1.key.name }.flatMap { key, allocation in
                allocation.devices.results.map { result in
                    "\(result.request)=\(result.device)" + result.consumedCapacity.map { " \($0.key)=\($0.value)" }.joined()
                }
            }
            return ([node] + parts).joined(separator: " ")
        }
    }

    private func exactly(_ name: String, _ more: String = "") -> String {
        #"{"name":"\#(name)","exactly":{"deviceClassName":"gpu"\#(more.isEmpty ? "" : "," + more)}}"#
    }

    @Test func `each device is given once, and free again when its claim lets it go`() throws {
        let claims: [View<ResourceClaim>] = try ["x", "y", "z"].map { try claim($0, #""requests":[\#(exactly("gpu"))]"#) }
        var cluster: ClusterCopy = try cluster([try slice("b", ["", ""])], claims)
        #expect(place(try user("p", "x"), &cluster) == "b gpu=d0")
        #expect(place(try user("q", "y"), &cluster) == "b gpu=d1")
        #expect(place(try user("r", "z"), &cluster) == "0/2 nodes are available: 2 cannot allocate all claims.")
        // A claim that is being given devices is nobody else's to give.
        #expect(
            place(try user("s", "x"), &cluster)
                == "0/2 nodes are available: resource claim default/x is in the process of being allocated.")
        cluster.withdrawDevices(from: try user("p", "x"))
        #expect(place(try user("r", "z"), &cluster) == "b gpu=d0")
    }

    @Test func `a claim that has its devices binds pods to where they are`() throws {
        var given: View<ResourceClaim> = try claim("x", #""requests":[\#(exactly("gpu"))]"#)
        var cluster: ClusterCopy = try cluster([try slice("b", [""])], [given])
        let devices = cluster.promiseDevices(to: try user("p", "x"), on: "b")
        given.status.allocation = devices[given.key]
        guard case .deviceClaimChanged(_, let frees) = cluster.setDeviceClaim(given.key, given) else { return #expect(Bool(false)) }
        #expect(!frees)
        #expect(place(try user("p", "x"), &cluster) == "b")
        _ = cluster.removeNode("b")
        #expect(place(try user("q", "x"), &cluster) == "0/1 nodes are available: 1 resourceclaim not available on the node.")
    }

    @Test(arguments: [
        // Conditions of class and claim.
        (
            #"{"name":"r","exactly":{"deviceClassName":"gpu","selectors":[{"cel":{"expression":"device.attributes['gpu.example.com'].model == 'large'"}}]}}"#,
            "", "a r=d1"
        ),
        (
            #"{"name":"r","exactly":{"deviceClassName":"gpu","selectors":[{"cel":{"expression":"device.capacity['gpu.example.com'].memory.compareTo(quantity('20Gi')) >= 0"}}]}}"#,
            "", "a r=d2"
        ),
        (
            #"{"name":"r","exactly":{"deviceClassName":"gpu","selectors":[{"cel":{"expression":"device.attributes['gpu.example.com'].version.isGreaterThan(semver('1.5.0'))"}}]}}"#,
            "", "a r=d2"
        ),
        (
            #"{"name":"r","exactly":{"deviceClassName":"gpu","selectors":[{"cel":{"expression":"has(device.attributes['other.example.com'].model)"}}]}}"#,
            "", "0/2 nodes are available: 2 cannot allocate all claims."
        ),
        // How many.
        (#"{"name":"r","exactly":{"deviceClassName":"gpu","count":2}}"#, "", "a r=d0 r=d1"),
        (#"{"name":"r","exactly":{"deviceClassName":"gpu","allocationMode":"All"}}"#, "", "a r=d0 r=d1 r=d2"),
        (#"{"name":"r","exactly":{"deviceClassName":"gpu","count":4}}"#, "", "0/2 nodes are available: 2 cannot allocate all claims."),
        // The first description that can be had.
        (
            #"{"name":"r","firstAvailable":[{"name":"many","deviceClassName":"gpu","count":9},{"name":"one","deviceClassName":"gpu"}]}"#,
            "", "a r/one=d0"
        ),
        // Together: the first choice of the first request leaves nothing for the second.
        (
            #"{"name":"r","exactly":{"deviceClassName":"gpu"}},{"name":"s","exactly":{"deviceClassName":"gpu"}}"#,
            #"{"requests":["r","s"],"matchAttribute":"gpu.example.com/model"}"#, "a r=d1 s=d2"
        ),
        (
            #"{"name":"r","exactly":{"deviceClassName":"gpu","count":2}}"#,
            #"{"requests":["r"],"distinctAttribute":"gpu.example.com/model"}"#, "a r=d0 r=d1"
        ),
        (
            #"{"name":"r","exactly":{"deviceClassName":"none"}}"#, "",
            "0/2 nodes are available: request r: device class none does not exist."
        ),
    ]) func `what a claim says decides what it gets`(requests: String, constraints: String, expected: String) throws {
        let devices: [String] = [
            #""attributes":{"model":{"string":"small"},"version":{"version":"1.0.0"}},"capacity":{"memory":{"value":"16Gi"}}"#,
            #""attributes":{"model":{"string":"large"},"version":{"version":"1.5.0"}},"capacity":{"memory":{"value":"16Gi"}}"#,
            #""attributes":{"gpu.example.com/model":{"string":"large"},"version":{"version":"2.0.0"}},"capacity":{"memory":{"value":"32Gi"}}"#,
        ]
        let wanted: View<ResourceClaim> = try claim("x", #""requests":[\#(requests)],"constraints":[\#(constraints)]"#)
        var cluster: ClusterCopy = try cluster([try slice("a", devices)], [wanted])
        #expect(place(try user("p", "x"), &cluster) == expected)
    }

    @Test func `who only looks on takes nothing`() throws {
        let claims: [View<ResourceClaim>] = [
            try claim("x", #""requests":[\#(exactly("gpu"))]"#),
            try claim("y", #""requests":[\#(exactly("gpu", #""adminAccess":true"#))]"#),
        ]
        var cluster: ClusterCopy = try cluster([try slice("a", [""])], claims)
        #expect(place(try user("p", "x"), &cluster) == "a gpu=d0")
        #expect(place(try user("q", "y"), &cluster) == "a gpu=d0")
        #expect(cluster.snapshot.devices.uses.count == 1)
    }

    @Test func `a device with a taint is for claims that bear it`() throws {
        let tainted: String = #""taints":[{"key":"broken","effect":"NoSchedule"}]"#
        let bearing: String = #""tolerations":[{"key":"broken","operator":"Exists"}]"#
        var cluster: ClusterCopy = try cluster(
            [try slice("a", [tainted])],
            [try claim("x", #""requests":[\#(exactly("gpu"))]"#), try claim("y", #""requests":[\#(exactly("gpu", bearing))]"#)])
        #expect(place(try user("p", "x"), &cluster) == "0/2 nodes are available: 2 cannot allocate all claims.")
        #expect(place(try user("q", "y"), &cluster) == "a gpu=d0")
    }

    @Test func `devices that share counters take no more than there is`() throws {
        let half: String = #""consumesCounters":[{"counterSet":"card","counters":{"memory":{"value":"20Gi"}}}]"#
        var cluster: ClusterCopy = try cluster(
            [
                try slice("a", [half, half, half], of: 2),
                try slice("a", [], counters: #"{"name":"card","counters":{"memory":{"value":"40Gi"}}}"#, of: 2),
            ], try ["x", "y", "z"].map { try claim($0, #""requests":[\#(exactly("gpu"))]"#) })
        #expect(place(try user("p", "x"), &cluster) == "a gpu=d0")
        #expect(place(try user("q", "y"), &cluster) == "a gpu=d1")
        #expect(place(try user("r", "z"), &cluster) == "0/2 nodes are available: 2 cannot allocate all claims.")
    }

    @Test(arguments: [
        // What nobody asks for is taken whole, or by the policy's default.
        ("", "", ["a gpu=d0 memory=40Gi", "full"]),
        ("", #""requestPolicy":{"default":"15Gi"}"#, ["a gpu=d0 memory=15Gi", "a gpu=d0 memory=15Gi", "full"]),
        // Of what is asked for, as much as the policy lets one have.
        ("18Gi", "", ["a gpu=d0 memory=18Gi", "a gpu=d0 memory=18Gi", "full"]),
        (
            "9Gi", #""requestPolicy":{"default":"8Gi","validValues":["8Gi","16Gi"]}"#,
            ["a gpu=d0 memory=16Gi", "a gpu=d0 memory=16Gi", "full"]
        ),
        ("17Gi", #""requestPolicy":{"default":"8Gi","validValues":["8Gi","16Gi"]}"#, ["full"]),
        (
            "13Gi", #""requestPolicy":{"default":"8Gi","validRange":{"min":"8Gi","max":"24Gi","step":"4Gi"}}"#,
            ["a gpu=d0 memory=16Gi", "a gpu=d0 memory=16Gi", "full"]
        ),
        ("25Gi", #""requestPolicy":{"default":"8Gi","validRange":{"min":"8Gi","max":"24Gi"}}"#, ["full"]),
    ]) func `a shared device gives parts until it is used up`(wanted: String, policy: String, expected: [String]) throws {
        let shared: String =
            #""allowMultipleAllocations":true,"capacity":{"memory":{"value":"40Gi"\#(policy.isEmpty ? "" : "," + policy)}}"#
        let asked: String = wanted.isEmpty ? "" : #""capacity":{"requests":{"memory":"\#(wanted)"}}"#
        let names: [String] = (0..<expected.count).map { "x\($0)" }
        var cluster: ClusterCopy = try cluster(
            [try slice("a", [shared])], try names.map { try claim($0, #""requests":[\#(exactly("gpu", asked))]"#) })
        for (name, answer) in zip(names, expected) {
            let full = "0/2 nodes are available: 2 cannot allocate all claims."
            #expect(place(try user(name, name), &cluster) == (answer == "full" ? full : answer))
        }
        cluster.withdrawDevices(from: try user("x0", "x0"))
        #expect(cluster.snapshot.devices.uses.values.first?.shares ?? 0 == max(0, expected.count - 2))
    }

    @Test(arguments: [
        (#""count":2,"capacity":{"requests":{"memory":"20Gi"}}"#, "", "a gpu=d0 memory=20Gi gpu=d0 memory=20Gi"),
        // Each part of another device.
        (
            #""count":2,"capacity":{"requests":{"memory":"20Gi"}}"#, #"{"distinctAttribute":"gpu.example.com/index"}"#,
            "a gpu=d0 memory=20Gi gpu=d1 memory=20Gi"
        ),
        (
            #""allocationMode":"All","capacity":{"requests":{"memory":"1Gi"}}"#, "",
            "a gpu=d0 memory=1Gi gpu=d1 memory=1Gi"
        ),
        (#""capacity":{"requests":{"cores":"1"}}"#, "", "0/2 nodes are available: 2 cannot allocate all claims."),
    ]) func `a request may have several parts of one device`(request: String, constraints: String, expected: String) throws {
        let shared: [String] = (0..<2).map {
            #""allowMultipleAllocations":true,"attributes":{"index":{"int":\#($0)}},"capacity":{"memory":{"value":"40Gi"}}"#
        }
        var cluster: ClusterCopy = try cluster(
            [try slice("a", shared)], [try claim("x", #""requests":[\#(exactly("gpu", request))],"constraints":[\#(constraints)]"#)])
        #expect(place(try user("p", "x"), &cluster) == expected)
    }

    @Test(arguments: ["example.com/gpu", "deviceclass.resource.kubernetes.io/gpu"])
    func `devices serve resources that their class names`(resource: String) throws {
        var cluster: ClusterCopy = try cluster([try slice("b", ["", ""])], [])
        let wanting: PodInfo = try pod(
            "p", #""containers":[{"name":"m","resources":{"requests":{"\#(resource)":"2","cpu":"1m"}}}]"#)
        if resource == "example.com/gpu" {
            #expect(place(wanting, &cluster) == "0/2 nodes are available: 2 Insufficient example.com/gpu.")
        }
        _ = cluster.setDeviceClass("gpu", DeviceClass.new("gpu") { $0.spec.extendedResourceName = "example.com/gpu" })
        #expect(place(wanting, &cluster) == "b container-0-request-0=d0 container-0-request-0=d1")
        cluster.withdrawDevices(from: wanting)
        #expect(cluster.snapshot.devices.uses.isEmpty)
    }

    @Test(arguments: [
        ("[]", DeviceReadiness.waiting), (#"[{"type":"attached","status":"False"}]"#, .waiting),
        (#"[{"type":"attached","status":"True"}]"#, .ready),
        (
            #"[{"type":"attached","status":"True"},{"type":"broken","status":"True"}]"#,
            .failed(device: "gpu.example.com/a/d0", condition: "broken")
        ),
    ]) func `a pod waits until its devices are ready`(conditions: String, expected: DeviceReadiness) throws {
        var given: View<ResourceClaim> = try claim("x", #""requests":[\#(exactly("gpu"))]"#)
        var cluster: ClusterCopy = try cluster(
            [try slice("a", [#""bindingConditions":["attached"],"bindingFailureConditions":["broken"],"bindsToNode":true"#])], [given])
        given.status.allocation = cluster.promiseDevices(to: try user("p", "x"), on: "a")[given.key]
        given.json[["status", "devices"]] = [
            ["driver": "gpu.example.com", "pool": "a", "device": "d0", "conditions": try JSON(parsing: Array(conditions.utf8))]
        ]
        #expect(DeviceReadiness(given) == expected)
    }

    @Test func `only the newest generation of a pool counts`() throws {
        var cluster: ClusterCopy = try cluster(
            [try slice("a", ["", ""]), try slice("a", [""], generation: 2)],
            [try claim("x", #""requests":[\#(exactly("gpu", #""count":2"#))]"#)])
        #expect(place(try user("p", "x"), &cluster) == "0/2 nodes are available: 2 cannot allocate all claims.")
        _ = cluster.setDevices("a-devices-2", before: try slice("a", [""], generation: 2), after: nil)
        #expect(place(try user("p", "x"), &cluster) == "a gpu=d0 gpu=d1")
    }

    @Test func `a claim that is yet to be made holds its pod back`() throws {
        var cluster: ClusterCopy = try cluster([], [])
        let waiting: PodInfo = try pod("p", #""resourceClaims":[{"name":"gpu","resourceClaimTemplateName":"t"}]"#)
        #expect(place(waiting, &cluster) == "0/2 nodes are available: pod claim gpu: resource claim not created yet.")
        #expect(
            place(try user("q", "x"), &cluster)
                == #"0/2 nodes are available: resourceclaim.resource.k8s.io "x" not found."#)
    }
}
