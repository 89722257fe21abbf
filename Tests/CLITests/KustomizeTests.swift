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
