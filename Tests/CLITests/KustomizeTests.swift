import Testing

@testable import CLI

/// What builds make of one folder, as kubectl 1.37 writes it.
@Suite struct KustomizeTests {
    private let folder = TemporaryFolder()

    private func build(_ files: [String: String]) async throws -> Run {
        for (name, text) in files { _ = try folder.file(name, text) }
        return await Run.swkube("kustomize", folder.path)
    }

    private let pod: String =
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: a, image: i}, {name: b, image: j}]}\n"

    @Test func `what a patch adds to a list comes first, and words are no booleans`() async throws {
        let patch: String =
            "  - patch: '{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: n, image: y}, {name: b, $patch: delete}]}}'\n"
        let run: Run = try await build(["kustomization.yaml": "resources: [p.yaml]\npatches:\n" + patch, "p.yaml": pod])
        #expect(
            run.out == """
                apiVersion: v1
                kind: Pod
                metadata:
                  name: p
                spec:
                  containers:
                  - image: "y"
                    name: "n"
                  - image: i
                    name: a

                """)
    }

    @Test func `variables are replaced where they may stand, by values with their type`() async throws {
        let run: Run = try await build([
            "kustomization.yaml": """
            resources: [s.yaml]
            namePrefix: x-
            vars:
            - {name: NAME, objref: {apiVersion: v1, kind: Service, name: s}}
            - {name: PORT, objref: {apiVersion: v1, kind: Service, name: s}, fieldref: {fieldpath: "spec.ports[0].port"}}
            """,
            "s.yaml": """
            apiVersion: v1
            kind: Service
            metadata: {name: s, annotations: {to: "$(NAME):$(PORT) $(OTHER) $$(NAME)"}}
            spec: {ports: [{port: 80, targetPort: $(PORT)}], externalName: $(NAME)}
            """,
        ])
        #expect(
            run.out == """
                apiVersion: v1
                kind: Service
                metadata:
                  annotations:
                    to: x-s:80 $(OTHER) $(NAME)
                  name: x-s
                spec:
                  externalName: $(NAME)
                  ports:
                  - port: 80
                    targetPort: 80

                """)
        #expect(run.error.hasPrefix("# Warning: 'vars' is deprecated."))
    }

    @Test func `crds tell which fields of custom resources hold names`() async throws {
        let run: Run = try await build([
            "kustomization.yaml": "resources: [b.yaml]\nnamePrefix: x-\ncrds: [c.json]\n",
            "b.yaml": """
            {apiVersion: v1, kind: Secret, metadata: {name: s}}
            ---
            {apiVersion: e.com/v1, kind: Bee, metadata: {name: b}, spec: {key: {name: s}, other: {name: s}}}
            """,
            "c.json": """
            {"com.e.v1.Bee": {"Schema": {"properties": {"apiVersion": {}, "kind": {}, "metadata": {}, "spec": {"$ref": "com.e.v1.Spec"}}}},
             "com.e.v1.Spec": {"Schema": {"properties": {"key": {
               "x-kubernetes-object-ref-api-version": "v1", "x-kubernetes-object-ref-kind": "Secret"}}}}}
            """,
        ])
        #expect(run.out.contains("  key:\n    name: x-s\n  other:\n    name: s\n"))
    }

    @Test func `openapi tells how lists of custom resources merge`() async throws {
        let run: Run = try await build([
            "kustomization.yaml": """
            resources: [f.yaml]
            openapi: {path: s.json}
            patches:
            - patch: '{apiVersion: e.com/v1, kind: Foo, metadata: {name: f}, spec: {list: [{name: b, v: 3}]}}'
            """,
            "f.yaml": "{apiVersion: e.com/v1, kind: Foo, metadata: {name: f}, spec: {list: [{name: a}, {name: b, w: 2}]}}\n",
            "s.json": """
            {"definitions": {"Foo": {"x-kubernetes-group-version-kind": [{"group": "e.com", "version": "v1", "kind": "Foo"}],
             "properties": {"spec": {"properties": {"list": {"type": "array", "x-kubernetes-patch-strategy": "merge",
              "x-kubernetes-patch-merge-key": "name"}}}}}}}
            """,
        ])
        #expect(run.out.contains("  list:\n  - name: b\n    v: 3\n    w: 2\n  - name: a\n"))
    }

    @Test(arguments: [
        ("spec.list.[name=a].v", "4", "v: 4"), ("spec.list.0.v", "4", "v: 4"), ("spec.list.[name=^b].name", "c", "name: c"),
        ("spec.m.[a.b]", "c", "a.b: c"), (#"spec.m.a\.b"#, "c", "a.b: c"), ("spec.f", "4", "f: 4"),
        ("spec.flag", "4", "error: map[string]interface {}(nil): yaml: cannot decode !!int `4` as a !!bool"),
        ("spec.list.0.v", "x", "error: map[string]interface {}(nil): yaml: cannot decode !!str `x` as a !!int"),
        (
            "spec.[m].x", "4",
            #"error: unable to find field "spec.[m].x" in replacement target: list path element must contain fieldName=fieldValue for "#
                + "element to match"
        ),
        (
            "spec.list.7", "4",
            #"error: unable to find field "spec.list.7" in replacement target: index 7 specified but only 2 elements found"#
        ),
        ("spec.list[0].v", "4", #"error: unable to find field "spec.list[0].v" in replacement target"#),
        (
            "spec.f.x", "4",
            #"error: unable to find field "spec.f.x" in replacement target: wrong node kind: expected MappingNode but got ScalarNode: node "#
                + "contents:\n1.5\n"
        ),
    ]) func `a value takes the place of a field, whose type stays`(path: String, value: String, wanted: String) async throws {
        let run: Run = try await build([
            "kustomization.yaml": """
            resources: [f.yaml]
            replacements: [{sourceValue: "\(value)", targets: [{select: {kind: Foo}, fieldPaths: ['\(path)']}]}]
            """,
            "f.yaml": """
            {apiVersion: e.com/v1, kind: Foo, metadata: {name: f},
             spec: {list: [{name: a, v: 1}, {name: b, v: 2}], m: {a.b: x}, flag: true, f: 1.5}}
            """,
        ])
        #expect((run.out + run.error).contains(wanted))
    }

    @Test func `plugins stand in place or in files, those in place first`() async throws {
        let prefix =
            "{apiVersion: builtin, kind: PrefixTransformer, metadata: {name: NAME}, prefix: NAME-, fieldSpecs: [{path: metadata/name}]}"
        let run: Run = try await build([
            "kustomization.yaml": "resources: [p.yaml]\ntransformers: [b.yaml, '\(prefix.replacing("NAME", with: "a"))']\n",
            "p.yaml": pod, "b.yaml": prefix.replacing("NAME", with: "b"),
        ])
        #expect(run.out.contains("  name: b-a-p\n"))
        let twice: Run = try await build([
            "kustomization.yaml": "resources: [p.yaml]\ntransformers: ['\(prefix)', n.yaml]\n", "n.yaml": prefix,
        ])
        #expect(twice.error.contains("may not add resource with an already registered id: PrefixTransformer.builtin.[noGrp]/NAME.[noNs]"))
    }

    @Test func `annotations are texts at the end, and there are always some to add one to`() async throws {
        let run: Run = try await build([
            "kustomization.yaml": """
            resources: [m.yaml]
            patches:
            - {target: {kind: ConfigMap, name: a}, patch: '[{"op": "add", "path": "/metadata/annotations/x", "value": 7}]'}
            - target: {kind: ConfigMap, name: b}
              patch: '{apiVersion: v1, kind: ConfigMap, metadata: {name: b, labels: {l: null, m: 5}, annotations: {z: null}}}'
            """,
            "m.yaml": """
            {apiVersion: v1, kind: ConfigMap, metadata: {name: a, labels: {k: 5}}}
            ---
            {apiVersion: v1, kind: ConfigMap, metadata: {name: b, annotations: {u: true, v: ~, w: 1.50, x: 2026-01-02, y: }, labels: {d: 2026-1-2}}}
            """,
        ])
        #expect(
            run.out == """
                apiVersion: v1
                kind: ConfigMap
                metadata:
                  annotations:
                    x: "7"
                  labels:
                    k: 5
                  name: a
                ---
                apiVersion: v1
                kind: ConfigMap
                metadata:
                  annotations:
                    u: "true"
                    v: "~"
                    w: "1.50"
                    x: "2026-01-02"
                    "y": ""
                    z: "null"
                  labels:
                    d: "2026-01-02T00:00:00Z"
                    l: "null"
                    m: "5"
                  name: b

                """)
    }

    @Test func `a Secret without keys has data all the same, and its hash`() async throws {
        let run: Run = try await build(["kustomization.yaml": "secretGenerator: [{name: s}]\nconfigMapGenerator: [{name: c}]\n"])
        #expect(run.out.contains("data: {}\nkind: Secret\nmetadata:\n  name: s-46f8b28mk5\n"))
        #expect(run.out.contains("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c-6ct58987ht\n"))
    }

    @Test func `what a patch or a replacement looks for in vain is told as kustomize tells it`() async throws {
        let map: String = "{apiVersion: v1, kind: ConfigMap, metadata: {name: nope}}"
        let missing: String =
            "no matches for Id ConfigMap.v1.[noGrp]/nope.[noNs]; failed to find unique target for patch "
            + "ConfigMap.v1.[noGrp]/nope.[noNs]\n"
        let files: [String: String] = ["p.yaml": pod]
        func error(_ rest: String) async throws -> String {
            try await build(files.merging(["kustomization.yaml": "resources: [p.yaml]\n" + rest]) { $1 }).error
        }
        #expect(
            try await error("patches: [{patch: '\(map)'}]\n")
                == "error: no resource matches strategic merge patch \"ConfigMap.v1.[noGrp]/nope.[noNs]\": " + missing)
        #expect(try await error("patchesStrategicMerge: ['\(map)']\n").hasSuffix("error: " + missing))
        #expect(
            try await error(
                "replacements: [{source: {kind: Service, fieldPath: a.b, options: {delimiter: ., index: 2}}, targets: [{select: {kind: Pod}}]}]\n"
            )
                == "error: nothing selected by Service.[noVer].[noGrp]/[noName].[noNs]:a.b:.(2), create=false\n")
    }

    @Test func `a field that there is not and a kind that is a program are refused`() async throws {
        #expect(
            try await build(["kustomization.yaml": "patches: [{pach: x}]\n"]).error
                == "error: invalid Kustomization: json: unknown field \"pach\"\n")
        let run: Run = try await build([
            "kustomization.yaml": "resources: [p.yaml]\ntransformers: [t.yaml]\n", "p.yaml": pod,
            "t.yaml": "{apiVersion: e.com/v1, kind: Fn, metadata: {name: f}}\n",
        ])
        #expect(run.error == "error: external plugins disabled; unable to load external plugin 'Fn'\n" && run.code == 1)
    }
}
