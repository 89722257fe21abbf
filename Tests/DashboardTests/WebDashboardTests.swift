import API
import Client
import Dashboard
import HTTP
import Machinery
import TestSupport
import Testing

@Suite struct WebDashboardTests {
    @Test func `the page is for the one browser that came with the link`() async throws {
        try await WebStage.with { stage in
            #expect(try await stage.send("GET", "/").status == 401)
            let browser: HTTPHeaders = try await stage.login()
            #expect(try await stage.send("GET", stage.link).status == 403)
            let page: HTTPResponse = try await stage.send("GET", "/", browser)
            #expect(page.status == 200)
            #expect(page.headers["content-security-policy"]?.hasPrefix("default-src 'none'; script-src 'self'; style-src 'self'") == true)
            #expect(page.headers["cache-control"] == "no-store")
            let html = String(decoding: page.body, as: UTF8.self)
            #expect(html.contains("<script type=\"module\" src=\"/main.js\">"))
            // Nothing comes from elsewhere.
            #expect(!html.contains("http://") && !html.contains("https://"))
            #expect(try await stage.send("GET", "/nothing", browser).status == 404)
            #expect(
                try await stage.send("GET", "/", ["Host": "rebound.example:\(stage.port)", "Cookie": browser["Cookie"] ?? ""]).status == 403
            )
        }
    }

    @Test(arguments: [
        "style.css", "icon.svg", "main.js", "login.js", "api.js", "dom.js", "list.js", "detail.js", "overview.js", "topology.js",
        "metrics.js",
        "logs.js",
    ])
    func `each file of the page is there, and names only files that are`(name: String) async throws {
        try await WebStage.with { stage in
            let browser: HTTPHeaders = try await stage.login()
            let answer: HTTPResponse = try await stage.send("GET", "/\(name)", browser)
            #expect(answer.status == 200)
            for line in String(decoding: answer.body, as: UTF8.self).split(separator: "\n")
            where line.hasPrefix("import ") || line.hasPrefix("} from ") {
                let file: Substring = line.split(separator: "\"")[1].dropFirst(2)
                #expect(try await stage.send("GET", "/\(file)", browser).status == 200, "\(name) imports \(file)")
            }
        }
    }

    @Test func `it says which cluster it shows, describes and explains`() async throws {
        try await WebStage.with { stage in
            let browser: HTTPHeaders = try await stage.login()
            let session = try JSON(parsing: try await stage.send("GET", "/session", browser).body)
            #expect(session["context"] == "test")
            #expect(session[["tones", "words", "Pending"]] == "warning")
            let text: HTTPResponse = try await stage.send("GET", "/describe?resource=pods&name=a%20b&namespace=shop", browser)
            #expect(String(decoding: text.body, as: UTF8.self) == "ran describe pods a b --namespace=shop\n")
            #expect(try await stage.send("GET", "/describe?resource=pods&name=--help", browser).status == 400)
            try await stage.server.client.create(
                View<Pod>(
                    try YAML.documents(
                        "{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: default}, spec: {containers: [{name: c, image: x}]}}")[
                            0
                        ].json))
            let why = try JSON(parsing: try await stage.send("GET", "/why?namespace=default&name=p", browser).body)
            #expect(why["reason"] == "no scheduler has seen it yet (schedulerName default-scheduler)")
            #expect(try await stage.send("GET", "/why?namespace=default&name=q", browser).status == 404)
        }
    }

    @Test func `the cluster's API is behind it: YAML is read, saved, and a conflict is told`() async throws {
        try await WebStage.with { stage in
            let browser: HTTPHeaders = try await stage.login()
            try await stage.server.client.create(ConfigMap.new("settings", namespace: "default"))
            let path: String = "/k8s/api/v1/namespaces/default/configmaps/settings"
            var reading: HTTPHeaders = browser
            reading.set("Accept", "application/yaml")
            let yaml = String(decoding: try await stage.send("GET", path, reading).body, as: UTF8.self)
            #expect(yaml.contains("kind: ConfigMap\n"))
            var writing: HTTPHeaders = reading
            writing.set("Content-Type", "application/yaml")
            let edited: String = yaml + "data:\n  color: blue\n"
            #expect(try await stage.send("PUT", path, writing, edited).status == 403)
            writing.set(WebGate.header, "1")
            writing.set("Origin", "http://127.0.0.1:\(stage.port)")
            #expect(try await stage.send("PUT", path, writing, edited).status == 200)
            let saved = try await stage.server.client.get(ConfigMap.self, ObjectKey(namespace: "default", name: "settings"))
            #expect(saved.data["color"] == "blue")
            // The version that was read is old by now.
            let conflict: HTTPResponse = try await stage.send("PUT", path, writing, yaml)
            #expect(conflict.status == 409)
            #expect(String(decoding: conflict.body, as: UTF8.self).contains("apply your changes to the latest version"))
            #expect(try await stage.send("DELETE", path, writing).status == 200)
        }
    }

    @Test(arguments: ["exec", "attach", "portforward", "proxy", "ex%65c"])
    func `there is no way into pods`(part: String) async throws {
        try await WebStage.with { stage in
            let browser: HTTPHeaders = try await stage.login()
            #expect(try await stage.send("GET", "/k8s/api/v1/namespaces/default/pods/p/\(part)?command=ls", browser).status == 403)
        }
    }

    @Test func `a watch comes through as it happens`() async throws {
        try await WebStage.with { stage in
            let browser: HTTPHeaders = try await stage.login()
            var headers: HTTPHeaders = browser
            headers.set("Accept", APIRequest.Representation.table.rawValue)
            let (status, _, body): (Int, HTTPHeaders, HTTPBody) = try await stage.client.stream(
                HTTPClientRequest(method: "GET", target: "/k8s/api/v1/namespaces/default/configmaps?watch=true", headers: headers))
            #expect(status == 200)
            try await stage.server.client.create(ConfigMap.new("fresh", namespace: "default"))
            var text: String = ""
            for try await part in body {
                text += String(decoding: part, as: UTF8.self)
                if text.contains("\"fresh\"") { break }
            }
            #expect(text.contains("\"kind\":\"Table\""))
        }
    }
}
