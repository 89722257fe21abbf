import Glibc
import Sandbox
import Testing

/// The cluster's network: its holder, its sockets, and pods that are bound to it.
@Suite struct NetworkTests {
    /// A network in a folder of its own, which goes with `end()`.
    final class Net: Sendable {
        let folder: String
        let configuration: ClusterNetwork.Configuration
        let network: ClusterNetwork

        init() throws {
            folder = Pod.newFolder()
            configuration = ClusterNetwork.Configuration(
                folder: folder + "/network", addresses: ["10.244.0.1", "fd00:10:244::1", "10.96.0.1"],
                ranges: ["10.96.0.0/16", "fd00:10:96::/112"])
            network = try ClusterNetwork(configuration, executable: Pod.executable)
        }

        deinit {
            network.stop()
            try? removeFolder(folder)
        }
    }

    @Test func `a socket of the cluster's network is not one of the host's`() async throws {
        let net = try Net()
        #expect(net.network.isOwn)
        let listener: Int32 = try net.network.listen("10.96.0.1", port: 443)
        let client: Int32 = try await net.network.connect("10.96.0.1", port: 443)
        let server: Int32 = accept(listener, nil, nil)
        #expect(server >= 0)
        #expect(write(server, "hello", 5) == 5)
        var bytes = [UInt8](repeating: 0, count: 5)
        var entry = pollfd(fd: client, events: Int16(POLLIN), revents: 0)
        poll(&entry, 1, 5000)
        #expect(read(client, &bytes, 5) == 5)
        await #expect(throws: SandboxError.system(call: "connect", errno: ECONNREFUSED, path: "10.244.0.1:443")) {
            _ = try await net.network.connect("10.244.0.1", port: 443)
        }
        for fd in [listener, client, server] { close(fd) }
    }

    @Test func `pods reach each other and the cluster, each under its own address`() async throws {
        let net = try Net()
        let listener: Int32 = try net.network.listen("10.96.0.1", port: 443)
        let one = try await Pod(network: net.network, address: "10.244.0.5")
        let other = try await Pod(network: net.network, address: "10.244.0.6")

        _ = try await one.sandbox.start(one.process("web", "python3", "-m", "http.server", "80", "--directory", "/usr/share/doc"))
        let ask = """
            import socket, time
            for i in range(500):
                try:
                    s = socket.create_connection(("10.244.0.5", 80), 5); break
                except ConnectionRefusedError: time.sleep(0.02)
            print(s.getsockname()[0], s.getpeername()[0])
            print(socket.create_connection(("10.96.0.1", 443), 5).getsockname()[0])
            try: socket.create_connection(("10.244.0.77", 80), 5)
            except OSError as e: print(type(e).__name__)
            """
        let exit = try await other.run(other.process("client", "python3", "-c", ask))
        #expect(exit.exitCode == 0)
        #expect(other.output("client").prefix(2) == ["10.244.0.6 10.244.0.5", "10.244.0.6"])
        // From the main process too, through a socket that was made inside.
        let fd: Int32 = try await net.network.connect("10.244.0.5", port: 80)
        close(fd)
        close(listener)
        try await one.end()
        try await other.end()
    }

    @Test(.enabled(if: Host.hasIPv6)) func `pods of two families reach each other by both, at once and without asking for neighbours`()
        async throws
    {
        let net = try Net()
        #expect(net.network.hasIPv6)
        let one = try await Pod(network: net.network, address: "10.244.0.5", six: "fd00:10:244::5")
        let other = try await Pod(network: net.network, address: "10.244.0.6", six: "fd00:10:244::6")
        let listen = """
            import socket
            s = socket.create_server(("::", 80), family=socket.AF_INET6, dualstack_ipv6=True)
            print("ready", flush=True)
            while True: s.accept()
            """
        _ = try await one.sandbox.start(one.process("web", "python3", "-c", listen))
        try await eventually("it listens") { one.output("web") == ["ready"] }
        let ask = """
            import socket
            for place in ["10.244.0.5", "fd00:10:244::5"]: print(socket.create_connection((place, 80), 5).getsockname()[0])
            s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); s.connect(("fd00:10:244::1", 9)); s.send(b"x")
            print([l.split()[1] for l in open("/proc/net/if_inet6").read().splitlines() if l.split()[5] == "eth0"])
            """
        #expect(try await other.run(other.process("client", "python3", "-c", ask)).exitCode == 0)
        #expect(other.output("client") == ["10.244.0.6", "fd00:10:244::6", "['02']"])
        let fd: Int32 = try await net.network.connect("fd00:10:244::5", port: 80)
        close(fd)
        try await one.end()
        try await other.end()
    }

    @Test func `a pod's network has a loopback, one interface, and ports for everyone`() async throws {
        let net = try Net()
        let pod = try await Pod(network: net.network, address: "10.244.0.9")
        let script = """
            ls /sys/class/net; cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/net/ipv4/tcp_timestamps
            python3 -c 'import socket; s=socket.socket(); s.bind(("127.0.0.1", 1)); print("bound")'
            """
        var container = pod.shell("look", script)
        container.user = .init(uid: 1000, gid: 1000)
        #expect(try await pod.run(container).exitCode == 0)
        #expect(pod.output("look") == ["eth0", "lo", "0", "2", "bound"])
        try await pod.end()
    }

    @Test func `a holder that was killed is replaced, and pods stay connected`() async throws {
        let net = try Net()
        let pod = try await Pod(network: net.network, address: "10.244.0.8")
        _ = try await pod.sandbox.start(pod.process("web", "python3", "-m", "http.server", "80"))
        func reaches() async -> Bool {
            guard let fd = try? await net.network.connect("10.244.0.8", port: 80) else { return false }
            close(fd)
            return true
        }
        try await eventually("the pod answers") { await reaches() }
        let before: Int32 = net.network.holderProcess
        kill(before, SIGKILL)
        try await eventually("it has ended") { !isAlive(before) }
        // Sockets that it made beforehand are used up first.
        try await eventually("another one holds the network, and the pod answers all the while") {
            #expect(await reaches())
            return net.network.holderProcess != before
        }
        try await pod.end()
    }

    @Test func `a network is found again, by another process as by this`() async throws {
        let net = try Net()
        let again = try ClusterNetwork(net.configuration, executable: Pod.executable)
        #expect(again.holderProcess == net.network.holderProcess)
        #expect(again.generation == net.network.generation)
        net.network.stop()
        let new = try ClusterNetwork(net.configuration, executable: Pod.executable)
        #expect(new.generation != net.network.generation)
        new.stop()
    }

    @Test func `the files of every identity can be given away and removed`() async throws {
        let net = try Net()
        guard net.network.identities > 1 else { return }  // a host without ranges in /etc/subuid
        let pod = try await Pod(network: net.network, address: "10.244.0.7")
        mkdir(net.folder + "/shared", 0o755)
        try net.network.give(net.folder + "/shared", toGroup: 3000, mode: 0o2775)
        var container = pod.shell("write", "id -u; id -G; mkdir -m 700 /data/own; touch /data/own/file; stat -c %g:%a /data")
        container.user = .init(uid: 1234, gid: 2345, supplementaryGroups: [3000])
        container.mounts = [Mount(.host(path: net.folder + "/shared"), at: "/data")]
        #expect(try await pod.run(container).exitCode == 0)
        #expect(pod.output("write") == ["1234", "2345 3000", "3000:2775"])
        try net.network.remove(net.folder + "/shared")
        #expect(!exists(net.folder + "/shared"))
        try await pod.end()
    }
}
