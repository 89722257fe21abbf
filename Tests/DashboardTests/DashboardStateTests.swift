import API
import Client
import Machinery
import Testing

@testable import Dashboard

/// A dashboard without a terminal: keys go in, actions and screens come out.
struct Stage {
    static let pods = APIResource(Pod.names)
    static let facts = ClusterFacts(
        context: "dev", server: "https://127.0.0.1:6443", user: "admin", namespace: "default", version: "v1.36.0")

    var state: DashboardState
    /// Of the last news.
    var actions: [DashboardAction]

    init(rows: Int = 24, columns: Int = 80, isUnicode: Bool = true, resource: APIResource = Self.pods) {
        state = DashboardState(
            Self.facts, look: Look(isColoured: false, isUnicode: isUnicode), rows: rows, columns: columns,
            now: Time("2026-01-01T00:10:00Z")!)
        actions = state.begin(resource)
    }

    /// Presses one key after the other; the actions are those of all.
    mutating func press(_ keys: Key...) {
        actions = keys.flatMap { state.take(.key($0)) }
    }

    /// Types at a prompt, with enter at the end.
    mutating func type(_ text: String) {
        actions = text.flatMap { state.take(.key(.character($0))) } + state.take(.key(.enter))
    }

    mutating func take(_ news: DashboardNews) { actions = state.take(news) }

    /// A page of pods with three of them.
    mutating func showPods(page: Int = 1) {
        let rows: [(String, String, String, String)] = [
            ("web-1", "1/1", "Running", "0"), ("mailer-7d9f", "0/1", "CrashLoopBackOff", "4 (10s ago)"), ("big-1", "0/1", "Pending", "0"),
        ]
        take(
            .table(
                page: page, .list(Self.table(["Name", "Ready", "Status", "Restarts", "Age"], rows.map { [$0.0, $0.1, $0.2, $0.3, "9m"] }))))
    }

    static func table(_ columns: [String], _ rows: [[String]], namespace: String = "default") -> JSON {
        [
            "kind": "Table", "columnDefinitions": .array(columns.map { ["name": .string($0), "priority": 0] }),
            "rows": .array(
                rows.map { cells in
                    [
                        "cells": .array(cells.map { .string($0) }),
                        "object": [
                            "metadata": [
                                "name": .string(cells[0]), "namespace": .string(namespace), "uid": .string("uid-" + cells[0]),
                                "creationTimestamp": "2026-01-01T00:01:00Z",
                            ]
                        ],
                    ]
                }),
        ]
    }

    static func pod(_ name: String) -> ObjectPlace { ObjectPlace(pods, namespace: "default", name: name) }

    /// Of the shown rows, in their order.
    var names: [String] { state.shownTable?.rows.map(\.name) ?? [] }

    /// What the terminal shows. Drawing scrolls, but a copy does as well.
    var screen: String {
        var state: DashboardState = state
        return state.draw().text
    }
}

@Suite struct DashboardStateTests {
    @Test func `it begins with the pods of the context's namespace`() {
        let stage = Stage()
        #expect(stage.actions == [.watch(page: 1, TableQuery(Stage.pods, namespace: "default"))])
    }

