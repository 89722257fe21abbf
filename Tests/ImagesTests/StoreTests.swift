import FoundationEssentials
import Glibc
import Images
import Machinery
import TestSupport
import Testing

/// Loading archives made here, member by member: good ones, and such as nobody's program writes.
@Suite struct StoreTests {
    private static func image(_ layers: [[TarMember]], tag: String = "test/app:1", config: JSON = [:]) -> [UInt8] {
        ImageMaker.dockerArchive(layers.map { ImageMaker.tar($0) }, tag: tag, config: config)
    }

    @Test func `an image is loaded, listed, found by name and ID, and removed`() throws {
        let test = try TestStore()
        let archive: [UInt8] = Self.image(
            [[.folder("bin", 0o755), .file("bin/app", "program", 0o755)]],
            config: [
                "Entrypoint": ["/bin/app"], "Cmd": ["-v"], "Env": ["PATH=/bin", "X=a=b"], "User": "app:staff", "WorkingDir": "/srv",
                "StopSignal": "SIGQUIT", "ExposedPorts": ["80/tcp": [:]],
            ])
        let image: StoredImage = try #require(try test.load(archive).first)
        #expect(image.tags == ["docker.io/test/app:1"])
        #expect(image.size == 7)
        #expect(try test.store.find(ImageReference("test/app:1")) == image)
        #expect(try test.store.image(named: String(image.id.hex.prefix(12))) == image)
        #expect(try test.store.find(ImageReference("test/app:2")) == nil)
        let config: ImageConfig = try test.store.config(of: image)
        #expect(config.entrypoint == ["/bin/app"])
        #expect(config.command == ["-v"])
        #expect(config.environment.map { "\($0.name)|\($0.value)" } == ["PATH|/bin", "X|a=b"])
        #expect(config.user == "app:staff")
        #expect(config.workingDirectory == "/srv")
        #expect(config.stopSignal == "SIGQUIT")
        #expect(test.text(image, "/bin/app") == "program")
        #expect(test.mode(try #require(test.path(image, "/bin/app"))) & 0o7777 == 0o755)
        #expect(throws: ImageError.inUse("test/app:1")) { try test.store.remove("test/app:1") { [image.manifest] } }
        let gone = try test.store.remove("test/app:1") { [] }
        #expect(gone.untagged == ["docker.io/test/app:1"])
        #expect(gone.removed == image.id)
        #expect(try test.store.images().isEmpty)
        #expect(names(in: test.folder.file("store/layers")).isEmpty)
        #expect(names(in: test.folder.file("store/blobs")).isEmpty)
        #expect(names(in: test.folder.file("store/work")).isEmpty)
        #expect(throws: ImageError.notFound("docker.io/test/app:1")) { try test.store.remove("test/app:1") { [] } }
    }

    @Test func `layers are shared, and a new image takes the name from an old one`() throws {
        let test = try TestStore()
        let base: [TarMember] = [.file("base", "b")]
        let one: StoredImage = try #require(try test.load(Self.image([base, [.file("one", "1")]])).first)
        let two: StoredImage = try #require(try test.load(Self.image([base, [.file("two", "2")]])).first)
        #expect(one.layers[0] == two.layers[0])
        #expect(names(in: test.folder.file("store/layers")).count == 3)
        #expect(try test.store.images().map(\.tags) == [[], ["docker.io/test/app:1"]])
        _ = try test.store.remove(one.id.description) { [] }
        #expect(names(in: test.folder.file("store/layers")).count == 2)
        #expect(test.text(two, "/base") == "b")
    }

