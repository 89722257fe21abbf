import API
import Client
import Dashboard
import Machinery
import TestSupport
import Testing

/// The page in a real browser without a window; where there is none, ``WebDashboardTests`` have to do.
@Suite(.enabled(if: chromium != nil)) struct BrowserTests {
    /// The page's elements after its scripts ran. - Parameter place: what stands behind the `#`.
    private static func elements(_ stage: WebStage, _ place: String) async throws -> String {
        let folder = try TemporaryFolder("browser")
        return try await Command.run(
            chromium ?? "",
            [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--user-data-dir=\(folder.path)",
                "--virtual-time-budget=8000", "--dump-dom", stage.page.url + place,
            ]
        ).output
    }

    /// The same of a cluster where the Deployment `web` is rolled out, each in a browser of its own.
    private static func pages(_ places: String...) async throws -> [String] {
        var pages: [String] = []
        try await TestControlPlane.with(nodes: 1, isPaused: false) { plane in
            try await plane.create(
                Deployment.self,
                """
                metadata: {name: web, labels: {app: web}}
                spec:
                  replicas: 2
                  selector: {matchLabels: {app: web}}
                  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: main, image: nginx}]}}
                """)
            try await plane.eventually("it is rolled out", Deployment.self, "web") { $0.status.readyReplicas == 2 }
            for place in places {
                try await WebStage.with(plane.server) { pages.append(try await elements($0, place)) }
            }
        }
        return pages
    }

    @Test func `the overview counts what there is, and a list has the server's columns and links`() async throws {
        let pages: [String] = try await Self.pages("", "#/list/deploy")
        for text in [
            "<h1>Overview</h1>", "<span>Pods</span><b>2/2</b>", "<span>Nodes</span><b>1/1</b>", "href=\"#/list/deployments.apps\"",
        ] {
            #expect(pages[0].contains(text), "\(text)")
        }
        for text in ["<button class=\"plain\">Up-to-date</button>", "href=\"#/object/deployments.apps/default/web\""] {
            #expect(pages[1].contains(text), "\(text)")
        }
    }

    @Test func `an object has its YAML, events, conditions, pods, and a drawing of owners`() async throws {
        let object: String = "#/object/deployments.apps/default/web"
        let pages: [String] = try await Self.pages(object, object + "/yaml", object + "/events", object + "/topology")
        #expect(pages[0].contains("MinimumReplicasAvailable") && pages[0].contains("href=\"#/object/pods/default/web-"))
        #expect(pages[1].contains("<textarea class=\"yaml\""))
        #expect(pages[2].contains("ScalingReplicaSet"))
        for kind in ["Deployment", "ReplicaSet", "Pod"] { #expect(pages[3].contains(">\(kind)</text>"), "\(kind) is drawn") }
    }

    @Test func `without the link there is nothing to see`() async throws {
        try await WebStage.with { stage in
            _ = try await stage.login()
            let page: String = try await Self.elements(stage, "")
            #expect(page.contains("this link is not good, or was used before"))
        }
    }
}

/// Where the browser stands; nil where there is none.
private let chromium: String? = Command.path(of: "chromium") ?? Command.path(of: "google-chrome")