    @Test func `pods at 80 by 24`() {
        var stage = Stage()
        stage.showPods()
        stage.take(.reason(page: 1, row: "uid-big-1", "Unschedulable: 0/1 nodes are available: 1 Insufficient cpu."))
        #expect(
            stage.screen == """
                 dev   v1.36.0  admin  https://127.0.0.1:6443
                 enter down  d describe  y yaml  l logs  s shell  e edit  ^d delete  ? help
                ── pods(default)[3] \(String(repeating: "─", count: 60))
                NAME         READY  STATUS            RESTARTS     AGE
                big-1        0/1    Pending           0            9m
                mailer-7d9f  0/1    CrashLoopBackOff  4 (10s ago)  9m
                web-1        1/1    Running           0            9m















                 why: Unschedulable: 0/1 nodes are available: 1 Insufficient cpu.
                 pods

                """)
    }

    @Test func `pods at 20 columns, in ASCII`() {
        var stage = Stage(rows: 8, columns: 20, isUnicode: false)
        stage.showPods()
        #expect(
            stage.screen == """
                -- pods(default)[~--
                NAME         READY
                big-1        0/1
                mailer-7d9f  0/1
                web-1        1/1


                 pods

                """)
    }

    @Test(arguments: [0, 1, 2, 3, 5, 9, 11]) func `no window is too small`(size: Int) {
        var stage = Stage(rows: size, columns: size)
        stage.showPods()
        _ = stage.screen
        stage.press(.character(":"), .character("p"))
        _ = stage.screen
        stage.press(.escape, .character("?"))
        _ = stage.screen
        stage.press(.escape, .character("l"), .pageDown)
        stage.take(.log(page: 3, ["a line that is longer than the window"]))
        #expect(stage.screen.split(separator: "\n", omittingEmptySubsequences: false).count == size + 1)
    }

    @Test func `the chosen pod stays chosen while others come and go`() {
        var stage = Stage()
        stage.showPods()
        stage.press(.character("j"))
        #expect(stage.state.shownTable?.chosenRow?.name == "mailer-7d9f")
        #expect(stage.actions == [.explain(page: 1, row: "uid-mailer-7d9f", Stage.pod("mailer-7d9f"))])
        let added: JSON = Stage.table([], [["a-first", "1/1", "Running", "0", "1s"]])
        stage.take(.table(page: 1, .event(WatchEvent(kind: .added, object: added))))
        #expect(stage.state.shownTable?.chosenRow?.name == "mailer-7d9f")
        stage.press(.character("G"))
        #expect(stage.state.shownTable?.chosenRow?.name == "web-1")
        stage.press(.character("g"))
        #expect(stage.state.shownTable?.chosenRow?.name == "a-first")
    }

    @Test(
        arguments: [
            (Key.character("d"), [DashboardAction.stop(page: 1), .show(page: 2, ["describe", "pods", "big-1", "-n", "default"])]),
            (.character("y"), [.stop(page: 1), .show(page: 2, ["get", "pods", "big-1", "-n", "default", "-o", "yaml"])]),
            (.character("e"), [.interact(["edit", "pods", "big-1", "-n", "default"])]),
            (.character("l"), [.stop(page: 1), .follow(page: 2, ["logs", "big-1", "-n", "default", "--follow", "--tail=1000"])]),
            (.character("p"), [.stop(page: 1), .follow(page: 2, ["logs", "big-1", "-n", "default", "--previous", "--tail=1000"])]),
            (.character("a"), [.interact(["attach", "-it", "big-1", "-n", "default"])]),
            (.control("k"), [.carryOut(["delete", "pods", "big-1", "-n", "default", "--now", "--wait=false"])]),
            (.enter, [.read(page: 1, Stage.pod("big-1"))]), (.control("c"), [.quit]),
            (.character("0"), [.watch(page: 1, TableQuery(Stage.pods))]),
            (.character("2"), []),
        ] as [(Key, [DashboardAction])])
    func `keys on a pod`(key: Key, actions: [DashboardAction]) {
        var stage = Stage()
        stage.showPods()
        stage.press(key)
        #expect(stage.actions == actions)
    }

    @Test func `what is deleted is asked for first`() {
        var stage = Stage()
        stage.showPods()
        stage.press(.control("d"))
        #expect(stage.actions == [])
        #expect(stage.screen.contains("delete pods/big-1? (y/n)"))
        stage.press(.character("n"))
        #expect(stage.actions == [])
        stage.press(.control("d"), .character("y"))
        #expect(stage.actions == [.carryOut(["delete", "pods", "big-1", "-n", "default", "--wait=false"])])
        stage.take(.done("pod \"big-1\" deleted", isError: false))
        #expect(stage.screen.contains(" pod \"big-1\" deleted"))
    }

    @Test func `the way down from a deployment, and back`() {
        let deployments = APIResource(Deployment.names)
        var stage = Stage(resource: deployments)
        stage.take(.table(page: 1, .list(Stage.table(["Name", "Ready"], [["web", "1/1"]]))))
        stage.press(.enter)
        let place = ObjectPlace(deployments, namespace: "default", name: "web")
        #expect(stage.actions == [.read(page: 1, place)])
        let object: JSON = ["spec": ["selector": ["matchLabels": ["app": "web"]]]]
        stage.take(.object(page: 1, place, object))
        #expect(stage.actions == [.stop(page: 1), .watch(page: 2, TableQuery(Stage.pods, namespace: "default", labels: "app=web"))])
        stage.showPods(page: 2)
        stage.take(.object(page: 2, Stage.pod("web-1"), [:]))
        var query = TableQuery(Stage.pods, namespace: "default", fields: "metadata.name=web-1")
        query.needsObjects = true
        #expect(stage.actions == [.stop(page: 2), .watch(page: 3, query)])
        var pod: JSON = Stage.table(["Name"], [["web-1"]])
        pod["rows"] = [
            [
                "cells": ["web-1"],
                "object": [
                    "metadata": ["name": "web-1", "uid": "u"],
                    "spec": [
                        "containers": [["name": "main", "image": "nginx"]], "initContainers": [["name": "setup", "image": "busybox"]],
                    ],
                    "status": [
                        "containerStatuses": [
                            ["name": "main", "ready": true, "restartCount": 2, "state": ["running": ["startedAt": "2026-01-01T00:09:00Z"]]]
                        ]
                    ],
                ],
            ]
        ]
        stage.take(.table(page: 3, .list(pod)))
        #expect(stage.screen.contains("main   true   Running  2         60s  main  nginx"))
        #expect(stage.screen.contains("deployments › pods › containers"))
        stage.press(.enter)
        #expect(
            stage.actions == [
                .stop(page: 3), .follow(page: 4, ["logs", "web-1", "-n", "default", "-c", "main", "--follow", "--tail=1000"]),
            ])
        stage.press(.escape, .escape, .escape)
        #expect(stage.state.shownTable?.resource == deployments)
        stage.press(.escape)
        #expect(stage.state.pages.count == 1)
    }

    @Test(
        arguments: [
            ("deploy", [DashboardAction.find("deploy", rest: "")]), ("po kube-system", [.find("po", rest: "kube-system")]), ("q", [.quit]),
            ("ns shop", [.watch(page: 1, TableQuery(Stage.pods, namespace: "shop"))]), ("ctx prod", [.useContext("prod")]),
            ("ctx", [.stop(page: 1), .listContexts(page: 2)]), ("aliases", [.stop(page: 1), .show(page: 2, ["api-resources"])]),
        ] as [(String, [DashboardAction])])
    func `the command prompt`(text: String, actions: [DashboardAction]) {
        var stage = Stage()
        stage.showPods()
        stage.press(.character(":"))
        stage.type(text)
        #expect(stage.actions == actions)
    }

    @Test func `the prompt completes what the cluster has`() {
        var stage = Stage()
        let widgets = APIResource(
            resource: GroupVersionResource(group: "example.com", version: "v1", resource: "widgets"), kind: "Widget", singular: "widget",
            short: [], categories: [], isNamespaced: true, verbs: ["list", "watch"])
        stage.take(.resources([widgets]))
        stage.press(.character(":"), .character("w"), .character("i"))
        #expect(stage.screen.contains(":widgets"))
        stage.press(.tab, .enter)
        #expect(stage.actions == [.find("widgets", rest: "")])
        stage.take(.found(widgets, word: "widgets", rest: "all"))
        #expect(stage.actions == [.stop(page: 1), .watch(page: 2, TableQuery(widgets))])
        stage.press(.character(":"), .up)
        #expect(stage.screen.contains(":widgets"))
    }

    @Test func `a word that means no resource is told`() {
        var stage = Stage()
        stage.take(.found(nil, word: "nodse", rest: ""))
        #expect(stage.screen.contains("there is no resource nodse; ctrl-a lists what there is"))
    }

    @Test func `a filter narrows while it is typed, and escape shows all again`() {
        var stage = Stage()
        stage.showPods()
        stage.press(.character("/"), .character("w"), .character("e"))
        #expect(stage.names == ["web-1"])
        stage.press(.enter)
        #expect(stage.screen.contains("pods(default)[1] /we"))
        stage.press(.escape)
        #expect(stage.state.shownTable?.rows.count == 3)
    }

    @Test func `letters with shift sort, a second time the other way round`() {
        var stage = Stage()
        stage.showPods()
        stage.press(.character("T"))
        #expect(stage.names == ["big-1", "web-1", "mailer-7d9f"])
        stage.press(.character("T"))
        #expect(stage.state.shownTable?.rows.first?.name == "mailer-7d9f")
        #expect(stage.screen.contains("RESTARTS↓"))
        stage.press(.character("O"))
        #expect(stage.screen.contains("there is no column NODE here"))
    }

    @Test func `digits are namespaces: the context's, default, then those of the cluster`() {
        var stage = Stage()
        stage.showPods()
        stage.take(.namespaces(["default", "kube-system", "shop"]))
        stage.press(.character("2"))
        #expect(stage.actions == [.watch(page: 1, TableQuery(Stage.pods, namespace: "shop"))])
        stage.press(.character("3"))
        #expect(stage.actions == [.watch(page: 1, TableQuery(Stage.pods, namespace: "kube-system"))])
    }

    @Test func `marked rows are taken together, those of each namespace at once, and only those that are still there`() {
        var stage = Stage()
        stage.showPods()
        let names: [String] = stage.state.shownTable?.rows.map(\.name) ?? []
        stage.press(.character(" "), .down, .character(" "))
        #expect(stage.screen.contains("*" + names[0]) && stage.screen.contains("2 marked"))
        stage.press(.control("d"))
        #expect(stage.screen.contains("delete 2 pods?"))
        stage.press(.character("y"))
        #expect(stage.actions == [.carryOut(["delete", "pods", names[0], names[1], "-n", "default", "--wait=false"])])
        #expect(!stage.screen.contains("marked"))
        stage.press(.character(" "), .control("\\"))
        #expect(!stage.screen.contains("marked"))
        let one = ObjectPlace(Stage.pods, namespace: "a", name: "x")
        let other = ObjectPlace(Stage.pods, namespace: "b", name: "y")
        #expect(ObjectPlace.words([one, other]) == [["pods", "x", "-n", "a"], ["pods", "y", "-n", "b"]])
    }

    @Test func `s scales a workload and r restarts it`() {
        let deployments = APIResource(Deployment.names)
        var stage = Stage(resource: deployments)
        stage.take(.table(page: 1, .list(Stage.table(["Name", "Ready"], [["web", "1/1"]]))))
        stage.press(.character("s"))
        stage.type("5")
        #expect(stage.actions == [.carryOut(["scale", "deployments.apps/web", "-n", "default", "--replicas=5"])])
        stage.press(.character("s"))
        stage.type("many")
        #expect(stage.actions == [])
        #expect(stage.screen.contains("replicas: many is no number from 0 on"))
        stage.press(.character("r"), .character("y"))
        #expect(stage.actions == [.carryOut(["rollout", "restart", "deployments.apps", "web", "-n", "default"])])
        stage.press(.character("l"))
        let words: [String] = [
            "logs", "deployments.apps/web", "-n", "default", "--all-pods", "--new-pods", "--prefix", "--max-log-requests=50", "--follow",
            "--tail=1000",
        ]
        #expect(stage.actions == [.stop(page: 1), .follow(page: 2, words)])
    }

    @Test func `nodes are cordoned and drained`() {
        var stage = Stage(resource: APIResource(Node.names))
        stage.take(.table(page: 1, .list(Stage.table(["Name", "Status"], [["node-1", "Ready"]]))))
        stage.press(.character("c"))
        #expect(stage.actions == [.carryOut(["cordon", "node-1"])])
        stage.press(.character("r"))
        #expect(stage.screen.contains("drain nodes/node-1? (y/n)"))
        stage.press(.character("y"))
        #expect(stage.actions == [.carryOut(["drain", "node-1", "--ignore-daemonsets", "--delete-emptydir-data"])])
    }

    @Test func `contexts are listed and chosen`() {
        var stage = Stage()
        stage.press(.character(":"))
        stage.type("ctx")
        let other = ClusterFacts(context: "prod", server: "prod", user: "ops", namespace: "shop")
        stage.take(.contexts(page: 2, [Stage.facts, other]))
        stage.press(.character("j"), .enter)
        #expect(stage.actions == [.useContext("prod")])
        stage.take(.connected(other))
        #expect(stage.actions.last == .watch(page: 3, TableQuery(Stage.pods, namespace: "shop")))
        #expect(stage.screen.hasPrefix(" prod "))
    }
}