    @Test func `whiteouts and folders that hide all become an overlay's`() throws {
        let test = try TestStore()
        let image: StoredImage = try #require(
            try test.load(
                Self.image([
                    [.file("a/one", "1"), .file("a/two", "2"), .file("b/x/deep", "d"), .file("b/y", "y"), .file("c/old", "o")],
                    [
                        .file("a/.wh.one", ""), .file("b/.wh..wh..opq", ""), .file("b/x/new", "n"), .file(".wh.c", ""), .file("c/new", "n"),
                        .file("a/.wh.never", ""),
                    ],
                ])
            ).first)
        let top: String = try #require(test.store.layers(of: image).first)
        func isWhiteout(_ path: String) -> Bool { test.mode(top + path) & S_IFMT == S_IFCHR }
        #expect(isWhiteout("/a/one"))
        #expect(!isWhiteout("/a/two"))
        #expect(!isWhiteout("/a/never"))
        #expect(isWhiteout("/b/y"))
        #expect(isWhiteout("/b/x/deep"))
        #expect(isWhiteout("/c/old"))
        #expect(test.text(image, "/b/x/new") == "n")
        #expect(test.text(image, "/c/new") == "n")
    }

    @Test func `links of layers below lead to their place in the image`() throws {
        let test = try TestStore()
        let image: StoredImage = try #require(
            try test.load(
                Self.image([
                    [
                        .folder("usr/bin", 0o755), .link("bin", to: "usr/bin"), .link("abs", to: "/usr/bin"),
                        .link("up", to: "../../../etc"),
                    ],
                    [.file("bin/tool", "t"), .file("abs/other", "o"), .file("up/passwd", "mine")],
                ])
            ).first)
        let top: String = try #require(test.store.layers(of: image).first)
        #expect(test.text(image, "/usr/bin/tool") == "t")
        #expect(test.text(image, "/usr/bin/other") == "o")
        #expect(test.mode(top + "/bin") == 0)
        #expect(test.text(image, "/etc/passwd") == "mine")
        let view = try LayerView(test.store.layers(of: image))
        #expect(view.read("/bin/tool") == Array("t".utf8))
        #expect(view.read("/up/passwd") == Array("mine".utf8))
        #expect(view.read("/up/shadow") == nil)
    }

    @Test func `modes, times, hard links and long names come through`() throws {
        let test = try TestStore()
        let long: String = "d/" + String(repeating: "n", count: 150) + "/" + String(repeating: "m", count: 120)
        let image: StoredImage = try #require(
            try test.load(
                Self.image([
                    [
                        .folder("closed", 0o555), .file("closed/in", "x", 0o4750), .hardLink("twin", to: "closed/in"), .file(long, "long"),
                        .folder("late", 0o700), .file("twice", "old"), .file("twice", "new"),
                    ]
                ])
            ).first)
        let top: String = try #require(test.store.layers(of: image).first)
        #expect(test.mode(top + "/closed") & 0o7777 == 0o555)
        #expect(test.mode(top + "/closed/in") & 0o7777 == 0o4750)
        var (one, two) = (stat(), stat())
        #expect(lstat(top + "/twin", &one) == 0 && lstat(top + "/closed/in", &two) == 0 && one.st_ino == two.st_ino)
        #expect(two.st_mtim.tv_sec == 1_000_000_000)
        #expect(test.text(image, "/" + long) == "long")
        #expect(test.text(image, "/twice") == "new")
        _ = try test.store.remove(image.id.description) { [] }
    }

    @Test(arguments: [
        [TarMember.file("../escape", "x")], [.file("a/../../escape", "x")], [.hardLink("h", to: "../../../etc/passwd")],
        [.link("etc", to: "/etc"), .hardLink("h", to: "etc/passwd")], [.file("/.wh...", "")],
        [.link("loop", to: "loop"), .file("loop/x", "x")],
    ])
    func `an archive that wants out is refused and leaves nothing`(members: [TarMember]) throws {
        let test = try TestStore()
        let error: ImageError? = #expect(throws: ImageError.self) { try test.load(Self.image([members])) }
        if case .damaged = error {} else { Issue.record("\(String(describing: error))") }
        #expect(try test.store.images().isEmpty)
        #expect(names(in: test.folder.file("store/layers")).isEmpty)
        #expect(names(in: test.folder.file("store/work")).isEmpty)
    }

    @Test func `a symbolic link never leads a file out of the layer`() throws {
        let test = try TestStore()
        let outside: String = test.folder.file("outside")
        mkdir(outside, 0o755)
        let image: StoredImage = try #require(
            try test.load(
                Self.image([[.link("door", to: outside), .file("door/file", "x"), .link("f", to: outside + "/f"), .file("f", "y")]])
            ).first)
        #expect(names(in: outside).isEmpty)
        #expect(test.text(image, "/f") == "y")
    }

    @Test func `bytes that are not those of the digest are refused`() throws {
        let test = try TestStore()
        var archive: [UInt8] = Self.image([[.file("data", "content that will change")]])
        let at: Int = try #require(archive.firstRange(of: Array("content that".utf8))?.lowerBound)
        archive[at] = UInt8(ascii: "C")
        let error: ImageError? = #expect(throws: ImageError.self) { try test.load(archive) }
        if case .wrongDigest = error {} else { Issue.record("\(String(describing: error))") }
        #expect(names(in: test.folder.file("store/layers")).isEmpty)
    }

    /// Long runs pack so well that the last input holds more output than one read takes.
    @Test(arguments: ["gzip", "zstd"])
    func `a packed archive is read to its last byte`(program: String) async throws {
        guard Command.path(of: program) != nil else { return }
        let test = try TestStore()
        let text = String(repeating: "abcdefgh", count: 300_000)
        let path: String = test.folder.file("packed")
        try Data(Self.image([[.file("long", text)]])).write(to: URL(filePath: path))
        try await Command.run(program, ["-q", path]).checked()
        let loader = ArchiveLoader(test.store, platform: TestStore.platform)
        let image: StoredImage = try #require(try loader.load(path: path + (program == "gzip" ? ".gz" : ".zst")).first)
        #expect(test.text(image, "/long") == text)
    }

    @Test func `an image for another machine is refused`() throws {
        let test = try TestStore()
        let archive: [UInt8] = ImageMaker.dockerArchive([ImageMaker.tar([])], tag: "a:1", config: [:], architecture: "s390x")
        let error: ImageError? = #expect(throws: ImageError.self) { try test.load(archive) }
        #expect("\(String(describing: error))".contains("s390x"))
    }

    @Test func `what is no archive says so`() throws {
        let test = try TestStore()
        #expect(throws: ImageError.damaged("the archive is no tar archive, or is damaged")) {
            try test.load([UInt8](repeating: 7, count: 4096))
        }
        #expect(throws: ImageError.damaged("the archive ends in the middle")) { try test.load([1, 2, 3]) }
        #expect(
            throws: ImageError.damaged(
                "the archive holds no image: it has neither a manifest.json (docker save) nor an index.json (OCI)")
        ) { try test.load(ImageMaker.tar([.file("readme", "hello")])) }
    }

    /// Members of archives with bytes changed at random and good check sums: each is refused with a reason or read, and nothing gets out.
    @Test func `damaged archives are refused and leave nothing`() throws {
        let test = try TestStore()
        let outside: String = test.folder.file("outside")
        mkdir(outside, 0o755)
        let good: [UInt8] = ImageMaker.tar([
            .folder("d", 0o755), .file("d/a", "content of a"), .link("l", to: outside), .hardLink("h", to: "d/a"),
            .file(String(repeating: "long/", count: 30) + "name", "x"), .file("d/.wh.b", ""), .file("l/x", "y"),
        ])
        var state: UInt64 = 20_261_127
        func random(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % limit
        }
        let heads: [Int] = stride(from: 0, to: good.count, by: 512).filter { Array(good[($0 + 257)..<($0 + 262)]) == Array("ustar".utf8) }
        for _ in 0..<400 {
            var layer: [UInt8] = good
            let head: Int = heads[random(heads.count)]
            for _ in 0...random(4) { layer[head + random(345)] = UInt8(random(256)) }
            layer.replaceSubrange((head + 148)..<(head + 156), with: Array("        ".utf8))
            let sum: Int = layer[head..<(head + 512)].reduce(0) { $0 + Int($1) }
            let digits = String(sum, radix: 8)
            layer.replaceSubrange(
                (head + 148)..<(head + 156),
                with: Array((String(repeating: "0", count: 6 - digits.utf8.count) + digits).utf8) + [0, 0x20])
            do {
                let image: StoredImage = try #require(try test.load(ImageMaker.dockerArchive([layer], tag: "fuzz:1")).first)
                _ = try test.store.remove(image.id.description) { [] }
            } catch is ImageError {}
        }
        #expect(names(in: outside).isEmpty)
        #expect(try test.store.images().isEmpty)
        #expect(names(in: test.folder.file("store/layers")).isEmpty)
        #expect(names(in: test.folder.file("store/work")).isEmpty)
    }

    @Test func `what was pulled goes when room is needed, the longest unused first, and what was loaded stays`() throws {
        let test = try TestStore()
        _ = try test.load(Self.image([[.file("a", "a")]]))
        #expect(try test.store.collect(inUse: { [] }, olderThan: 0, isEnough: { false }).isEmpty)
        #expect(try test.store.images().count == 1)
    }

    @Test func `tidying removes what a crash left`() throws {
        let test = try TestStore()
        let image: StoredImage = try #require(try test.load(Self.image([[.file("a", "a")]])).first)
        mkdir(test.folder.file("store/work/1-2"), 0o700)
        mkdir(test.folder.file("store/layers/abc"), 0o700)
        try test.store.tidy()
        #expect(names(in: test.folder.file("store/work")).isEmpty)
        #expect(names(in: test.folder.file("store/layers")) == [image.layers[0].hex])
    }
}

func names(in folder: String) -> [String] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
        let name: String = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        if name != ".", name != ".." { names.append(name) }
    }
    return names
}
