import API
import Machinery
import Testing

/// LimitRange and ResourceQuota. Source: kube-apiserver v1.36.
struct LimitTests {
    private func range(_ item: String) throws -> Created<LimitRange> {
        try Created(LimitRange.self, #"{"metadata":{"name":"l","namespace":"default"},"spec":{"limits":[\#(item)]}}"#)
    }

    private func quota(_ spec: String) throws -> Created<ResourceQuota> {
        try Created(ResourceQuota.self, #"{"metadata":{"name":"q","namespace":"default"},"spec":{\#(spec)}}"#)
    }

    @Test func `containers get the largest limit as default, and that or the least request as default request`() throws {
        let made = try range(#"{"type":"Container","max":{"cpu":"2"},"min":{"memory":"1Mi"}}"#)
        #expect(made.problems == [])
        let item = try #require(made.object.spec.limits.first)
        #expect(item.default == ["cpu": Quantity(2)])
        #expect(item.defaultRequest["cpu"] == Quantity(2) && item.defaultRequest["memory"]?.description == "1Mi")
    }

    @Test(arguments: [
        (#"{"type":"Node"}"#, #"type: Invalid value: "Node": must be a standard limit type or fully qualified"#),
        (#"{"type":"Pod","default":{"cpu":"1"}}"#, "default: Forbidden: may not be specified when `type` is 'Pod'"),
        (#"{"type":"Pod","max":{"disk":"1"}}"#, #"max[disk]: Invalid value: "disk": must be a standard resource for containers"#),
        (
            #"{"type":"PersistentVolumeClaim"}"#,
            "limits: Required value: either minimum or maximum storage value is required, but neither was provided"
        ),
        (
            #"{"type":"Pod","min":{"cpu":"2"},"max":{"cpu":"1"}}"#,
            #"min[cpu]: Invalid value: "2": min value 2 is greater than max value 1"#
        ),
        (
            #"{"type":"Container","min":{"cpu":"1"},"max":{"cpu":"3"},"maxLimitRequestRatio":{"cpu":"4"}}"#,
            #"maxLimitRequestRatio[cpu]: Invalid value: "4": ratio 4 is greater than max/min = 3.000000"#
        ),
        (
            #"{"type":"Container","default":{"cpu":"1"},"defaultRequest":{"cpu":"2"}}"#,
            #"defaultRequest[cpu]: Invalid value: "2": default request value 2 is greater than default limit value 1"#
        ),
    ])
    func `a limit range that is wrong says so in the words of Kubernetes`(item: String, problem: String) throws {
        #expect(try range(item).problems.contains("spec.limits[0]." + problem))
    }

    @Test func `a limit range shows when it was made, in full`() throws {
        var made: View<LimitRange> = try range(#"{"type":"Pod"}"#).object
        made.metadata.creationTimestamp = Time("2026-06-01T12:00:00Z")
        #expect(LimitRange.columns.map { $0.cell(made, Time(seconds: 0)) } == ["l", "2026-06-01T12:00:00Z"])
    }

    @Test(arguments: [
        (#""hard":{"disk":"1"}"#, #"spec.hard[disk]: Invalid value: "disk": must be a standard resource for quota"#),
        (#""hard":{"pods":"1500m"}"#, #"spec.hard[pods]: Invalid value: "1500m": must be an integer"#),
        (#""hard":{"cpu":"-1"}"#, #"spec.hard[cpu]: Invalid value: "-1": must be greater than or equal to 0"#),
        (#""scopes":["Big"]"#, #"spec.scopes: Invalid value: ["Big"]: unsupported scope"#),
        (
            #""hard":{"cpu":"1"},"scopes":["BestEffort"]"#,
            #"spec.scopes: Invalid value: ["BestEffort"]: unsupported scope applied to resource"#
        ),
        (
            #""scopes":["Terminating","NotTerminating"]"#,
            #"spec.scopes: Invalid value: ["Terminating","NotTerminating"]: conflicting scopes"#
        ),
        (
            #""scopeSelector":{"matchExpressions":[{"scopeName":"PriorityClass","operator":"In"}]}"#,
            "spec.scopeSelector.matchExpressions.values: Required value: must be at least one value when `operator` is 'In' or 'NotIn' "
                + "for scope selector"
        ),
    ])
    func `a quota that is wrong says so in the words of Kubernetes`(spec: String, problem: String) throws {
        let problems: [String] = try quota(spec).problems
        #expect(problems.contains(problem), "\(problems)")
    }

    @Test func `a quota shows requests and limits apart, and its scopes never change`() throws {
        let made = try quota(#""hard":{"pods":"4"},"scopes":["NotTerminating"]"#)
        var view: View<ResourceQuota> = made.object
        view.status.hard = ["pods": Quantity(4), "limits.cpu": Quantity(2), "count/jobs.batch": Quantity(1)]
        view.status.used = ["pods": Quantity(3)]
        let cells: [JSON] = ResourceQuota.columns.map { $0.cell(view, Time(seconds: 0)) }
        #expect(cells == ["q", "count/jobs.batch: 0/1, pods: 3/4", "limits.cpu: 0/2", "<unknown>"])
        #expect(
            try made.problems(updatingTo: #"{"metadata":{"name":"q","namespace":"default"},"spec":{"hard":{"pods":"4"}}}"#)
                == ["spec.scopes: Invalid value: null: field is immutable"])
    }
}
