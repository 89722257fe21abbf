import API
import Machinery
import Testing

/// What kubectl 1.32.4 sent for these three objects, to a server with this OpenAPI document.
@Suite struct StrategicMergeKubectlTests {
    @Test func `the three-way patch of a Deployment is the one that kubectl sends`() throws {
        let original: JSON = try json(
            """
            {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"labels":{"a":"1","gone":"1"},"name":"web","namespace":
            "default"},"spec":{"replicas":2,"selector":{"matchLabels":{"a":"b"}},"strategy":{"type":"RollingUpdate",
            "rollingUpdate":{"maxSurge":1}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":
            "old","env":[{"name":"X","value":"1"},{"name":"Y","value":"2"}],"ports":[{"containerPort":80},{"containerPort":81}]},
            {"name":"gone","image":"x"}],"volumes":[{"name":"v","emptyDir":{}}]}}}}
            """)
        let live: JSON = try json(
            """
            {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"labels":{"a":"1","gone":"1","other":"1"},"name":"web",
            "namespace":"default","finalizers":["a/b"]},"spec":{"replicas":2,"selector":{"matchLabels":{"a":"b"}},"strategy":
            {"type":"RollingUpdate","rollingUpdate":{"maxSurge":1}},"template":{"metadata":{"labels":{"a":"b"}},"spec":
            {"containers":[{"name":"c","image":"old","env":[{"name":"X","value":"1"},{"name":"Y","value":"2"},{"name":"INJECTED",
            "value":"z"}],"ports":[{"containerPort":80,"protocol":"TCP"},{"containerPort":81,"protocol":"TCP"}],
            "terminationMessagePath":"/dev/termination-log"},{"name":"gone","image":"x"},{"name":"sidecar","image":"s"}],
            "volumes":[{"name":"v","emptyDir":{}}],"dnsPolicy":"ClusterFirst"}},"revisionHistoryLimit":10}}
            """)
        let modified: JSON = try json(
            """
            {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"labels":{"a":"2"},"name":"web","namespace":"default",
            "finalizers":["c/d"]},"spec":{"replicas":3,"selector":{"matchLabels":{"a":"b"}},"strategy":{"type":"Recreate"},
            "template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"first","image":"f"},{"name":"c","image":
            "new","args":["x"],"env":[{"name":"Y","value":"3"},{"name":"Z","value":"4"}],"ports":[{"containerPort":80,"hostPort":
            8080}]}],"volumes":[{"name":"v","configMap":{"name":"cm"}}]}}}}
            """)
        let expected: JSON = try json(
            """
            {"metadata":{"$setElementOrder/finalizers":["c/d"],"finalizers":["c/d"],"labels":{"a":"2","gone":null}},"spec":
            {"replicas":3,"strategy":{"$retainKeys":["type"],"rollingUpdate":null,"type":"Recreate"},"template":{"spec":
            {"$setElementOrder/containers":[{"name":"first"},{"name":"c"}],"$setElementOrder/volumes":[{"name":"v"}],"containers":
            [{"image":"f","name":"first"},{"$setElementOrder/env":[{"name":"Y"},{"name":"Z"}],"$setElementOrder/ports":
            [{"containerPort":80}],"args":["x"],"env":[{"name":"Y","value":"3"},{"name":"Z","value":"4"},{"$patch":"delete",
            "name":"X"}],"image":"new","name":"c","ports":[{"containerPort":80,"hostPort":8080},{"$patch":"delete",
            "containerPort":81}]},{"$patch":"delete","name":"gone"}],"volumes":[{"$retainKeys":["configMap","name"],"configMap":
            {"name":"cm"},"emptyDir":null,"name":"v"}]}}}}
            """)
        let schema: ObjectSchema = Deployment.definition.schema
        let patch: JSON = try StrategicMergePatch.threeWay(original: original, modified: modified, current: live, schema: schema)
        #expect(patch == expected, "\(patch)")

        let result: JSON = try StrategicMergePatch.apply(patch, to: live, schema: schema)
        let pod: JSON? = result[["spec", "template", "spec"]]
        #expect(pod?["containers"]?.array?.compactMap { $0["name"]?.string } == ["first", "c", "sidecar"])
        #expect(
            pod?["containers"]?.array?[1]["env"]
                == (try json(
                    #"[{"name":"Y","value":"3"},{"name":"Z","value":"4"},{"name":"INJECTED","value":"z"}]"#)))
        #expect(pod?["volumes"] == (try json(#"[{"name":"v","configMap":{"name":"cm"}}]"#)))
        #expect(result[["metadata", "finalizers"]] == ["c/d", "a/b"])
        #expect(result[["spec", "strategy"]] == ["type": "Recreate"])
    }
}
