import API
import Machinery
import Testing

/// APIService, CertificateSigningRequest, FlowSchema and PriorityLevelConfiguration. Source: their validation in v1.36.
struct ControlPlaneKindTests {
    // MARK: - apiregistration.k8s.io

    private func service(_ name: String, _ spec: String) throws -> Created<APIService> {
        try Created(APIService.self, #"{"metadata":{"name":"\#(name)"},"spec":{\#(spec)}}"#)
    }

    @Test func `a local APIService is available, of one of another server it is not known yet`() throws {
        let local = try service("v1.apps", #""group":"apps","version":"v1","groupPriorityMinimum":17800,"versionPriority":15"#)
        #expect(local.problems == [])
        #expect(local.cells.prefix(3) == ["v1.apps", "Local", "True"])
        let remote = try service(
            "v1beta1.metrics.k8s.io",
            #""group":"metrics.k8s.io","version":"v1beta1","groupPriorityMinimum":100,"versionPriority":100,"#
                + #""insecureSkipTLSVerify":true,"service":{"namespace":"kube-system","name":"metrics-server"}"#)
        #expect(remote.problems == [])
        #expect(remote.object.spec.service?.port == 443)
        #expect(remote.cells.prefix(3) == ["v1beta1.metrics.k8s.io", "kube-system/metrics-server", "Unknown"])
    }

    @Test(arguments: [
        (
            "x", #""group":"apps","version":"v1","groupPriorityMinimum":1,"versionPriority":1"#,
            #"metadata.name: Invalid value: "x": must be `spec.version+"."+spec.group`: "v1.apps""#
        ),
        (
            "v2.", #""version":"v2","groupPriorityMinimum":1,"versionPriority":1"#,
            "spec.group: Required value: only v1 may have an empty group and it better be legacy kube"
        ),
        (
            "v1.a", #""group":"a","version":"v1","groupPriorityMinimum":20001,"versionPriority":1"#,
            "spec.groupPriorityMinimum: Invalid value: 20001: must be positive and less than 20000"
        ),
        (
            "v1.a", #""group":"a","version":"v1","groupPriorityMinimum":1,"versionPriority":1,"insecureSkipTLSVerify":true"#,
            "spec.insecureSkipTLSVerify: Invalid value: true: local APIServices may not have insecureSkipTLSVerify"
        ),
    ])
    func `an APIService that is wrong says so in the words of Kubernetes`(name: String, spec: String, problem: String) throws {
        let problems: [String] = try service(name, spec).problems
        #expect(problems.contains(problem), "\(problems)")
    }

    @Test func `each built-in version has an APIService of its own`() throws {
        let names: [String] = APIService.local.map(\.name)
        #expect(names.contains("v1.") && names.contains("v1.apps") && !names.contains("v1.apiregistration.k8s.io"))
        for service in APIService.local {
            let made = try Created(APIService.self, String(decoding: service.json.serialized(), as: UTF8.self))
            #expect(made.problems == [])
        }
    }

    // MARK: - certificates.k8s.io

    /// PEM of two bytes that are a DER sequence without content and one that fills it.
    private static let request: String = Base64Text.encode(
        Array("-----BEGIN CERTIFICATE REQUEST-----\nMAMCAQA=\n-----END CERTIFICATE REQUEST-----\n".utf8))

    private func request(_ changes: String) throws -> Created<CertificateSigningRequest> {
        var spec: JSON = [
            "request": .string(Self.request), "signerName": "kubernetes.io/kube-apiserver-client", "usages": ["client auth"],
        ]
        for member in try JSON(parsing: Array("{\(changes)}".utf8)).object?.members ?? [] { spec[member.key] = member.value }
        let object: JSON = ["metadata": ["name": "john"], "spec": spec]
        return try Created(CertificateSigningRequest.self, String(decoding: object.serialized(), as: UTF8.self))
    }

    @Test func `a certificate request shows who wants what for how long`() throws {
        let made = try request(#""expirationSeconds":86400"#)
        #expect(made.problems == [])
        #expect(made.cells == ["john", "<unknown>", "kubernetes.io/kube-apiserver-client", "", "24h", "Pending"])
    }

    @Test(arguments: [
        (#""request":"eA==""#, #"spec.request: Invalid value: "eA==": PEM block type must be CERTIFICATE REQUEST"#),
        (#""usages":[]"#, "spec.usages: Required value"),
        (#""usages":["client auth","client auth"]"#, #"spec.usages[1]: Duplicate value: "client auth""#),
        (#""signerName":"""#, "spec.signerName: Required value"),
        (
            #""signerName":"example""#,
            #"spec.signerName: Invalid value: "example": must be a fully qualified domain and path of the form 'example.com/signer-name'"#
        ),
        (
            #""expirationSeconds":599"#,
            "spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 600 seconds (10 minutes)"
        ),
    ])
    func `a certificate request that is wrong says so in the words of Kubernetes`(changes: String, problem: String) throws {
        let problems: [String] = try request(changes).problems
        #expect(problems.contains(problem), "\(problems)")
    }

    // MARK: - flowcontrol.apiserver.k8s.io

    @Test func `the flow schemas and levels that every cluster begins with are good, and the mandatory ones fixed`() throws {
        for level in FlowControlPresets.mandatoryLevels + FlowControlPresets.suggestedLevels {
            let made = try Created(PriorityLevelConfiguration.self, String(decoding: level.json.serialized(), as: UTF8.self))
            #expect(made.problems == [])
            #expect(made.object.spec == level.spec, "defaults change nothing")
        }
        for schema in FlowControlPresets.mandatorySchemas + FlowControlPresets.suggestedSchemas {
            let made = try Created(FlowSchema.self, String(decoding: schema.json.serialized(), as: UTF8.self))
            #expect(made.problems == [])
            #expect(made.object.spec == schema.spec, "defaults change nothing")
        }
        var changed = FlowControlPresets.mandatorySchemas[1]
        changed.spec.matchingPrecedence = 9999
        let problems: [String] = try Created(FlowSchema.self, String(decoding: changed.json.serialized(), as: UTF8.self)).problems
        #expect(problems.count == 1 && problems[0].hasSuffix("spec of 'catch-all' must equal the fixed value"))
    }

    private func schema(_ changes: String) throws -> Created<FlowSchema> {
        var spec: JSON = ["priorityLevelConfiguration": ["name": "workload-low"]]
        for member in try JSON(parsing: Array("{\(changes)}".utf8)).object?.members ?? [] { spec[member.key] = member.value }
        let object: JSON = ["metadata": ["name": "mine"], "spec": spec]
        return try Created(FlowSchema.self, String(decoding: object.serialized(), as: UTF8.self))
    }

    @Test func `a flow schema is tried late unless it says otherwise`() throws {
        let made = try schema("")
        #expect(made.problems == [])
        #expect(made.cells == ["mine", "workload-low", "1000", "<none>", "<unknown>", "?"])
    }

    @Test(arguments: [
        (
            #""matchingPrecedence":1"#,
            "spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1"
        ),
        (#""priorityLevelConfiguration":{}"#, "spec.priorityLevelConfiguration.name: Required value: must reference a priority level"),
        (
            #""rules":[{"subjects":[{"kind":"User"}]}]"#,
            "spec.rules[0].subjects[0].user: Required value: user is required when subject kind is 'User'"
        ),
        (
            #""rules":[{"subjects":[{"kind":"User","user":{"name":"a"}}]}]"#,
            "spec.rules[0]: Required value: at least one of resourceRules and nonResourceRules has to be non-empty"
        ),
        (
            #""rules":[{"subjects":[{"kind":"User","user":{"name":"a"}}],"nonResourceRules":[{"verbs":["get"],"nonResourceURLs":["x"]}]}]"#,
            #"spec.rules[0].nonResourceRules[0].nonResourceURLs[0]: Invalid value: "x": must start with slash"#
        ),
    ])
    func `a flow schema that is wrong says so in the words of Kubernetes`(changes: String, problem: String) throws {
        let problems: [String] = try schema(changes).problems
        #expect(problems.contains(problem), "\(problems)")
    }

    @Test func `a level has queues that flows can share`() throws {
        func level(_ queuing: String) throws -> Created<PriorityLevelConfiguration> {
            try Created(
                PriorityLevelConfiguration.self,
                #"{"metadata":{"name":"l"},"spec":{"type":"Limited","limited":{"limitResponse":{"type":"Queue","queuing":{\#(queuing)}}}}}"#
            )
        }
        let made = try level("")
        #expect(made.problems == [])
        #expect(made.cells == ["l", "Limited", "30", "64", "8", "50", "<unknown>"])
        #expect(
            try level(#""queues":4,"handSize":5"#).problems == [
                "spec.limited.limitResponse.queuing.handSize: Invalid value: 5: should not be greater than queues (4)"
            ])
        #expect(
            try level(#""queues":128,"handSize":9"#).problems == [
                "spec.limited.limitResponse.queuing.handSize: Invalid value: 9: "
                    + "required entropy bits of deckSize 128 and handSize 9 should not be greater than 60"
            ])
    }
}
