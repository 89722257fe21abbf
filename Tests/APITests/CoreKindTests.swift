import API
import Machinery
import Testing

/// Services, Secrets, ConfigMaps, Namespaces and metadata. Source: kube-apiserver v1.36.
struct CoreKindTests {
    private func service(_ spec: String) throws -> Created<Service> {
        try Created(Service.self, #"{"metadata":{"name":"web","namespace":"default"},"spec":{\#(spec)}}"#)
    }

    @Test func `a minimal service gets the defaults of Kubernetes`() throws {
        let made = try service(#""ports":[{"port":80}],"selector":{"app":"web"}"#)
        #expect(made.problems == [])
        let spec = made.object.spec
        #expect(spec.type == "ClusterIP" && spec.sessionAffinity == "None" && spec.internalTrafficPolicy == "Cluster")
        #expect(spec.externalTrafficPolicy == "")
        #expect(spec.ports.first?.protocol == "TCP" && spec.ports.first?.targetPort == 80)
        #expect(made.cells == ["web", "ClusterIP", "<none>", "<none>", "80/TCP", "<unknown>", "app=web"])
    }

    @Test func `a load balancer waits for its address`() throws {
        let made = try service(#""type":"LoadBalancer","ports":[{"port":80,"nodePort":30080}],"clusterIP":"10.96.0.7""#)
        #expect(made.object.spec.externalTrafficPolicy == "Cluster" && made.object.spec.allocateLoadBalancerNodePorts == true)
        #expect(made.cells.prefix(5) == ["web", "LoadBalancer", "10.96.0.7", "<pending>", "80:30080/TCP"])
    }

    @Test(arguments: [
        (#""selector":{"a":"b"}"#, "spec.ports: Required value"),
        (
            #""type":"Foo","ports":[{"port":80}]"#,
            #"spec.type: Unsupported value: "Foo": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort""#
        ),
        (#""ports":[{"port":0}]"#, "spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive"),
        (#""ports":[{"port":80},{"port":81,"name":"b"}]"#, "spec.ports[0].name: Required value"),
        (#""ports":[{"port":80,"name":"a"},{"port":81,"name":"a"}]"#, #"spec.ports[1].name: Duplicate value: "a""#),
        (#""ports":[{"port":80,"nodePort":30000}]"#, "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"),
        (
            #""type":"NodePort","clusterIP":"None","ports":[{"port":80}]"#,
            #"spec.clusterIPs[0]: Invalid value: "None": may not be set to 'None' for NodePort services"#
        ),
        (#""type":"ExternalName""#, "spec.externalName: Required value"),
    ])
    func `a service that is wrong says so in the words of Kubernetes`(spec: String, problem: String) throws {
        let problems: [String] = try service(spec).problems
        #expect(problems.contains(problem), "\(problems)")
    }

    @Test func `an update keeps the address and may not change it`() throws {
        let old = try service(#""ports":[{"port":80}],"clusterIP":"10.96.0.7","clusterIPs":["10.96.0.7"]"#)
        let head = #"{"metadata":{"name":"web","namespace":"default"},"spec":{"ports":[{"port":80}]"#
        #expect(try old.problems(updatingTo: head + "}}") == [])
        #expect(
            try old.problems(updatingTo: head + #","clusterIP":"10.96.0.8"}}"#)
                == [#"spec.clusterIPs[0]: Invalid value: ["10.96.0.8"]: may not change once set"#])
    }

    @Test func `text of a secret becomes data`() throws {
        let made = try Created(
            Secret.self,
            #"{"metadata":{"name":"s","namespace":"default"},"data":{"a":"eA=="},"stringData":{"a":"hello","b":""}}"#)
        #expect(made.problems == [])
        #expect(made.object.json["data"] == ["a": "aGVsbG8=", "b": ""])
        #expect(made.object.json["stringData"] == nil)
        #expect(made.cells == ["s", "Opaque", "2", "<unknown>"])
    }

    @Test func `data of an immutable map never change`() throws {
        let head = #"{"metadata":{"name":"c","namespace":"default"},"#
        let old = try Created(ConfigMap.self, head + #""immutable":true,"data":{"a":"1"}}"#)
        #expect(
            try old.problems(updatingTo: head + #""data":{"a":"2"}}"#) == [
                "immutable: Forbidden: field is immutable when `immutable` is set",
                "data: Forbidden: field is immutable when `immutable` is set",
            ])
    }

    @Test func `a tls secret needs both halves`() throws {
        let made = try Created(
            Secret.self, #"{"metadata":{"name":"s","namespace":"default"},"type":"kubernetes.io/tls","data":{"tls.crt":"eA=="}}"#)
        #expect(made.problems == ["data[tls.key]: Required value"])
    }

    @Test func `a namespace knows its own name and who must act before it goes`() throws {
        let made = try Created(Namespace.self, #"{"metadata":{"name":"team"}}"#)
        #expect(made.problems == [])
        #expect(made.object.metadata.labels == ["kubernetes.io/metadata.name": "team"])
        #expect(made.object.spec.finalizers == ["kubernetes"])
        #expect(made.cells == ["team", "Active", "<unknown>"])
    }

    @Test func `a lease may have a finalizer without a domain, as kinds outside the core rules may`() throws {
        let made = try Created(
            Lease.self, #"{"metadata":{"name":"a","namespace":"default","finalizers":["mine"]},"spec":{"holderIdentity":"h"}}"#)
        #expect(made.problems == [])
    }

    @Test(arguments: [
        (#"{"namespace":"default"}"#, "metadata.name: Required value: name or generateName is required"),
        (#"{"name":"a"}"#, "metadata.namespace: Required value"),
        (
            #"{"name":"a","namespace":"default","finalizers":["mine"]}"#,
            #"metadata.finalizers[0]: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified"#
        ),
        (
            #"{"name":"a","namespace":"default","ownerReferences":[{"apiVersion":"v1","kind":"Pod","name":"p","uid":""}]}"#,
            #"metadata.ownerReferences[0].uid: Invalid value: "": must not be empty"#
        ),
        (
            #"{"name":"A","namespace":"default"}"#,
            #"metadata.name: Invalid value: "A": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, "#
                + "'-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
                + #"'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"#
        ),
        (
            #"{"name":"a","namespace":"default","labels":{"app":"-x"}}"#,
            #"metadata.labels: Invalid value: "-x": a valid label must be an empty string or consist of alphanumeric characters, "#
                + "'-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', "
                + "regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
        ),
    ])
    func `metadata that are wrong say so in the words of Kubernetes`(metadata: String, problem: String) throws {
        let made = try Created(ConfigMap.self, #"{"metadata":\#(metadata)}"#)
        #expect(made.problems.contains(problem), "\(made.problems)")
    }

    @Test func `every kind is registered once and has a unique path`() {
        let names: [KindNames] = Registry.types.map { $0.names }
        #expect(Set(names.map { $0.resource }).count == names.count)
    }
}
