import FoundationEssentials
import Images
import Machinery
import TestSupport
import Testing

/// Archives and registries of others: Debian's skopeo, umoci and docker-registry.
@Suite struct OutsideTests {
    private static func archive(_ test: TestStore, _ text: String = "one") throws -> String {
        let layers: [[UInt8]] = [
            ImageMaker.tar([.folder("etc", 0o755), .file("etc/text", text), .file("etc/gone", "x")]),
            ImageMaker.tar([.file("etc/.wh.gone", ""), .link("link", to: "etc/text")]),
        ]
        let path: String = test.folder.file("made.tar")
        try Data(ImageMaker.dockerArchive(layers, tag: "made:1", config: ["Cmd": ["/bin/x"]])).write(to: URL(filePath: path))
        return path
    }

    @Test(
        .enabled("skopeo is not on PATH", { Command.path(of: "skopeo") != nil }),
        arguments: ["oci-archive:FILE:team/made:1", "docker-archive:FILE:team/made:1"])
    func `archives that skopeo writes are read`(form: String) async throws {
        let test = try TestStore()
        let file: String = test.folder.file("copied.tar")
        let source: String = try Self.archive(test)
        try await Command.run(
            "skopeo", ["--insecure-policy", "copy", "-q", "docker-archive:" + source, form.replacing("FILE", with: file)]
        ).checked()
        let loader = ArchiveLoader(test.store, platform: TestStore.platform)
        let image: StoredImage = try #require(try loader.load(path: file).first)
        #expect(image.tags == ["docker.io/team/made:1"])
        #expect(test.text(image, "/etc/text") == "one")
        #expect(try test.store.config(of: image).command == ["/bin/x"])
        // The same once more, packed as a whole.
        try await Command.run("gzip", ["-k", file]).checked()
        #expect(try loader.load(path: file + ".gz").map(\.id) == [image.id])
        #expect(try test.store.images().count == 1)
    }

    @Test(.enabled("umoci is not on PATH", { Command.path(of: "umoci") != nil }))
    func `a layout that umoci writes is read, with a name of the user's`() async throws {
        let test = try TestStore()
        let folder: String = test.folder.path
        let script = """
            set -e; cd \(folder)
            umoci init --layout l; umoci new --image l:v1
            umoci unpack --rootless --image l:v1 b
            mkdir -p b/rootfs/bin; echo hello >b/rootfs/bin/tool; chmod 755 b/rootfs/bin/tool; umoci repack --image l:v1 b
            rm b/rootfs/bin/tool; echo more >b/rootfs/bin/other; umoci repack --refresh-bundle --image l:v1 b || umoci repack --image l:v1 b
            umoci config --image l:v1 --config.entrypoint /bin/tool --config.user 7:8 --config.env A=b
            tar -C l -cf l.tar .
            """
        try await Command.run("sh", ["-c", script]).checked("umoci")
        let loader = ArchiveLoader(test.store, platform: TestStore.platform)
        #expect(throws: ImageError.damaged("the archive calls its image only \"v1\". Give it a whole name: --name NAME:v1")) {
            try loader.load(path: folder + "/l.tar")
        }
        let named = ArchiveLoader(test.store, platform: TestStore.platform, name: try ImageReference("mine/tool:v1"))
        let image: StoredImage = try #require(try named.load(path: folder + "/l.tar").first)
        #expect(image.tags == ["docker.io/mine/tool:v1"])
        #expect(test.text(image, "/bin/other") == "more\n")
        let config: ImageConfig = try test.store.config(of: image)
        #expect(config.entrypoint == ["/bin/tool"])
        #expect(config.user == "7:8")
        #expect(try LayerView(test.store.layers(of: image)).read("/bin/tool") == nil)
    }

    @Test(
        .enabled("docker-registry, skopeo and htpasswd are not on PATH", { TestRegistry.isAvailable }),
        arguments: [["--format", "v2s2"], ["--format", "oci", "--dest-compress-format", "zstd"]])
    func `an image is pulled by tag and by digest, and only what is missing is fetched`(format: [String]) async throws {
        let test = try TestStore()
        let registry = try await TestRegistry()
        let name: String = registry.name("team/app")
        try await registry.push(try Self.archive(test), as: name + ":1", format)
        let puller = ImagePuller(test.store, platform: TestStore.platform)
        let image: StoredImage = try await puller.pull(try ImageReference(name + ":1"))
        #expect(image.tags == [name + ":1"])
        #expect(image.origin == .pulled)
        #expect(image.digests == ["\(name)@\(image.manifest)"])
        #expect(test.text(image, "/etc/text") == "one")
        let byDigest = try ImageReference("\(name)@\(image.manifest)")
        #expect(try test.store.find(byDigest) == image)
        #expect(try await puller.pull(byDigest).manifest == image.manifest)
        // A tag that moves takes its name along.
        try await registry.push(try Self.archive(test, "two"), as: name + ":1", format)
        let moved: StoredImage = try await puller.pull(try ImageReference(name + ":1"))
        #expect(test.text(moved, "/etc/text") == "two")
        #expect(try test.store.find(ImageReference(name + ":1")) == moved)
        await #expect(throws: ImageError.notFound(name + ":2")) { try await puller.pull(try ImageReference(name + ":2")) }
        let gone: [StoredImage] = try test.store.collect(inUse: { [moved.manifest] }, olderThan: 0, isEnough: { false })
        #expect(gone.map(\.manifest) == [image.manifest])
        withExtendedLifetime(registry) {}
    }

    @Test(.enabled("docker-registry, skopeo and htpasswd are not on PATH", { TestRegistry.isAvailable }))
    func `a registry that wants a password gets it, and nobody without one gets the image`() async throws {
        let test = try TestStore()
        let registry = try await TestRegistry(user: TestRegistry.User("ada", "secret"))
        let name: String = registry.name("private/app:1")
        try await registry.push(try Self.archive(test), as: name)
        let puller = ImagePuller(test.store, platform: TestStore.platform)
        let reference = try ImageReference(name)
        await #expect(throws: ImageError.refused(reference.name, reason: "authorization failed: no basic auth credentials")) {
            try await puller.pull(reference)
        }
        func keyring(_ password: String) -> Keyring {
            var keyring = Keyring()
            keyring.add(Array("{\"auths\": {\"127.0.0.1:\(registry.port)\": {\"username\": \"ada\", \"password\": \"\(password)\"}}}".utf8))
            return keyring
        }
        await #expect(
            throws: ImageError.refused(
                reference.name, reason: "authorization failed: the registry does not take this user and password")
        ) { try await puller.pull(reference, keyring: keyring("wrong")) }
        var both: Keyring = keyring("wrong")
        both.add(keyring("secret"))
        #expect(try await puller.pull(reference, keyring: both).tags == [name])
    }

    @Test func `a registry that is not there says so, and no other than this machine's is asked without encryption`() async throws {
        let test = try TestStore()
        let puller = ImagePuller(test.store, platform: TestStore.platform)
        let error: ImageError? = await #expect(throws: ImageError.self) { try await puller.pull(try ImageReference("127.0.0.1:1/a:1")) }
        #expect("\(String(describing: error))".contains("cannot reach http://127.0.0.1:1 (connection refused)"))
        #expect(names(in: test.folder.file("store/work")).isEmpty)
    }
}
