import Images
import Testing

/// Names of images. The outside source is Docker: the tests of the distribution project's package reference.
@Suite struct NameTests {
    @Test(arguments: [
        ("nginx", "docker.io/library/nginx:latest"), ("nginx:1.27", "docker.io/library/nginx:1.27"),
        ("team/web", "docker.io/team/web:latest"), ("index.docker.io/library/redis:7", "docker.io/library/redis:7"),
        ("docker.io/busybox", "docker.io/library/busybox:latest"), ("localhost/app", "localhost/app:latest"),
        ("localhost:5000/a/b_c:x", "localhost:5000/a/b_c:x"), ("registry.k8s.io/pause:3.10", "registry.k8s.io/pause:3.10"),
        ("[::1]:5000/app", "[::1]:5000/app:latest"), ("a__b/c-d.e", "docker.io/a__b/c-d.e:latest"), ("host/sh", "docker.io/host/sh:latest"),
        (
            "web@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
            "docker.io/library/web@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
        ),
    ])
    func `a name is completed as Docker completes it`(text: String, whole: String) throws {
        #expect(try ImageReference(text).description == whole)
    }

    @Test(arguments: [
        ("Nginx", "invalid reference format: repository name (library/Nginx) must be lowercase"), ("", "invalid reference format"),
        ("a:", "invalid reference format"), ("-a", "invalid reference format"), ("a..b", "invalid reference format"),
        ("a/b@sha256:12", "invalid reference format"), ("a//b", "invalid reference format"), ("web:-x", "invalid reference format"),
    ])
    func `a bad name says what is wrong`(text: String, reason: String) {
        #expect(throws: ImageError.invalidName(text, reason: reason)) { try ImageReference(text) }
    }

    @Test(arguments: [
        ("127.0.0.1:5000/a", true), ("localhost/a", true), ("[::1]:80/a", true), ("127.0.0.1.example.com/a", false), ("nginx", false),
        ("10.0.0.1:5000/a", false),
    ])
    func `only registries of this machine are on loopback`(text: String, isOnLoopback: Bool) throws {
        #expect(try ImageReference(text).isOnLoopback == isOnLoopback)
    }

    @Test func `secrets are found by registry, port, path and glob, the closest first`() throws {
        var keyring = Keyring()
        let config = """
            {"auths": {"https://index.docker.io/v1/": {"auth": "aHViOnB3"}, "*.example.com": {"username": "glob", "password": "p"},
            "registry.example.com/team": {"username": "team", "password": "p"}, "localhost:5000": {"username": "local", "password": "p"}}}
            """
        let (isRead, isNonsense) = (keyring.add(Array(config.utf8)), keyring.add(Array("nonsense".utf8)))
        #expect(isRead && !isNonsense)
        func users(_ image: String) throws -> [String] { keyring.credentials(for: try ImageReference(image)).map(\.user) }
        #expect(try users("nginx") == ["hub"])
        #expect(keyring.credentials(for: try ImageReference("nginx")).first?.password == "pw")
        #expect(try users("registry.example.com/team/web") == ["team", "glob"])
        #expect(try users("registry.example.com/teamwork") == ["glob"])
        #expect(try users("localhost:5000/a") == ["local"])
        #expect(try users("localhost:5001/a") == [])
        #expect(try users("a.b.example.com/x") == [])
    }
}
