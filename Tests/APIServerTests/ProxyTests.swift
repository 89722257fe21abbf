import Testing

@testable import APIServer

/// The texts of proxies: what paths mean, and where links lead.
@Suite struct ProxyTests {
    @Test(arguments: [
        ("web", "http web "), ("web:80", "http web 80"), ("https:web:443", "https web 443"), (":web:http", "http web http"),
        ("ftp:web:1", "none"), ("a:b:c:d", "none"), ("", "none"),
    ]) func `a name may have a scheme and a port`(text: String, meaning: String) {
        let address = ProxyAddress(text)
        #expect(address.map { "\($0.scheme) \($0.name) \($0.port)" } ?? "none" == meaning)
    }

    @Test(arguments: [
        ("/api/v1/namespaces/a/pods/web/proxy", "/api/v1/namespaces/a/pods/web/proxy", ""),
        ("/api/v1/namespaces/a/pods/web/proxy/", "/api/v1/namespaces/a/pods/web/proxy", "/"),
        ("/api/v1/namespaces/proxy/services/proxy/proxy/x/proxy/y", "/api/v1/namespaces/proxy/services/proxy/proxy", "/x/proxy/y"),
        ("/api/v1/nodes/n/proxy/logs/", "/api/v1/nodes/n/proxy", "/logs/"),
        ("/api/v1/namespaces/a/pods/http:web:80/proxy/a%2Fb", "/api/v1/namespaces/a/pods/http:web:80/proxy", "/a%2Fb"),
    ]) func `what follows the proxy is for the other side`(path: String, prefix: String, rest: String) {
        #expect(ProxyPath(path).prefix == prefix)
        #expect(ProxyPath(path).rest == rest)
    }

    private let rewriter = LinkRewriter(
        backend: ProxyBackend(isTLS: false, host: "10.0.0.1", port: 80, pod: nil), prefix: "/p/proxy", host: "127.0.0.1:6443")

    @Test(arguments: [
        ("/a", "/p/proxy/a"), ("/", "/p/proxy/"), ("a/b", "a/b"), ("#x", "#x"), ("http://10.0.0.1:80/a?b", "/p/proxy/a?b"),
        ("http://10.0.0.1/", "/p/proxy/"), ("//10.0.0.1/a", "/p/proxy/a"), ("https://other/a", "https://other/a"),
        ("/p/proxy/a", "/p/proxy/a"),
        ("mailto:a@b", "mailto:a@b"),
    ]) func `links that lead to the other side lead through the proxy`(link: String, rewritten: String) {
        #expect(rewriter.rewritten(link) == rewritten)
    }

    @Test(arguments: [
        (#"<A HREF='/x' class="/y">/z</A>"#, #"<A HREF='/p/proxy/x' class="/y">/z</A>"#),
        ("<img src=/x alt = '/a>b' >", "<img src=/p/proxy/x alt = '/a>b' >"),
        (
            "<script src=\"/s.js\">if (a < b) location = \"/x\"; // <a href='/y'></script><a href=/z>",
            "<script src=\"/p/proxy/s.js\">if (a < b) location = \"/x\"; // <a href='/y'></script><a href=/p/proxy/z>"
        ),
        ("<!-- <a href=/x> --><form action=/f method=post>", "<!-- <a href=/x> --><form action=/p/proxy/f method=post>"),
        ("a < b and <unfinished href=/x", "a < b and <unfinished href=/x"),
        ("<input disabled src = \"/i\"/><br/>", "<input disabled src = \"/p/proxy/i\"/><br/>"),
        ("", ""),
    ]) func `links of a page are put right and nothing else`(page: String, rewritten: String) {
        #expect(String(decoding: rewriter.rewritten(page: Array(page.utf8)), as: UTF8.self) == rewritten)
    }
}
