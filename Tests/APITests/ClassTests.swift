import API
import Machinery
import Testing

/// StorageClass, RuntimeClass and IngressClass. Source: kube-apiserver v1.36.
struct ClassTests {
    private func storage(_ more: String) throws -> Created<StorageClass> {
        try Created(StorageClass.self, #"{"metadata":{"name":"fast"},\#(more)}"#)
    }

    private func ingress(_ spec: String) throws -> Created<IngressClass> {
        try Created(IngressClass.self, #"{"metadata":{"name":"web"},"spec":{\#(spec)}}"#)
    }

    @Test func `a minimal storage class deletes its volumes and makes them at once`() throws {
        let made = try storage(#""provisioner":"example.com/Disk""#)
        #expect(made.problems == [])
        #expect(made.object.reclaimPolicy == "Delete" && made.object.volumeBindingMode == "Immediate")
        #expect(made.cells == ["fast", "example.com/Disk", "Delete", "Immediate", "false", "<unknown>"])
        let marked = try Created(
            StorageClass.self,
            #"{"metadata":{"name":"fast","annotations":{"storageclass.kubernetes.io/is-default-class":"true"}},"provisioner":"p"}"#)
        #expect(marked.cells.first == "fast (default)")
    }

    @Test(arguments: [
        (#""parameters":{}"#, "provisioner: Required value"),
        (
            #""provisioner":"p","reclaimPolicy":"Recycle""#,
            #"reclaimPolicy: Unsupported value: "Recycle": supported values: "Delete", "Retain""#
        ),
        (#""provisioner":"p","parameters":{"":"x"}"#, #"parameters: Invalid value: "": field can not be empty."#),
        (
            #""provisioner":"p","allowedTopologies":[{"matchLabelExpressions":[{"key":"zone","values":["a","a"]}]}]"#,
            #"allowedTopologies[0].matchLabelExpressions[0].values[1]: Duplicate value: "a""#
        ),
    ])
    func `a storage class that is wrong says so in the words of Kubernetes`(more: String, problem: String) throws {
        let problems: [String] = try storage(more).problems
        #expect(problems.contains(problem), "\(problems)")
    }

    @Test func `what volumes were made by never changes`() throws {
        let old = try storage(#""provisioner":"p","parameters":{"a":"b"}"#)
        #expect(
            try old.problems(
                updatingTo:
                    #"{"metadata":{"name":"fast"},"provisioner":"q","reclaimPolicy":"Retain","volumeBindingMode":"WaitForFirstConsumer"}"#
            ) == [
                #"volumeBindingMode: Invalid value: "WaitForFirstConsumer": field is immutable"#,
                "parameters: Forbidden: updates to parameters are forbidden.",
                "provisioner: Forbidden: updates to provisioner are forbidden.",
                "reclaimPolicy: Forbidden: updates to reclaimPolicy are forbidden.",
            ])
    }

    @Test func `the handler of a runtime class is a label and stays`() throws {
        let old = try Created(RuntimeClass.self, #"{"metadata":{"name":"sandboxed"},"handler":"run"}"#)
        #expect(old.problems == [] && old.cells == ["sandboxed", "run", "<unknown>"])
        #expect(
            try old.problems(updatingTo: #"{"metadata":{"name":"sandboxed"},"handler":"other"}"#)
                == [#"handler: Invalid value: "other": field is immutable"#])
        let bad = try Created(
            RuntimeClass.self,
            #"{"metadata":{"name":"x"},"handler":"Run","overhead":{"podFixed":{"cpu":"-1"}},"scheduling":{"tolerations":[{"operator":"Exists"},{"operator":"Exists"}]}}"#
        )
        #expect(bad.problems.contains(#"scheduling.tolerations[1]: Duplicate value: {"operator":"Exists"}"#), "\(bad.problems)")
        #expect(bad.problems.contains(#"overhead.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0"#))
    }

    @Test(arguments: [
        ("", "spec.controller: Required value"),
        (
            #""controller":"nginx""#,
            #"spec.controller: Invalid value: "nginx": must be a domain-prefixed path (such as "acme.io/foo")"#
        ),
        (
            #""controller":"a.io/b","parameters":{"kind":"K","name":"n","scope":"Namespace"}"#,
            "spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'"
        ),
        (
            #""controller":"a.io/b","parameters":{"kind":"K","name":"a/b"}"#,
            #"spec.parameters.name: Invalid value: "a/b": may not contain '/'"#
        ),
    ])
    func `an ingress class that is wrong says so in the words of Kubernetes`(spec: String, problem: String) throws {
        #expect(try ingress(spec).problems == [problem])
    }

    @Test func `an ingress class shows its settings and keeps its controller`() throws {
        let made = try ingress(#""controller":"a.io/b","parameters":{"apiGroup":"a.io","kind":"Settings","name":"web"}"#)
        #expect(made.cells == ["web", "a.io/b", "Settings.a.io/web", "<unknown>"])
        #expect(made.object.spec.parameters?.scope == "Cluster")
        #expect(
            try made.problems(updatingTo: #"{"metadata":{"name":"web"},"spec":{"controller":"a.io/c"}}"#)
                == [#"spec.controller: Invalid value: "a.io/c": field is immutable"#])
    }
}
