import API
import Machinery
import Testing

/// Defaults, texts and columns of Deployment and its like. Source: kube-apiserver v1.36.
struct WorkloadTests {
    private func deployment(_ spec: String) throws -> Created<Deployment> {
        try Created(Deployment.self, #"{"metadata":{"name":"web","namespace":"default"},"spec":{\#(spec)}}"#)
    }

    private let selector = #""selector":{"matchLabels":{"app":"web"}}"#

    @Test func `a minimal deployment gets the defaults of Kubernetes`() throws {
        let made = try deployment("\(selector),\"template\":\(template())")
        #expect(made.problems == [])
        let spec = made.object.spec
        #expect(spec.replicas == 1)
        #expect(spec.strategy.type == "RollingUpdate")
        #expect(spec.strategy.rollingUpdate?.maxSurge == "25%")
        #expect(spec.strategy.rollingUpdate?.maxUnavailable == "25%")
        #expect(spec.revisionHistoryLimit == 10)
        #expect(spec.progressDeadlineSeconds == 600)
        #expect(spec.template.spec.restartPolicy == "Always")
        #expect(made.object.json["spec"]?["replicas"] == 1)
    }

    @Test func `no selector matches no template`() throws {
        #expect(
            try deployment("\"template\":\(template())").problems == [
                "spec.selector: Required value",
                #"spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`"#,
            ])
    }

    @Test func `zero replicas stay zero`() throws {
        let made = try deployment("\"replicas\":0,\(selector),\"template\":\(template())")
        #expect(made.object.json["spec"]?["replicas"] == 0)
        #expect(made.cells.prefix(5) == ["web", "0/0", "0", "0", "<unknown>"])
    }

    @Test(arguments: [
        (#""replicas":-2,SEL,"template":TPL"#, "spec.replicas: Invalid value: -2: must be greater than or equal to 0"),
        (#""selector":{},"template":TPL"#, "spec.selector: Invalid value: {}: empty selector is invalid for deployment"),
        (
            #""selector":{"matchLabels":{"app":"x"}},"template":TPL"#,
            #"spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`"#
        ),
        (
            #"SEL,"strategy":{"type":"Recreate","rollingUpdate":{"maxSurge":1,"maxUnavailable":1}},"template":TPL"#,
            "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"
        ),
        (
            #"SEL,"strategy":{"rollingUpdate":{"maxSurge":0,"maxUnavailable":"0%"}},"template":TPL"#,
            #"spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "0%": may not be 0 when `maxSurge` is 0"#
        ),
        (
            #"SEL,"progressDeadlineSeconds":5,"minReadySeconds":5,"template":TPL"#,
            "spec.progressDeadlineSeconds: Invalid value: 5: must be greater than minReadySeconds"
        ),
        (
            #"SEL,"template":{"metadata":{"labels":{"app":"web"}},"#
                + #""spec":{"restartPolicy":"Never","containers":[{"name":"c","image":"i"}]}}"#,
            #"spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always""#
        ),
        (
            #""selector":{"matchExpressions":[{"key":"app","operator":"In"}]},"template":TPL"#,
            "spec.selector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'"
        ),
    ])
    func `a deployment that is wrong says so in the words of Kubernetes`(spec: String, problem: String) throws {
        let text: String = spec.replacing("SEL", with: selector).replacing("TPL", with: template())
        #expect(try deployment(text).problems.contains(problem))
    }

    @Test func `a selector never changes`() throws {
        let old = try deployment("\(selector),\"template\":\(template())")
        let problems: [String] = try old.problems(
            updatingTo: #"{"metadata":{"name":"web","namespace":"default"},"spec":{"selector":{"matchLabels":{"app":"b"}},"template":"#
                + template(labels: #"{"app":"b"}"#) + "}}")
        #expect(problems == [#"spec.selector: Invalid value: {"matchLabels":{"app":"b"}}: field is immutable"#])
    }

    @Test func `a stateful set keeps what can't change`() throws {
        let head = #"{"metadata":{"name":"db","namespace":"default"},"spec":{"serviceName":"SVC","#
        let claims =
            #""volumeClaimTemplates":[{"metadata":{"name":"d"},"spec":{"accessModes":["ReadWriteOnce"],"#
            + #""resources":{"requests":{"storage":"1Gi"}}}}],"#
        let text: String = head + claims + "\(selector),\"template\":\(template())}}"
        let old = try Created(StatefulSet.self, text)
        #expect(old.problems == [])
        #expect(old.object.spec.podManagementPolicy == "OrderedReady")
        #expect(old.object.spec.updateStrategy.rollingUpdate?.partition == 0)
        #expect(old.object.spec.persistentVolumeClaimRetentionPolicy?.whenDeleted == "Retain")
        #expect(old.object.spec.volumeClaimTemplates.first?.kind == "PersistentVolumeClaim")
        #expect(
            try old.problems(updatingTo: text.replacing("SVC", with: "other")) == [
                "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', "
                    + "'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
            ])
    }

    @Test func `a daemon set rolls one node at a time`() throws {
        let made = try Created(
            DaemonSet.self,
            #"{"metadata":{"name":"d","namespace":"default"},"spec":{\#(selector),"template":\#(template())}}"#)
        #expect(made.problems == [])
        #expect(made.object.spec.updateStrategy.rollingUpdate?.maxUnavailable == 1)
        #expect(made.object.spec.updateStrategy.rollingUpdate?.maxSurge == 0)
    }

    @Test func `pods of a stateful set may mount what its claim templates give them`() throws {
        func problems(_ claims: String) throws -> [String] {
            let mounting: String =
                #"{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"c","image":"i","volumeMounts":[{"name":"data","mountPath":"/d"}]}]}}"#
            return try Created(
                StatefulSet.self,
                #"{"metadata":{"name":"s","namespace":"default"},"spec":{"selector":{"matchLabels":{"app":"web"}},"template":\#(mounting)\#(claims)}}"#
            ).problems
        }
        let claim: String =
            #"{"metadata":{"name":"data"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}}}}"#
        #expect(try problems(#","volumeClaimTemplates":[\#(claim)]"#) == [])
        #expect(try problems("") == [#"spec.template.spec.containers[0].volumeMounts[0].name: Not found: "data""#])
    }
}
