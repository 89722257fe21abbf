import API
import Machinery
import Testing

/// Autoscalers in both versions and events in both groups. Source: kube-apiserver v1.36.
struct AutoscalerTests {
    private static let target = #""scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"web"}"#

    private func scaler(_ spec: String) throws -> Created<HorizontalPodAutoscaler> {
        try Created(HorizontalPodAutoscaler.self, #"{"metadata":{"name":"h","namespace":"default"},"spec":{\#(Self.target)\#(spec)}}"#)
    }

    @Test func `a minimal autoscaler keeps the processor at 80 percent`() throws {
        let made = try scaler(#","maxReplicas":5"#)
        #expect(made.problems == [])
        #expect(made.cells == ["h", "Deployment/web", "cpu: <unknown>/80%", "1", "5", "0", "<unknown>"])
    }

    @Test func `a behavior is completed in both directions`() throws {
        let made = try scaler(#","maxReplicas":5,"behavior":{"scaleUp":{"policies":[{"type":"Pods","value":1,"periodSeconds":60}]}}"#)
        #expect(made.problems == [])
        let behavior: JSON = [
            "scaleUp": [
                "policies": [["type": "Pods", "value": 1, "periodSeconds": 60]], "stabilizationWindowSeconds": 0, "selectPolicy": "Max",
            ],
            "scaleDown": ["selectPolicy": "Max", "policies": [["type": "Percent", "value": 100, "periodSeconds": 15]]],
        ]
        #expect(made.object.spec.json["behavior"] == behavior)
    }

    @Test(arguments: [
        ("", "spec.maxReplicas: Invalid value: 0: must be greater than 0"),
        (#","minReplicas":3,"maxReplicas":2"#, "spec.maxReplicas: Invalid value: 2: must be greater than or equal to `minReplicas`"),
        (
            #","maxReplicas":2,"metrics":[{"type":"Resource"}]"#,
            "spec.metrics[0].resource: Required value: must populate information for the given metric source"
        ),
        (
            #","maxReplicas":2,"metrics":[{"type":"Resource","resource":{"name":"cpu","target":{"type":"Utilization"}}}]"#,
            "spec.metrics[0].resource.target.averageUtilization: Required value: must set either a target raw value or a target utilization"
        ),
        (
            #","maxReplicas":2,"metrics":[{"type":"Other"}]"#,
            #"spec.metrics[0].type: Unsupported value: "Other": supported values: "ContainerResource", "External", "Object", "Pods", "Resource""#
        ),
        (
            #","maxReplicas":2,"behavior":{"scaleDown":{"stabilizationWindowSeconds":4000}}"#,
            "spec.behavior.scaleDown.stabilizationWindowSeconds: Invalid value: 4000: must be less than or equal to 3600"
        ),
    ])
    func `an autoscaler that is wrong says so in the words of Kubernetes`(spec: String, problem: String) throws {
        let problems: [String] = try scaler(spec).problems
        #expect(problems.contains(problem), "\(problems)")
    }

    @Test func `targets show what was read and what is wanted`() throws {
        let made = try scaler(
            #","maxReplicas":5,"metrics":[{"type":"Resource","resource":{"name":"cpu","target":{"type":"Utilization","averageUtilization":50}}},"#
                + #"{"type":"Pods","pods":{"metric":{"name":"q"},"target":{"type":"AverageValue","averageValue":"10"}}},"#
                + #"{"type":"External","external":{"metric":{"name":"e"},"target":{"type":"Value","value":"3"}}}]"#)
        #expect(made.problems == [])
        var view: View<HorizontalPodAutoscaler> = made.object
        view.status.currentMetrics = [View(["type": "Resource", "resource": ["name": "cpu", "current": ["averageUtilization": 12]]])]
        let targets: JSON = HorizontalPodAutoscaler.columns[2].cell(view, Time(seconds: 0))
        #expect(targets == "cpu: 12%/50%, <unknown>/10 + 1 more...")
    }

    @Test func `the first version says in annotations what it has no fields for, and loses nothing`() throws {
        let form = try #require(HorizontalPodAutoscalerV1.storedForm)
        let stored: JSON = try scaler(
            #","maxReplicas":5,"metrics":[{"type":"Resource","resource":{"name":"cpu","target":{"type":"Utilization","averageUtilization":50}}},"#
                + #"{"type":"Object","object":{"describedObject":{"kind":"Service","name":"web"},"metric":{"name":"rps"},"#
                + #""target":{"type":"Value","value":"2k"}}}],"behavior":{"scaleDown":{"selectPolicy":"Disabled"}}"#
        ).object.json
        let old: JSON = form.fromStored(stored)
        #expect(old["apiVersion"] == "autoscaling/v1")
        #expect(old["spec"]?["targetCPUUtilizationPercentage"] == 50 && old["spec"]?["metrics"] == nil)
        let notes: JSON = try #require(old[["metadata", "annotations"]])
        #expect(
            notes["autoscaling.alpha.kubernetes.io/metrics"]
                == #"[{"type":"Object","object":{"target":{"kind":"Service","name":"web"},"metricName":"rps","targetValue":"2k"}}]"#)
        #expect(
            notes["autoscaling.alpha.kubernetes.io/behavior"]?.string?.contains(
                #""ScaleDown":{"StabilizationWindowSeconds":null,"SelectPolicy":"Disabled","Policies":[{"Type":"Percent","Value":100,"#)
                == true)
        var back: JSON = form.toStored(old)
        // The processor comes last on the way back, as upstream.
        let metrics: [JSON] = try #require(back[["spec", "metrics"]]?.array)
        back[["spec", "metrics"]] = .array(metrics.reversed())
        var wanted: JSON = stored
        wanted["apiVersion"] = "autoscaling/v2"
        #expect(back == wanted, "\(back.text())")
    }

    @Test func `the first version alone becomes one metric, and a broken annotation counts for nothing`() throws {
        let form = try #require(HorizontalPodAutoscalerV1.storedForm)
        let made = try Created(
            HorizontalPodAutoscalerV1.self,
            #"{"metadata":{"name":"h","namespace":"default","annotations":{"autoscaling.alpha.kubernetes.io/metrics":"[{\"type\":3}]"}},"#
                + #""spec":{\#(Self.target),"maxReplicas":3}}"#)
        #expect(made.problems == [])
        #expect(made.cells == ["h", "Deployment/web", "cpu: <unknown>/80%", "1", "3", "0", "<unknown>"])
        let served: JSON = form.fromStored(form.toStored(made.object.json))
        #expect(served[["spec", "targetCPUUtilizationPercentage"]] == 80)
        #expect(served["status"] == ["currentReplicas": 0, "desiredReplicas": 0])
    }

    @Test func `an event has other names in the other group`() throws {
        let form = try #require(EventsV1Event.storedForm)
        let made = try Created(
            EventsV1Event.self,
            #"{"metadata":{"name":"e","namespace":"default"},"eventTime":"2026-06-01T12:00:00.000000Z","reportingController":"a.io/b","#
                + #""reportingInstance":"b-1","action":"Pull","reason":"Pulled","type":"Normal","note":"done","#
                + #""regarding":{"kind":"Pod","namespace":"default","name":"p"}}"#)
        #expect(made.problems == [])
        let core: JSON = form.toStored(made.object.json)
        #expect(core["apiVersion"] == "v1" && core["message"] == "done" && core["reportingComponent"] == "a.io/b")
        #expect(core[["involvedObject", "name"]] == "p" && core["note"] == nil)
        var wanted: JSON = made.object.json
        wanted["apiVersion"] = "events.k8s.io/v1"
        #expect(form.fromStored(core) == wanted)
        #expect(made.cells[3] == "pod/p" && made.cells[6] == "done")
    }

    @Test func `an event that is wrong says so in the words of Kubernetes`() throws {
        let made = try Created(
            EventsV1Event.self,
            #"{"metadata":{"name":"e","namespace":"default"},"type":"Odd","deprecatedCount":1,"regarding":{"namespace":"default"}}"#)
        #expect(
            made.problems == [
                "eventTime: Required value", #"type: Invalid value: "": has invalid value: Odd"#,
                #"count: Invalid value: "": needs to be unset"#,
            ])
    }
}
