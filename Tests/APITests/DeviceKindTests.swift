import API
import Machinery
import Testing

/// The kinds of resource.k8s.io. Source: pkg/apis/resource/validation of v1.36.
struct DeviceKindTests {
    private func claim(_ devices: String, status: String = "{}") throws -> Created<ResourceClaim> {
        try Created(
            ResourceClaim.self,
            #"{"metadata":{"name":"c","namespace":"default"},"spec":{"devices":{\#(devices)}},"status":\#(status)}"#)
    }

    @Test func `a request is for one device unless it says otherwise`() throws {
        let made = try claim(#""requests":[{"name":"gpu","exactly":{"deviceClassName":"gpu.example.com"}}]"#)
        #expect(made.problems == [])
        let exactly = try #require(made.object.spec.devices.requests.first?.exactly)
        #expect(exactly.allocationMode == "ExactCount" && exactly.count == 1)
        #expect(made.cells.prefix(2) == ["c", "pending"])
    }

    @Test(arguments: [
        (
            #""requests":[{"name":"a"}]"#,
            "spec.devices.requests[0]: Required value: exactly one of `exactly` or `firstAvailable` is required"
        ),
        (#""requests":[{"name":"a","exactly":{}}]"#, "spec.devices.requests[0].exactly.deviceClassName: Required value"),
        (
            #""requests":[{"name":"a","exactly":{"deviceClassName":"c","allocationMode":"All","count":2}}]"#,
            "spec.devices.requests[0].exactly.count: Invalid value: 2: must not be specified when allocationMode is 'All'"
        ),
        (
            #""requests":[{"name":"a","exactly":{"deviceClassName":"c"}},{"name":"a","exactly":{"deviceClassName":"c"}}]"#,
            #"spec.devices.requests[1]: Duplicate value: "a""#
        ),
        (
            #""constraints":[{"requests":["b"],"matchAttribute":"a.example/x"}]"#,
            #"spec.devices.constraints[0].requests[0]: Invalid value: "b": must be the name of a request in the claim or the name of a "#
                + "request and a subrequest separated by '/'"
        ),
        (
            #""constraints":[{"matchAttribute":"x"}]"#,
            #"spec.devices.constraints[0].matchAttribute: Invalid value: "x": a fully qualified name must be a domain and a name "#
                + "separated by a slash"
        ),
        (#""config":[{}]"#, "spec.devices.config[0].opaque: Required value"),
        (
            #""config":[{"opaque":{"driver":"d.example","parameters":[]}}]"#,
            #"spec.devices.config[0].opaque.parameters: Invalid value: "<value omitted>": must be a valid JSON object"#
        ),
    ])
    func `a claim that is wrong says so in the words of Kubernetes`(devices: String, problem: String) throws {
        let problems: [String] = try claim(devices).problems
        #expect(problems.contains(problem), "\(problems)")
    }

    @Test func `devices are reserved only after they are given, and then stay the same`() throws {
        let request = #""requests":[{"name":"gpu","exactly":{"deviceClassName":"c"}}]"#
        let early = try claim(request, status: #"{"reservedFor":[{"resource":"pods","name":"p","uid":"1"}]}"#)
        #expect(early.problems == ["status.reservedFor: Forbidden: may not be specified when `allocated` is not set"])
        let result = #"{"request":"gpu","driver":"d.example","pool":"n1","device":"gpu-0"}"#
        let given = try claim(
            request,
            status: #"{"allocation":{"devices":{"results":[\#(result)]}},"reservedFor":[{"resource":"pods","name":"p","uid":"1"}]}"#)
        #expect(given.problems == [])
        #expect(given.cells[1] == "allocated,reserved")
        let changed: String = String(decoding: given.object.json.serialized(), as: UTF8.self).replacing("gpu-0", with: "gpu-1")
        let problems: [String] = try given.problems(updatingTo: changed)
        #expect(problems.count == 1 && problems[0].hasSuffix("field is immutable"), "\(problems)")
    }

    private func slice(_ spec: String) throws -> Created<ResourceSlice> {
        try Created(
            ResourceSlice.self,
            #"{"metadata":{"name":"s"},"spec":{"driver":"d.example","pool":{"name":"n1","generation":1,"resourceSliceCount":1},\#(spec)}}"#)
    }

    @Test func `a slice offers devices of one driver in one place`() throws {
        let made = try slice(
            #""nodeName":"n1","devices":[{"name":"gpu-0","attributes":{"model":{"string":"A"},"driverVersion":{"version":"1.2.3-rc.1"}},"#
                + #""capacity":{"memory":{"value":"40Gi"}}}]"#)
        #expect(made.problems == [])
        #expect(made.cells.prefix(4) == ["s", "n1", "d.example", "n1"])
    }

    @Test(arguments: [
        (
            #""devices":[]"#,
            "spec: Required value: exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required"
        ),
        (
            #""nodeName":"n","allNodes":true"#,
            #"spec: Invalid value: "{`nodeName`, `allNodes`}": exactly one of `nodeName`, `nodeSelector`, `allNodes`, "#
                + "`perDeviceNodeSelection` is required, but multiple fields are set"
        ),
        (
            #""allNodes":true,"devices":[{"name":"a","attributes":{"v":{"version":"01.2.3"}}}]"#,
            #"spec.devices[0].attributes[v].version: Invalid value: "01.2.3": must be a string compatible with semver.org spec 2.0.0"#
        ),
        (
            #""allNodes":true,"devices":[{"name":"a","attributes":{"v":{}}}]"#,
            #"spec.devices[0].attributes[v]: Invalid value: "": exactly one value must be specified"#
        ),
        (
            #""allNodes":true,"devices":[{"name":"a","taints":[{"key":"k","effect":"Never"}]}]"#,
            #"spec.devices[0].taints[0].effect: Unsupported value: "Never": supported values: "NoExecute", "NoSchedule", "None""#
        ),
    ])
    func `a slice that is wrong says so in the words of Kubernetes`(spec: String, problem: String) throws {
        let problems: [String] = try slice(spec).problems
        #expect(problems.contains(problem), "\(problems)")
    }
}
